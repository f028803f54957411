"""Stems of English words, so that `summaries`, `summary` and `summarise` meet."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:'[a-z]+)?")
_SAME = {
    "summar": "summari", "translat": "translat", "classif": "classifi", "analysi": "analys", "analyz": "analys",
    "categor": "categori", "categoris": "categori", "approv": "approv", "summaris": "summari", "review": "review",
    "check": "check", "repli": "repli", "answer": "answer",
}  # fmt: skip


@cache
def _stemmer() -> Any:
    # A compiled module that only the guided designer needs.
    import Stemmer

    return Stemmer.Stemmer("english")


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """The stem of one word."""
    plain = word.lower()
    plain = re.sub(r"is(e|es|ed|ing|ation|ations)$", r"iz\1", plain) if len(plain) > 6 else plain
    found = str(_stemmer().stemWord(plain))
    return _SAME.get(found, found)


def stems(text: str) -> tuple[str, ...]:
    """The stems of a text's words, in order."""
    return tuple(stem(word) for word in _WORD.findall(text.lower()))
