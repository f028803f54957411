"""Words and signs of Python, SQL and JavaScript in conditions, and CEL's for them: the one list of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

LITERAL = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'"
"""A text in quotes, as a pattern."""

CONSTANTS = {"True": "true", "False": "false", "None": "null", "TRUE": "true", "FALSE": "false"}
JOINERS = {"and": "&&", "or": "||"}

Swaps = tuple[tuple[re.Pattern[str], str], ...]

COMPARISONS: Swaps = (
    (re.compile(r"\s+(?:is\s+not|IS\s+NOT)\s+"), " != "),
    (re.compile(r"\s+(?:is|IS)\s+(?=(?:None|NULL|null|True|False|true|false)\b|state\.|-?\d|\Z)"), " == "),
    (re.compile(r"\s*<>\s*"), " != "),
    (re.compile(r"!==(?!=)"), "!="),
    (re.compile(r"(?<![=!<>])=(?:==?)?(?![=~])"), "=="),
)
NEGATION: Swaps = ((re.compile(r"\b(?:not|NOT)\s+(?=[\w.]+\s*(?:\Z|\)|&|\|))|\b(?:not|NOT)\s*(?=\()"), "!"),)
WORDS: Swaps = tuple(
    (re.compile(rf"\b{word}\b"), ours)
    for known in (JOINERS, {word.upper(): ours for word, ours in JOINERS.items()}, CONSTANTS)
    for word, ours in known.items()
)


def swapped(text: str, swaps: Iterable[tuple[re.Pattern[str], str]]) -> str:
    """The text with all that is swapped, but for what stands in quotes."""
    for pattern, ours in swaps:
        text = outside(text, lambda part, p=pattern, o=ours: p.sub(o, part))  # type: ignore[misc]
    return text


def outside(text: str, change: Callable[[str], str]) -> str:
    """The text changed everywhere but in its literals."""
    pieces, at = [], 0
    for found in re.finditer(LITERAL, text):
        pieces += [change(text[at : found.start()]), found.group(0)]
        at = found.end()
    return "".join([*pieces, change(text[at:])])
