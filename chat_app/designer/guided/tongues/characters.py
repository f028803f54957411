"""Chinese or Japanese, where a text holds nothing but characters that both may use."""

from __future__ import annotations

import re
from functools import lru_cache

from chat_app.designer.guided.tongues.dictionary import content_words

_HAN = re.compile(r"[\u4e00-\u9fff]")
_MOST = 200
"""Characters of a text that are looked at: more tell nothing new."""
_LONGEST_WORD = 6


def of_han(text: str, else_: str) -> str:
    """`zh` or `ja`, by the forms of the characters, then by the page's language, then by known words."""
    forms = {_form(character) for character in _HAN.findall(text)[:_MOST]}
    if "zh" in forms:
        return "zh"
    if "ja" in forms or ("unsimplified" in forms and else_ != "zh"):
        return "ja"
    if else_ in ("ja", "zh"):
        return else_
    return "ja" if _covered(text[:_MOST], "ja") > _covered(text[:_MOST], "zh") else "zh"


@lru_cache(maxsize=4096)
def _form(character: str) -> str:
    """Whose form a character is; empty where both write it so.

    The national character sets tell: what is not in daily use in Japan speaks for Chinese; of the rest, what neither
    GB 2312 nor Big5 has is a Japanese form.
    """
    if not _daily(character):
        return "zh"
    if _has("gb2312", character):
        return ""
    return "unsimplified" if _has("big5", character) else "ja"


def _has(charset: str, character: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _daily(character: str) -> bool:
    """Whether it is of the first level of JIS X 0208, the characters in daily use."""
    try:
        return 0xB0 <= character.encode("euc_jp")[0] <= 0xCF
    except UnicodeEncodeError:
        return False


def _covered(text: str, code: str) -> int:
    """How many characters stand in words of two and more that the dictionary knows."""
    known = content_words(code)
    count = at = 0
    while at < len(text):
        length = next((size for size in range(_LONGEST_WORD, 1, -1) if text[at : at + size] in known), 0)
        count += length
        at += length or 1
    return count
