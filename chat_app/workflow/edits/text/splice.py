"""Writes changed data back into the text it came from, touching only what differs.

Each change is a replacement of a span. Values that are equal keep their bytes; list items and entries that
go take the comments directly above them along; items that move keep their text, indented anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chat_app.workflow.edits.text.align import Entry, Item, align_map, align_seq
from chat_app.workflow.edits.text.emit import Emitter
from chat_app.workflow.edits.text.positions import Positions, Unsplicable
from chat_app.workflow.edits.text.retouch import retouch
from chat_app.workflow.edits.text.tree import BYTE_ORDER_MARK, Map, Place, Seq, same

Change = tuple[int, int, str]
"""From, to (exclusive), and the new text between them."""

_COMMENT = re.compile(r"(?:^|[ \t])(#[^\r\n]*)")


def write_back(text: str, root: Place | None, data: Any) -> str:
    """The text with the data in it."""
    body = text.removeprefix(BYTE_ORDER_MARK)
    bare_end = not body.endswith("\n")
    eol = "\r\n" if body.count("\r\n") * 2 > body.count("\n") else "\n"
    writer = _Writer(body + eol if bare_end else body, eol, root)
    result = text[: len(text) - len(body)] + writer.document(root, data)
    return result.removesuffix(eol) if bare_end and body else result


class _Writer(Positions):
    """Collects changes of one text and makes them."""

    def __init__(self, text: str, eol: str, root: Place | None) -> None:
        super().__init__(text)
        self.eol = eol
        self.root = root
        self.dashes: dict[int, int] = {}
        """Where the dash of each list item is, by the identity of its place."""
        if root is not None:
            self.note_dashes(root)
        dash_indent = 0 if root is not None and _indentless(root, self) else 2
        self.emitter = Emitter(self.moved, self.lead_of, dash_indent, _is_json(root))

    def document(self, root: Place | None, data: Any) -> str:
        changes: list[Change] = []
        if root is not None and self.inside(root, data, changes):
            return self.apply(0, len(self.text), changes)
        fresh = self.emitter.block(data, 0) if data else "{}"
        if root is None:
            return self.text + self.lines(fresh) + self.eol
        return self.text[: root.start] + self.lines(fresh) + self.eol

    def apply(self, start: int, end: int, changes: list[Change]) -> str:
        """The text between two offsets with changes made."""
        pieces, at = [], start
        for begin, stop, new in sorted(changes, key=lambda change: change[:2]):
            pieces += [self.text[at:begin], self.lines(new)]
            at = max(at, stop)
        return "".join([*pieces, self.text[at:end]])

    def lines(self, text: str) -> str:
        return text.replace("\r\n", "\n").replace("\n", self.eol)

    # -- values

    def inside(self, place: Place, new: Any, changes: list[Change]) -> bool:
        """Collects the changes inside a value; False where it must be replaced as a whole."""
        if place.kind == "scalar":
            return not isinstance(new, dict | list) and same(place.value, new)
        if getattr(new, "origin", None) is not place:
            return False
        within: list[Change] = []
        try:
            done = self.map(place, new, within) if place.kind == "map" else self.seq(place, new, within)
        except Unsplicable:
            return False
        if done:
            changes += within
        return done

    def map(self, place: Place, new: Map, changes: list[Change]) -> bool:
        steps, gone = align_map(place, new)
        if not any(index is not None for index, _, _ in steps):
            return not new and not place.entries
        if place.flow:
            self.flow_map(place, steps, gone, changes)
        else:
            self.block_map(place, steps, gone, changes)
        return True

    def seq(self, place: Place, new: Seq, changes: list[Change]) -> bool:
        steps, gone = align_seq(place, new)
        if not any(index is not None for index, _ in steps):
            return not new and not place.items
        if place.flow:
            self.flow_seq(place, steps, gone, changes)
        else:
            self.block_seq(place, steps, gone, changes)
        return True

    # -- block style

    def block_map(self, place: Place, steps: list[Entry], gone: list[int], changes: list[Change]) -> None:
        column = self.column(place.start)
        first_kept = next(index for index, _, _ in steps if index is not None)
        at: int | None = None
        for index, key, value in steps:
            if index is not None:
                old_key, old_value = place.entries[index]
                if old_key.value != key:
                    changes.append((old_key.start, old_key.end, self.emitter.key(key)))
                self.entry_value(old_key, old_value, key, value, column, changes)
                at = self.after(old_value.end, column)
                continue
            line = f"{self.emitter.key(key)}:{self.emitter.after_key(value, column, key)}\n"
            pad = " " * column
            if at is None:
                changes.append((place.start, place.start, line + pad))
            else:
                gap = "\n" if place is self.root and "\n" in line[:-1] and self.roomy(place) else ""
                changes.append((at, at, gap + pad + line))
        if gone and gone[0] == 0:
            changes.append((place.start, place.entries[first_kept][0].start, ""))
        for first, last in _runs([index for index in gone if index > first_kept]):
            floor = self.line_end(place.entries[first - 1][1].end)
            start = self.line_start(place.entries[first][0].start)
            changes.append(self.cut(start, place.entries[last][1].end, column, floor))

    def entry_value(self, key: Place, old: Place, name: str, new: Any, column: int, changes: list[Change]) -> None:
        if self.inside(old, new, changes) or self.retouched(old, new, column, changes):
            return
        colon = self.colon(key)
        self.replace(colon + 1, old, self.emitter.after_key(new, column, name, old.style), changes)

    def block_seq(self, place: Place, steps: list[Item], gone: list[int], changes: list[Change]) -> None:
        column = self.column(place.start)
        dashes = [self.dashes[id(item)] for item in place.items]
        if self.text[self.line_start(dashes[0]) : dashes[0]].strip():
            raise Unsplicable
        flat = all(item.flow for item in place.items if item.kind == "map")
        gap = "\n" if self.spaced(place, dashes) else ""
        front = self.lead_start(self.line_start(dashes[0]), column, 0)
        at: int | None = None
        for index, value in steps:
            if index is not None:
                self.item_value(dashes[index], place.items[index], value, column, changes)
                at = self.after(place.items[index].end, column)
                continue
            line = self.emitter.item(value, column, prefer_flow=flat)
            if at is None:
                changes.append((front, front, f"{line}\n{gap}"))
            else:
                changes.append((at, at, f"{gap}{line}\n"))
        for first, last in _runs(gone):
            floor = self.line_end(place.items[first - 1].end) if first else None
            changes.append(self.cut(self.line_start(dashes[first]), place.items[last].end, column, floor))

    def item_value(self, dash: int, old: Place, new: Any, column: int, changes: list[Change]) -> None:
        if self.inside(old, new, changes) or self.retouched(old, new, column, changes):
            return
        self.replace(dash + 1, old, " " + self.emitter.after_dash(new, column, old.style), changes)

    def retouched(self, old: Place, new: Any, column: int, changes: list[Change]) -> bool:
        """Changes single words of a text where it stands, its layout kept."""
        if old.kind != "scalar" or not isinstance(new, str) or not isinstance(old.value, str):
            return False
        raw = retouch(self.text[old.start : old.end], old.value, new, column)
        if raw is not None:
            changes.append((old.start, old.end, raw))
        return raw is not None

    def replace(self, start: int, old: Place, text: str, changes: list[Change]) -> None:
        """Puts a new value after a colon or dash; the comment on the line stays on the line."""
        end = max(old.end, start)
        rest = self.text[end : self.line_end(end)].rstrip("\r\n")
        head = "" if self.line_end(start) >= self.line_end(end) else self.text[start : self.line_end(start)]
        if old.kind == "scalar" and old.style not in ("|", ">"):
            head = ""
        found = _COMMENT.search(head)
        if found is None and "\n" in text:
            found = _COMMENT.search(rest)
            end += len(rest) if found else 0
        if found:
            first, newline, more = text.partition("\n")
            text = f"{first}  {found.group(1)}{newline}{more}"
        changes.append((start, end, text))

    def cut(self, start: int, value_end: int, column: int, floor: int | None) -> Change:
        """The removal of entries or items with their comments, leaving no needless blank line."""
        begin, stop = self.lead_start(start, column, floor or 0), self.after(value_end, column)
        if floor is None:
            while stop < len(self.text) and not self.text[stop : self.line_end(stop)].strip():
                stop = self.line_end(stop)
        elif stop >= len(self.text) or not self.text[stop : self.line_end(stop)].strip():
            while begin > floor and not self.text[self.line_start(begin - 1) : begin].strip():
                begin = self.line_start(begin - 1)
        return begin, stop, ""

    # -- flow style

    def flow_map(self, place: Place, steps: list[Entry], gone: list[int], changes: list[Change]) -> None:
        if not place.in_flow and any(index is None and key == "routes" for index, key, _ in steps):
            raise Unsplicable
        at: int | None = None
        for index, key, value in steps:
            name = self.emitter.key(key)
            if index is not None:
                old_key, old_value = place.entries[index]
                if old_key.value != key:
                    changes.append((old_key.start, old_key.end, name))
                self.flow_value(old_key, old_value, value, changes)
                at = max(old_value.end, old_key.end)
            elif at is None:
                changes.append((place.start + 1, place.start + 1, f"{name}: {self.emitter.flow(value)}, "))
            else:
                changes.append((at, at, f", {name}: {self.emitter.flow(value)}"))
        spans = [(key.start, max(key.end, value.end)) for key, value in place.entries]
        changes += _flow_cuts(spans, gone)

    def flow_value(self, key: Place, old: Place, new: Any, changes: list[Change]) -> None:
        if self.inside(old, new, changes) or self.retouched(old, new, 0, changes):
            return
        if old.end > old.start:
            changes.append((old.start, old.end, self.emitter.flow(new)))
            return
        has_colon = self.text[key.end : old.start].lstrip()[:1] == ":"
        at = self.colon(key) + 1 if has_colon else key.end
        changes.append((at, at, f" {self.emitter.flow(new)}" if has_colon else f": {self.emitter.flow(new)}"))

    def flow_seq(self, place: Place, steps: list[Item], gone: list[int], changes: list[Change]) -> None:
        at: int | None = None
        for index, value in steps:
            if index is not None:
                item = place.items[index]
                if not self.inside(item, value, changes):
                    changes.append((item.start, item.end, self.emitter.flow(value)))
                at = item.end
            elif at is None:
                changes.append((place.start + 1, place.start + 1, f"{self.emitter.flow(value)}, "))
            else:
                changes.append((at, at, f", {self.emitter.flow(value)}"))
        changes += _flow_cuts([(item.start, item.end) for item in place.items], gone)

    # -- what moves

    def moved(self, value: Any, column: int) -> str | None:
        """The present text of a container that came from the text, with its own changes, at another column."""
        place: Place | None = getattr(value, "origin", None)
        changes: list[Change] = []
        if place is None or not self.inside(place, value, changes):
            return None
        if place.in_flow:
            return self.apply(place.start, place.end, changes)
        stop = max([self.after(place.end, self.column(place.start) - 1), *(end for _, end, _ in changes)])
        text = self.apply(place.start, stop, changes).rstrip("\r\n")
        return _shifted(text, column - self.column(place.start))

    def lead_of(self, value: Any) -> list[str]:
        """The comment lines above a list item that moves."""
        place = getattr(value, "origin", None)
        dash = self.dashes.get(id(place))
        if dash is None:
            return []
        start = self.line_start(dash)
        return [line.strip() for line in self.text[self.lead_start(start, dash - start, 0) : start].splitlines()]

    # -- positions

    def note_dashes(self, place: Place) -> None:
        at = place.start
        for item in place.items:
            if not place.flow:
                at = self.skip(at)
                self.dashes[id(item)] = at
                at = max(item.end, at + 1)
            self.note_dashes(item)
        for _, value in place.entries:
            self.note_dashes(value)

    def spaced(self, place: Place, dashes: list[int]) -> bool:
        """Whether blank lines part most of the items."""
        gaps = [self.blank_between(item.end, dash) for item, dash in zip(place.items, dashes[1:], strict=False)]
        return sum(gaps) * 2 > len(gaps)

    def roomy(self, place: Place) -> bool:
        """Whether blank lines part the sections."""
        pairs = zip(place.entries, place.entries[1:], strict=False)
        return any(self.blank_between(before[1].end, after[0].start) for before, after in pairs)


def _flow_cuts(spans: list[tuple[int, int]], gone: list[int]) -> Iterator[Change]:
    kept_before = False
    for index, (start, end) in enumerate(spans):
        if index not in gone:
            kept_before = True
        elif kept_before:
            yield spans[index - 1][1], end, ""
        else:
            yield start, spans[index + 1][0], ""


def _is_json(root: Place | None) -> bool:
    """Whether a text is JSON, so that what is new in it must be JSON too."""
    return root is not None and root.flow and bool(root.entries) and root.entries[0][0].style == '"'


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """The first and last of each row of consecutive numbers."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _shifted(text: str, by: int) -> str:
    """The lines after the first one, indented more or less."""
    first, *rest = text.split("\n")
    if by >= 0:
        return "\n".join([first, *(" " * by + line if line.strip() else line for line in rest)])
    return "\n".join([first, *(line[min(-by, len(line) - len(line.lstrip(" "))) :] for line in rest)])


def _indentless(root: Place, writer: _Writer) -> bool:
    lists = [(key, value) for key, value in root.entries if value.kind == "seq" and not value.flow and value.items]
    return any(writer.column(key.start) == writer.column(value.start) for key, value in lists)
