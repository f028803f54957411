"""Events as lines of JSON, as the record keeps them: quick to write, as a run waits for it, and told by themselves.

    {"step_started":["step","node","kind","parent","round"]}
    ["step_started",3,1700000000.0,["a#1","a","llm",null,null]]

An event is its name, its offset, its time and its values; which fields those are of stands before the first event of
its kind. So a field can come or go with a later version, and what was kept before is read as it was meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
import orjson

from chat_app.events import wire
from chat_app.events.run import Logged, Recorded
from chat_app.events.value import names_of, replace
from chat_app.tracing.jobs import Told

Heads = dict[str, list[str]]
Plain = tuple[str, int, float, dict[str, Any]]
"""Name, offset, time and fields of an event."""


_NAMES = {kind: name for name, kind in wire.RUN_EVENTS.items()}
_HEADS = {
    kind: orjson.dumps({name: names_of(kind)}, option=orjson.OPT_APPEND_NEWLINE)
    for name, kind in wire.RUN_EVENTS.items()
}
_lines = msgspec.json.Encoder().encode_lines
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def told(runs: Mapping[str, list[Recorded]]) -> list[Told]:
    """The events of runs with their lines."""
    return [Told(run_id, entries, lines_of(entries)) for run_id, entries in runs.items()]


def lines_of(entries: list[Recorded]) -> bytes:
    """A line for each event. No gap in the log: what can't be kept is at least named, in the list too."""
    names = _NAMES
    try:
        return _lines([(names[type(one.event)], one.offset, one.at, one.event) for one in entries])
    except (TypeError, ValueError, OverflowError, RecursionError):
        lines: list[bytes] = []
        for place, entry in enumerate(entries):
            entries[place], line = _told_otherwise(entry)
            lines.append(line)
        return b"".join(lines)


def exact(value: Any) -> bool:
    """Whether a value is read from its line as it is: no NaN, no half of a surrogate pair, no tuple."""
    if type(value) is str and value.isascii():
        return True
    try:
        return bool(orjson.loads(orjson.dumps(value)) == value)
    except (TypeError, ValueError, RecursionError):
        return False


def heads_of(kinds: Iterable[type[Any]]) -> list[bytes]:
    """The lines that name the fields of these kinds of events."""
    return [_HEADS[kind] for kind in kinds]


def packed(entries: Iterable[Recorded], lines: bytes) -> bytes:
    """Events of one run with all that is needed to read them again."""
    return b"".join([*heads_of({type(entry.event) for entry in entries}), lines])


def unpacked(run_id: str, data: bytes) -> list[Recorded]:
    """The events that were packed. Raises NotAnEvent."""
    return [_entry(run_id, *parts) for parts in plain(data)]


def plain(data: bytes) -> Iterator[Plain]:
    """The events that were packed, as they stand there."""
    heads: Heads = {}
    for line in data.split(b"\n"):
        if (found := _read(line, heads)) is not None:
            yield found


class Lines:
    """Reads lines as they come, fields named before the events that have them."""

    def __init__(self) -> None:
        self._heads: Heads = {}

    def read(self, run_id: str, line: bytes) -> Recorded | None:
        """The event in a line, if one is. Raises NotAnEvent."""
        found = _read(line, self._heads)
        return None if found is None else _entry(run_id, *found)


def _read(line: bytes, heads: Heads) -> Plain | None:
    if line.startswith(b"{"):
        heads |= json.loads(line)
    elif line:
        name, place, at, values = json.loads(line)
        return name, place, at, dict(zip(heads[name], values, strict=True))
    return None


def _entry(run_id: str, name: str, place: int, at: float, values: Mapping[str, Any]) -> Recorded:
    return Recorded(run_id, place, at, event=wire.event_from_json({"event": name, **values}))


def _told_otherwise(entry: Recorded) -> tuple[Recorded, bytes]:
    """A huge number, half of a surrogate pair, a set: told as text; what cannot be told at all is named."""
    try:
        return entry, _slowly(entry)
    except (RecursionError, ValueError, TypeError) as error:
        named = Logged(f"A {type(entry.event).__name__} could not be kept: {error}", "error")
        told = replace(entry, event=named)
        return told, _slowly(told)


def _slowly(entry: Recorded) -> bytes:
    told = wire.event_to_json(entry.event)
    name = told.pop("event")
    return (encode([name, entry.offset, entry.at, list(told.values())]) + "\n").encode()
