"""Nearest names: what a person or a model most likely meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

CLOSE_ENOUGH = 0.6
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
LONGEST_NAME = 64


def nearest(name: str, candidates: Iterable[str], least: float = CLOSE_ENOUGH) -> str | None:
    """The candidate most like `name`, or None when nothing is like it; ties go to the first."""
    ranked = ranked_names(name, candidates, least)
    return ranked[0] if ranked else None


def ranked_names(name: str, candidates: Iterable[str], least: float = CLOSE_ENOUGH) -> list[str]:
    """The candidates that are like `name`, best first."""
    scored = [(likeness(name, candidate), candidate) for candidate in dict.fromkeys(candidates)]
    close = [pair for pair in scored if pair[0] >= least]
    return [candidate for _, candidate in sorted(close, key=lambda pair: -pair[0])]


def likeness(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1; case and separators do not count."""
    first, second = _plain(one), _plain(other)
    if first == second:
        return 1.0
    if not first or not second:
        return 0.0
    letters = SequenceMatcher(None, first, second, autojunk=False).ratio()
    words, other_words = set(first.split()), set(second.split())
    shared = len(words & other_words) / max(len(words), len(other_words))
    contained = 0.7 if words <= other_words or other_words <= words else 0.0
    return max(letters, shared, contained)


def as_name(text: str, otherwise: str = "item") -> str:
    """Any text as a valid name of the language: lower-case letters, digits and underscores."""
    words = _SEPARATORS.sub("_", _CAMEL.sub("_", text).lower()).strip("_")
    if not words:
        return otherwise
    if not words[0].isalpha():
        words = f"{otherwise}_{words}"
    return words[:LONGEST_NAME].rstrip("_")


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or the first of `wanted_2`, `wanted_3`, … that is not taken."""
    used = set(taken)
    name, number = wanted, 2
    while name in used:
        ending = f"_{number}"
        name, number = wanted[: LONGEST_NAME - len(ending)] + ending, number + 1
    return name


def _plain(name: str) -> str:
    return _SEPARATORS.sub(" ", _CAMEL.sub(" ", name[:200]).lower()).strip()
