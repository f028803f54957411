"""How people tell a situation: phrases over stems and concepts, read from data.

A phrase is written as people would say it: words in any form, `a|b_c` for one of several, `{concept}` for any of its
words, `#` for a number, `..` for up to six words between, `^` for the start of a sentence. ` + ` joins phrases that
must all be told, wherever; one behind `!` must not be.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import yaml

from chat_app.designer.guided.patterns import FOLDER
from chat_app.designer.guided.stems import stem
from chat_app.designer.guided.words import NUMBERS

_TOKEN = re.compile(r"[^\W_]+(?:['’][a-z]+)?|[.!?;:]+(?=\s|$)", re.IGNORECASE)
_GAP = r"(?:[^ .]+ ){0,6}?"
_START = r"\. (?:(?:pleas|now|and|so|can|could|would|you|just|i|we|want|need|to|like|would|hey) )*"
_SHORT = {"can't": "can not", "won't": "will not", "cannot": "can not", "let's": "let us"}
_TAILS = {"n't": " not", "'d": " would", "'m": " am", "'re": " are", "'ll": " will", "'ve": " have"}
_BARE = re.compile(r"^(do|does|did|is|are|was|were|ca|wo|could|would|should|have|has|had|must)nt$")
_HEADS = {"ca": "can", "wo": "will"}
_NUMBER = r"(?:\d\S*|" + "|".join(sorted({stem(word) for word in NUMBERS if word.isalpha()})) + r") "


@dataclass(frozen=True, slots=True)
class Told:
    """A text as its stems, each with its place in the text."""

    stems: str
    starts: tuple[int, ...]
    """Where in the stems each word begins."""
    spans: tuple[tuple[int, int], ...]
    """Where in the text it stands."""
    known: dict[str, bool] = field(default_factory=dict)
    """The concepts that were looked for."""

    def place(self, found: re.Match[str]) -> tuple[int, int]:
        """Where in the text a match in the stems stands."""
        first = bisect_right(self.starts, found.start()) - 1
        last = bisect_right(self.starts, max(found.start(), found.end() - 2)) - 1
        return self.spans[first][0], self.spans[last][1]


@dataclass(frozen=True, slots=True)
class Phrase:
    """What must be told, and what must not be."""

    wanted: tuple[re.Pattern[str], ...]
    unwanted: tuple[re.Pattern[str], ...]

    def holds(self, told: Told) -> bool:
        """Whether all of it is told."""
        return all(_said(part, told) for part in self.wanted) and not any(_said(part, told) for part in self.unwanted)

    def places(self, told: Told) -> Iterator[tuple[int, int]]:
        """Where in the text its first part is told, if the rest is."""
        if self.holds(told):
            for found in self.wanted[0].finditer(told.stems):
                yield told.place(found)


@lru_cache(maxsize=64)
def told_in(text: str) -> Told:
    """A text, read for phrases."""
    pieces, starts, spans, length = [" . "], [1], [(0, 0)], 3
    for found in _TOKEN.finditer(text):
        word = found[0].lower().replace("’", "'")
        for part in _spelt_out(word) if word[0].isalnum() else (".",):
            pieces.append(f"{part} ")
            starts.append(length)
            spans.append(found.span())
            length += len(part) + 1
    return Told("".join(pieces), tuple(starts), tuple(spans))


@cache
def phrase(text: str) -> Phrase:
    """The phrase that a line of data writes."""
    parts = [part.strip() for part in text.split(" + ")]
    return Phrase(
        tuple(_compiled(part) for part in parts if not part.startswith("!")),
        tuple(_compiled(part[1:]) for part in parts if part.startswith("!")),
    )


@cache
def situations() -> dict[str, tuple[Phrase, ...]]:
    """For each pattern, by its id, the situations in which it is wanted."""
    return {name: tuple(phrase(str(line)) for line in lines) for name, lines in _data("situations").items()}


@cache
def turns() -> tuple[tuple[str, Phrase], ...]:
    """The turns by which steps are asked for, with the step's id."""
    return tuple((name, phrase(str(line))) for name, lines in _data("turns").items() for line in lines)


@lru_cache(maxsize=64)
def told_for(wish: str) -> dict[str, int]:
    """The patterns whose situations a wish tells, with how much of it the fullest asks for."""
    told = told_in(wish)
    counts = {
        name: max((len(one.wanted) for one in told_of if one.holds(told)), default=0)
        for name, told_of in situations().items()
    }
    return {name: count for name, count in counts.items() if count}


def _spelt_out(word: str) -> list[str]:
    word = _SHORT.get(word, word)
    word = _BARE.sub(lambda found: f"{_HEADS.get(found[1], found[1])} not", word)
    for tail, whole in _TAILS.items():
        if word.endswith(tail):
            word = word.removesuffix(tail) + whole
    return [stem(part) for part in word.removesuffix("'s").split()]


def _said(part: re.Pattern[str], told: Told) -> bool:
    key = part.pattern
    if key not in told.known:
        told.known[key] = part.search(told.stems) is not None
    return told.known[key]


@cache
def _compiled(text: str) -> re.Pattern[str]:
    return re.compile("(?<= )" + _pattern(text))


def _pattern(text: str) -> str:
    return "".join(_piece(piece) for piece in text.split())


def _piece(piece: str) -> str:
    if piece == "..":
        return _GAP
    if piece == "^":
        return _START
    options = [_option(option) for option in piece.split("|")]
    return options[0] if len(options) == 1 else f"(?:{'|'.join(options)})"


def _option(option: str) -> str:
    if option.startswith("{"):
        return _concept(option.strip("{}"))
    if option == "#":
        return f"(?:{_NUMBER})"
    words = option.lower().split("_")
    return "".join(f"{re.escape(part)} " for word in words for part in _spelt_out(word))


@cache
def _concept(name: str) -> str:
    lines = _data("concepts")[name]
    words = [_pattern(word.strip()) for word in str(lines).split(",") if word.strip()]
    return f"(?:{'|'.join(dict.fromkeys(words))})"


@cache
def _data(name: str) -> dict[str, Any]:
    text = (FOLDER / "words" / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=yaml.CSafeLoader))
