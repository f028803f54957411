"""Places in a text as editors count them: lines and columns from 0, columns in UTF-16 units unless agreed else."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import Literal

from lsprotocol import types

from chat_app.workflow.diagnostics import Location

Units = Literal["utf-8", "utf-16", "utf-32"]

_LINE_END = re.compile("\r\n|\r|\n")
_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_MARK = "\ufeff"


class Lines:
    """A text by its lines; line ends are those of the protocol, not all that Python knows."""

    def __init__(self, text: str, units: Units = "utf-16") -> None:
        self.text = text
        self.units: Units = units

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins."""
        return [0, *(found.end() for found in _LINE_END.finditer(self.text))]

    def line(self, number: int) -> str:
        """A line without its end."""
        return self.text[self.starts[number] : self._end(number)]

    def _end(self, number: int) -> int:
        if number + 1 >= len(self.starts):
            return len(self.text)
        end = self.starts[number + 1]
        return end - (2 if self.text[end - 2 : end] == "\r\n" else 1)

    def offset(self, place: types.Position) -> int:
        """The character at a place; a place beyond the line or the text counts as its end."""
        if place.line >= len(self.starts):
            return len(self.text)
        number, left = max(place.line, 0), max(place.character, 0)
        start = self.starts[number]
        for at, character in enumerate(self.line(number)):
            left -= _width(character, self.units)
            if left < 0:
                return start + at
        return self._end(number)

    def place(self, offset: int) -> types.Position:
        """The place of a character."""
        offset = min(max(offset, 0), len(self.text))
        number = bisect_right(self.starts, offset) - 1
        before = self.text[self.starts[number] : offset]
        if before.isascii() or self.units == "utf-32":
            return types.Position(number, len(before))
        return types.Position(number, sum(_width(character, self.units) for character in before))

    def range(self, start: int, end: int) -> types.Range:
        """The range between two characters."""
        return types.Range(self.place(start), self.place(end))

    def span(self, location: Location | None) -> tuple[int, int]:
        """The characters of a diagnostic's location, at least one where there is one."""
        if location is None:
            return 0, 0
        start = self._counted(location.line, location.column)
        end = max(start, self._counted(location.end_line, location.end_column))
        if start == end and end < len(self.text) and self.text[end] not in "\r\n":
            end += 1
        return start, end

    def _counted(self, line: int, column: int) -> int:
        """The character at a line and column that count from 1; a byte order mark counts for nothing."""
        number = min(max(line, 1), len(self.starts)) - 1
        skipped = 1 if number == 0 and self.text.startswith(_MARK) else 0
        return min(self.starts[number] + skipped + column - 1, self._end(number))


def changed(text: str, changes: Iterable[types.TextDocumentContentChangeEvent], units: Units) -> str:
    """The text after an editor's changes, made one after the other."""
    for change in changes:
        if isinstance(change, types.TextDocumentContentChangePartial):
            lines = Lines(text, units)
            start, end = lines.offset(change.range.start), lines.offset(change.range.end)
            text = text[:start] + change.text + text[max(start, end) :]
        else:
            text = change.text
    return joined(text)


def joined(text: str) -> str:
    """The text with the halves of a character, which may come one at a time, put together."""
    return _HALVES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


def _width(character: str, units: Units) -> int:
    if units == "utf-16":
        return 2 if character > "\uffff" else 1
    if units == "utf-8":
        return len(character.encode("utf-8", "surrogatepass"))
    return 1
