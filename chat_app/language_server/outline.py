"""A reading of YAML that never fails, for texts that are being typed: where in the document the cursor is.

A mark is put at the cursor and the text is read by indentation and brackets, as a person reads it. What is
left open is closed where the indentation says that something new begins. It serves completion and hover only:
what is found wrong, and what is changed, rests on the real reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from chat_app.language_server.spot import Role, Spot
from chat_app.workflow.diagnostics import Path
from chat_app.workflow.scalars import scalar_value
from chat_app.workflow.source import MAX_BYTES

MARK = "\ue000"
"""Stands for the cursor; a character of the private use area, which no workflow has."""
_OTHER = "\ue001"
MOST_DEPTH = 60


@dataclass(slots=True)
class Box:
    """An object or list while it is read."""

    path: Path
    indent: int
    items: bool
    """Whether it is a list."""
    data: Any = None
    key: str | int | None = None
    """The key or index that is being filled."""

    def __post_init__(self) -> None:
        self.data = [] if self.items else {}

    def put(self, value: Any) -> None:
        """Fills what is being filled."""
        if self.items:
            if isinstance(self.key, int) and self.key < len(self.data):
                self.data[self.key] = value
        elif self.key is not None:
            self.data[self.key] = value

    @property
    def value(self) -> Any:
        """What the current key holds so far."""
        if self.key is None:
            return None
        return self.data[self.key] if not self.items or int(self.key) < len(self.data) else None


@dataclass(slots=True)
class Outline:
    """What a text seems to hold, and where the cursor is in it."""

    data: dict[str, Any] = field(default_factory=dict)
    spot: Spot | None = None


_KEY = re.compile(
    r"""(?:"(?P<double>(?:[^"\\]|\\.)*)"[ \t]*|'(?P<single>(?:[^']|'')*)'[ \t]*|"""
    r"""(?P<plain>[^\s\-?:,\[\]{}#&*!|>'"%@`][^:\n]*)):(?=[ \t]|$)"""
)
_BLOCK = re.compile(r"[|>][-+0-9]*[ \t]*(?:#.*)?$")
_COMMENT = re.compile(r"(?:^|[ \t])#")
_PLAIN_END = re.compile(r"[,\[\]{}\n]|[ \t]#|:(?=[\s,\[\]{}]|$)")


def outline(text: str, cursor: int | None = None) -> Outline:
    """Reads a text; the cursor is a character in it. What is too big for the checker is not read here either."""
    if len(text) > MAX_BYTES:
        return Outline()
    text = text.replace(MARK, _OTHER)
    if cursor is None:
        return _Reader(text).read()
    start = text.rfind("\n", 0, cursor) + 1
    if not text[start:cursor].strip(" "):
        # Within the indentation of a line the cursor says nothing else than before its first word.
        follows = len(text[cursor:]) - len(text[cursor:].lstrip(" "))
        cursor += follows if text[cursor + follows : cursor + follows + 1].strip() else 0
    return _Reader(text[:cursor] + MARK + text[cursor:]).read()


