"""Texts side by side: joined by what the current language joins with, and a space only where it puts one.

Chinese and Japanese part their own characters from Latin words and digits by a space, but not from each other, nor
from their punctuation. What will stand in a place is not known to its sentence, so the seams are seen to here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from string import Formatter
from typing import Any

from chat_app.translation.current import language
from chat_app.translation.languages import LANGUAGES

_OWN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff々]")
"""Kana and ideographs."""
_LATIN = re.compile(r"[A-Za-z0-9À-ɏ`$%]")
_MARK = re.compile(r"[。、，；：？！（）「」『』]")
"""Punctuation that brings its own space."""


def joint(english: str) -> str:
    """What stands between the parts of a list (", ") or of a line ("; ", ": "), in the current language."""
    return LANGUAGES[language()].joints.get(english, english)


def joined(parts: Iterable[str], english: str = ", ", *, last: str = "") -> str:
    """Parts with a joint between them: "a, b", in Japanese "a、b"; `last` is a word before the last one."""
    each = list(parts)
    if last and len(each) > 1:
        return together((joined(each[:-1], english), " ", last, " ", each[-1]))
    return together(between(joint(english), each))


def between(said: str, parts: Iterable[str]) -> Iterator[str]:
    """The parts, one text between each two."""
    for place, part in enumerate(parts):
        if place:
            yield said
        yield part


def filled(text: str, values: Mapping[str, Any]) -> str:
    """A text with values in its places."""
    if not LANGUAGES[language()].wide:
        return text.format(**values)
    pieces: list[str] = []
    for literal, name, spec, _ in Formatter().parse(text):
        pieces += [literal] if name is None else [literal, format(values[name], spec or "")]
    return together(pieces)


def together(pieces: Iterable[str]) -> str:
    """Pieces of one text, with the spaces at their seams that the current language has."""
    if not LANGUAGES[language()].wide:
        return "".join(pieces)
    text = ""
    for piece in pieces:
        text = _seamed(text, piece)
    return text


def _seamed(text: str, piece: str) -> str:
    before, behind = text.rstrip(" "), piece.lstrip(" ")
    # What stands in backticks stays as it is.
    if not before or not behind or before.count("`") % 2:
        return text + piece
    spaces = len(text) - len(before) + len(piece) - len(behind)
    left, right = before[-1], behind[0]
    if spaces == 0 and (_meet(left, right) or _meet(right, left)):
        return f"{before} {behind}"
    own = _OWN.match(left) and _OWN.match(right)
    if spaces == 1 and (own or _MARK.match(left) or _MARK.match(right)):
        return before + behind
    return text + piece


def _meet(own: str, other: str) -> bool:
    return _OWN.match(own) is not None and _LATIN.match(other) is not None
