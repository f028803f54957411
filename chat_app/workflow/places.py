"""A text, what it says, and where each part of it stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from chat_app.workflow.diagnostics import Diagnostic, Location, Path

_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(slots=True)
class Place:
    """Where a value stands: its span, and the places of its parts."""

    start: int
    end: int
    keys: dict[str, tuple[int, int]] | None = None
    """Of a mapping: the span of each key."""
    parts: dict[str, Spot] | list[Spot] | None = None


Spot = tuple[int, int] | Place
"""Where a value stands: a scalar has only a span."""


@dataclass(frozen=True)
class Source:
    """A text, what it says, and where."""

    text: str
    data: Any
    problems: tuple[Diagnostic, ...] = ()
    root: Spot | None = field(default=None, repr=False)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(found.end() for found in _LINE_END.finditer(self.text))]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both from 1."""
        line = bisect_right(self._line_starts, offset)
        column = offset - self._line_starts[line - 1] + 1
        if line == 1 and self.text.startswith("\ufeff"):
            column = max(1, column - 1)
        return line, column

    def at(self, start: int, end: int) -> Location:
        """The location of a span of characters."""
        return Location(*self.position(start), *self.position(max(start, end)))

    def line(self, number: int) -> str:
        """One line of the text, counted from 1, without its end."""
        starts = self._line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n").removeprefix("\ufeff")

    def span(self, path: Path, key: bool = False) -> tuple[int, int] | None:
        """Where the value of a path stands (or its key), as character offsets; None when it is not there."""
        spot = self.root
        for part in path[:-1] if key else path:
            spot = _step(spot, part)
        if spot is None or not key or not path:
            return _span(spot)
        if isinstance(spot, Place) and spot.keys is not None and isinstance(path[-1], str):
            return spot.keys.get(path[-1])
        return _span(_step(spot, path[-1]))

    def location(self, path: Path, key: bool = False) -> Location | None:
        """The location of a path, or of the nearest part above it that is there.

        With `key`, the key's location; a missing part has the key of what it is missing from. Values of
        several lines are told by their key, or by their first line.
        """
        for length in range(len(path), -1, -1):
            span = self.span(path[:length], key=length > 0 and (key or length < len(path)))
            if span is None:
                continue
            if "\n" in self.text[span[0] : span[1]]:
                span = self.span(path[:length], key=True) if length and isinstance(path[length - 1], str) else span
                assert span is not None
                span = (span[0], self._line_end(*span))
            return self.at(*span)
        return None

    def _line_end(self, start: int, end: int) -> int:
        line_end = self.text.find("\n", start, end)
        return end if line_end < 0 else line_end - (self.text[line_end - 1] == "\r")


def _span(spot: Spot | None) -> tuple[int, int] | None:
    return (spot.start, spot.end) if isinstance(spot, Place) else spot


def _step(spot: Spot | None, part: str | int) -> Spot | None:
    if not isinstance(spot, Place):
        return None
    parts = spot.parts
    if isinstance(parts, dict) and isinstance(part, str):
        return parts.get(part)
    if isinstance(parts, list) and isinstance(part, int) and 0 <= part < len(parts):
        return parts[part]
    return None