class _Reader:
    """Goes through the lines; `at` is where it is."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r", "\n") if "\r" in text and "\n" not in text else text
        self.at = 0
        self.result = Outline()
        self.boxes: list[Box] = [Box((), 0, False)]
        self.result.data = self.boxes[0].data

    def read(self) -> Outline:
        while self.at < len(self.text):
            self.line()
        return self.result

    def rest(self) -> str:
        """What is left of this line."""
        end = self.text.find("\n", self.at)
        return self.text[self.at : len(self.text) if end < 0 else end].rstrip("\r")

    def skip_line(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end + 1

    def line(self) -> None:
        """One line: dashes, then a key or a scalar."""
        rest = self.rest()
        bare = rest.lstrip(" \t\ufeff")
        column = len(rest) - len(bare)
        if not bare or bare.startswith("#") or bare in ("---", "..."):
            self.skip_line()
            return
        start = self.at = self.at + column
        for _ in range(MOST_DEPTH):
            if bare != "-" and not bare.startswith(("- ", "-\t")):
                break
            self.dash(column)
            inner = bare[1:].lstrip(" \t")
            step = len(bare) - len(inner)
            column, bare, self.at = column + step, inner, self.at + step
        if not bare or bare.startswith("#"):
            self.skip_line()
            return
        found = _KEY.match(bare)
        if found:
            self.entry(column, found)
        else:
            self.lone(column)
        if "\n" not in self.text[start : self.at] or self.text[self.at - 1] != "\n":
            self.skip_line()

    def dash(self, column: int) -> None:
        """A new item of the list that stands at this column."""
        while len(self.boxes) > 1 and (
            self.boxes[-1].indent > column or (self.boxes[-1].indent == column and not self.boxes[-1].items)
        ):
            if self.boxes[-1].indent == column and not isinstance(self.boxes[-1].value, dict | list | str):
                break
            self.boxes.pop()
        top = self.boxes[-1]
        if not (top.items and top.indent == column):
            top = self.open(column, items=True)
        top.data.append(None)
        top.key = len(top.data) - 1

    def open(self, column: int, *, items: bool) -> Box:
        """A new box for what the innermost one is being filled with."""
        above = self.boxes[-1]
        path = above.path if above.key is None else (*above.path, above.key)
        box = Box(path, column, items)
        above.put(box.data)
        if len(self.boxes) < MOST_DEPTH:
            self.boxes.append(box)
        return box

    def settle(self, column: int) -> Box:
        """The object whose keys stand at this column, opened where there is none yet."""
        while len(self.boxes) > 1 and (
            self.boxes[-1].indent > column or (self.boxes[-1].indent == column and self.boxes[-1].items)
        ):
            self.boxes.pop()
        top = self.boxes[-1]
        if top.indent == column and not top.items:
            return top
        if top.key is None:
            return top
        if isinstance(top.value, dict):
            # Less indented than the keys above it: most likely one of them.
            again = Box((*top.path, top.key), column, False)
            again.data = top.value
            self.boxes.append(again)
            return again
        return self.open(column, items=False)

    def entry(self, column: int, found: re.Match[str]) -> None:
        """A key, and what stands beside it."""
        box = self.settle(column)
        written = next(part for part in found.groups() if part is not None)
        inside = found.start(found.lastgroup or 0) + self.at
        if MARK in written:
            self.spotted("key", box.path, inside, written, colon=True)
            written = written.replace(MARK, "")
        written = written.rstrip()
        box.key = written
        box.data.setdefault(written, None)
        self.at += found.end()
        self.value(box)

    def value(self, box: Box) -> None:
        """What stands beside a key or a dash, on this line and those that continue it."""
        rest = self.rest()
        bare = rest.lstrip(" \t")
        self.at += len(rest) - len(bare)
        path = (*box.path, box.key) if box.key is not None else box.path
        if not bare or bare.startswith("#"):
            return
        if bare == MARK:
            self.spotted("value", path, self.at, bare)
        elif _BLOCK.match(bare):
            box.put(self.block(path, box.indent, bare[0]))
        elif bare[0] in "\"'" or (bare[0] in "[{" and not bare.startswith("{{")):
            box.put(self.flow(path, box.indent, 0))
        else:
            box.put(self.plain(path, box.indent))

    def lone(self, column: int) -> None:
        """A line without a key: a scalar, a text that goes on, or a key that is being typed."""
        rest = self.rest()
        top = self.boxes[-1]
        if top.items and top.indent < column and top.value is None and rest[0] in "\"'[{|>":
            self.value(top)
            return
        if MARK not in rest:
            if top.value is None and top.indent < column:
                self.value(top)
            else:
                self.skip_line()
            return
        word = _COMMENT.split(rest)[0].rstrip()
        if MARK not in word:
            return
        held = top.value
        if top.indent < column and isinstance(held, str) and top.key is not None:
            self.spotted("value", (*top.path, top.key), self.at, word)
            return
        while len(self.boxes) > 1 and (
            self.boxes[-1].indent > column or (self.boxes[-1].indent == column and self.boxes[-1].items)
        ):
            self.boxes.pop()
        top = self.boxes[-1]
        if (top.indent == column and not top.items) or top.key is None:
            self.spotted("key", top.path, self.at, word)
        elif isinstance(top.value, dict):
            self.spotted("key", (*top.path, top.key), self.at, word)
        else:
            self.spotted("either", (*top.path, top.key), self.at, word)

    def spotted(self, role: Role, path: Path, start: int, written: str, **more: Any) -> None:
        """Notes where the cursor is."""
        before, _, after = written.partition(MARK)
        self.result.spot = Spot(role, path, start, before, after, **more)

    def scalar(self, path: Path, start: int, written: str, **more: Any) -> str:
        """The text of a scalar without the mark."""
        if MARK in written:
            self.spotted("value", path, start, written, **more)
        return written.replace(MARK, "")

    def plain(self, path: Path, indent: int) -> Any:
        """Plain text beside a key: to the end of the line."""
        rest = self.rest()
        written = _COMMENT.split(rest)[0].rstrip()
        if MARK in rest and MARK not in written and rest.rstrip().endswith(MARK) and "#" not in rest:
            written = rest.rstrip()
        text = self.scalar(path, self.at, written)
        self.at += len(rest)
        return scalar_value(text)

    def block(self, path: Path, indent: int, style: str) -> str:
        """The lines of a block of text: those indented more than its key."""
        self.skip_line()
        start = self.at
        while self.at < len(self.text):
            rest = self.rest()
            bare = rest.lstrip(" ")
            if bare.strip() and len(rest) - len(bare) <= indent and not self.is_blank_within(bare, indent):
                break
            self.skip_line()
        self.at = max(self.at, start)
        return self.scalar(path, start, self.text[start : self.at], style="|")

    def is_blank_within(self, bare: str, indent: int) -> bool:
        """Whether the line holds nothing but the place that is asked about, and the block of text goes on below."""
        if bare.strip() != MARK:
            return False
        below = self.text[self.at + len(self.rest()) :].lstrip("\n").split("\n", 1)[0]
        return len(below) - len(below.lstrip(" ")) > indent

    def flow(self, path: Path, indent: int, depth: int) -> Any:
        """A value in quotes or brackets."""
        first = self.text[self.at : self.at + 1]
        if first and first in "\"'":
            return self.quoted(path, indent, first, flow=depth > 0)
        if first and first in "[{" and not self.text.startswith("{{", self.at) and depth < MOST_DEPTH:
            return self.bracket(path, indent, first, depth)
        start = self.at
        if self.text.startswith("{{", start):
            line_end = start + len(self.rest())
            end = self.text.find("}}", start, line_end)
            self.at = line_end if end < 0 else end + 2
        else:
            found = _PLAIN_END.search(self.text, start)
            self.at = found.start() if found else len(self.text)
        written = self.text[start : self.at].rstrip()
        return scalar_value(self.scalar(path, start, written, flow=True))

    def quoted(self, path: Path, indent: int, quote: str, *, flow: bool) -> str:
        """A text in quotes; one that is never closed ends with its line."""
        start = self.at + 1
        inner = r"(?:[^\"\\]|\\.)*" if quote == '"' else r"(?:[^']|'')*"
        found = re.compile(inner + quote, re.DOTALL).match(self.text, start)
        end = found.end() - 1 if found else -1
        line_end = self.at + len(self.rest())
        if end < 0 or (end > line_end and not self.goes_on(line_end, end, indent)):
            end = line_end
            self.at = end
        else:
            self.at = end + 1
        written = self.text[start:end]
        return self.scalar(path, start, written, style=quote, flow=flow)

    def goes_on(self, line_end: int, end: int, indent: int) -> bool:
        """Whether the lines up to `end` belong to what was opened: they are indented more."""
        lines = self.text[line_end + 1 : end].split("\n")
        return all(
            not line.strip() or len(line) - len(line.lstrip(" ")) > indent or line.lstrip()[:1] in "]}"
            for line in lines
        )

    def bracket(self, path: Path, indent: int, first: str, depth: int) -> Any:
        """A list or an object in brackets."""
        data: Any = [] if first == "[" else {}
        self.at += 1
        while True:
            if not self.next_part(indent):
                return data
            here = self.text[self.at]
            if here in "]}":
                self.at += 1
                return data
            if here in ",:":
                self.at += 1
                continue
            before = self.at
            if first == "[":
                index = len(data)
                data.append(None)
                data[index] = self.flow((*path, index), indent, depth + 1)
            else:
                self.pair(path, indent, depth, data)
            self.at = max(self.at, before + 1)

    def pair(self, path: Path, indent: int, depth: int, data: dict[str, Any]) -> None:
        """One key of an object in brackets, with its value."""
        start = self.at
        quote = self.text[start] if self.text[start] in "\"'" else ""
        spot = self.result.spot
        key = str(self.flow(path, indent, MOST_DEPTH))
        found = self.result.spot
        colon = self.next_part(indent) and self.text[self.at] == ":"
        if found is not None and found is not spot:
            word = found.before + MARK + found.after
            self.spotted("key", path, start + len(quote), word, colon=colon, flow=True, style=quote)
            if not colon:
                return
        data.setdefault(key, None)
        if not colon:
            return
        self.at += 1
        if self.next_part(indent) and self.text[self.at] not in ",]}":
            data[key] = self.flow((*path, key), indent, depth + 1)

    def next_part(self, indent: int) -> bool:
        """Goes to what comes next inside brackets; False where the brackets were left open."""
        while self.at < len(self.text):
            here = self.text[self.at]
            if here == "\n":
                if not self.goes_on(self.at, self.at + 1 + len(self._line_after()), indent):
                    return False
                self.at += 1
            elif here in " \t\r":
                self.at += 1
            elif here == "#":
                self.at += len(self.rest())
            else:
                return True
        return False

    def _line_after(self) -> str:
        end = self.text.find("\n", self.at + 1)
        return self.text[self.at + 1 : len(self.text) if end < 0 else end]
