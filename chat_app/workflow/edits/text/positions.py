"""Lines, columns and comments of a text, by offsets. The text ends with a line break."""

from __future__ import annotations

from chat_app.workflow.edits.text.tree import Place


class Unsplicable(Exception):
    """The text is laid out in a way that can't be changed in place; the value is written anew."""


class Positions:
    """Where things stand in a text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def skip(self, at: int) -> int:
        """Past space, line breaks and comments."""
        while at < len(self.text):
            if self.text[at] == "#":
                at = self.line_end(at)
            elif self.text[at] in " \t\r\n":
                at += 1
            else:
                break
        return at

    def colon(self, key: Place) -> int:
        at = key.end
        while self.text[at] in " \t":
            at += 1
        if self.text[at] != ":":
            raise Unsplicable
        return at

    def column(self, at: int) -> int:
        return at - self.line_start(at)

    def line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        """Past the line break of the line that holds an offset."""
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found + 1

    def after(self, end: int, column: int) -> int:
        """Past the line that a value ends in, and past the comments below it that stand deeper than `column`."""
        at = self.line_end(end)
        while at < len(self.text):
            line = self.text[at : self.line_end(at)]
            bare = line.lstrip(" ")
            if not bare.startswith("#") or len(line) - len(bare) <= column:
                break
            at = self.line_end(at)
        return at

    def lead_start(self, start: int, column: int, floor: int) -> int:
        """The start of the comment lines directly above a line, in its column."""
        while start > floor:
            above = self.line_start(start - 1)
            line = self.text[above:start]
            bare = line.lstrip(" ")
            if above < floor or not bare.startswith("#") or len(line) - len(bare) != column:
                break
            start = above
        return start

    def blank_between(self, start: int, end: int) -> bool:
        lines = self.text[self.line_end(start) : end].split("\n")
        return any(not line.strip() for line in lines[:-1])
