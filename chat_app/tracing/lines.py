"""Events as lines of JSON, as the record keeps them: quick to write, as a run waits for it, and told by themselves.

    {"step_started":["step","node","kind","parent","round"]}
    ["step_started",3,1700000000.0,["a#1","a","llm",null,null]]

An event is its name, its offset, its time and its values; which fields those are of stands before the first event of
its kind. So a field can come or go with a later version, and what was kept before is read as it was meant. Where
events of several runs stand together, a line with the run's id stands before those of each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
import orjson

from chat_app.events import wire
from chat_app.events.run import Logged, Recorded
from chat_app.events.value import EventBase, names_of, replace
from chat_app.tracing.jobs import Told

Heads = dict[str, list[str]]
Plain = tuple[str, int, float, dict[str, Any]]
"""Name, offset, time and fields of an event."""


_NAMES = {kind: name for name, kind in wire.RUN_EVENTS.items()}
_HEADS = {
    kind: orjson.dumps({name: names_of(kind)}, option=orjson.OPT_APPEND_NEWLINE)
    for name, kind in wire.RUN_EVENTS.items()
}
_RUN_ID, _EVENT = attrgetter("run_id"), attrgetter("event")
_lines = msgspec.json.Encoder().encode_lines
_untaken = msgspec.json.Decoder(tuple[str, int, float, list[msgspec.Raw]]).decode
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class OfRun(NamedTuple):
    """What is told of one run: events, and a line for each."""

    entries: list[Recorded]
    lines: list[bytes]


def told(entries: list[Recorded]) -> Told:
    """Events with their lines. No gap in the log: what can't be kept is at least named, in the list too."""
    names, run_id = _NAMES, None
    items: list[Any] = []
    for one in entries:
        if one.run_id != run_id:
            run_id = one.run_id
            items.append(run_id)
        event = one.event
        items.append((names[type(event)], one.offset, one.at, event))
    try:
        return Told(entries, _lines(items))
    except (TypeError, ValueError, OverflowError, RecursionError):
        return _told_one_by_one(entries)


def _told_one_by_one(entries: Iterable[Recorded]) -> Told:
    kept: list[Recorded] = []
    lines: list[bytes] = []
    for run_id, some in groupby(entries, _RUN_ID):
        lines.append(_lines([run_id]))
        for entry in some:
            told, line = _told_otherwise(entry)
            kept.append(told)
            lines.append(line)
    return Told(kept, b"".join(lines))


def by_run(pieces: Iterable[Told]) -> dict[str, OfRun]:
    """What is told of each run, in its order."""
    runs: dict[str, OfRun] = {}
    for entries, data in pieces:
        run_id, of_run = None, OfRun([], [])
        lines = iter(data.splitlines(keepends=True))
        for one in entries:
            if one.run_id != run_id:
                run_id = one.run_id
                of_run = runs.get(run_id) or runs.setdefault(run_id, OfRun([], []))
                # The one with the run's id.
                next(lines)
            of_run.entries.append(one)
            of_run.lines.append(next(lines))
    return runs


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


def packed(entries: Iterable[Recorded], lines: Iterable[bytes]) -> bytes:
    """Events of one run with all that is needed to read them again."""
    return b"".join([*heads_of(set(map(type, map(_EVENT, entries)))), *lines])


def unpacked(run_id: str, data: bytes) -> list[Recorded]:
    """The events that were packed. Raises NotAnEvent."""
    return [_entry(run_id, *parts) for parts in plain(data)]


def plain(data: bytes) -> Iterator[Plain]:
    """The events that were packed, as they stand there."""
    heads: Heads = {}
    for line in data.split(b"\n"):
        if (found := _read(line, heads)) is not None:
            yield found


def of_kind(kind: type[EventBase], data: bytes) -> list[bytes]:
    """The lines of one kind of the events that were packed, with its fields as this version has them."""
    name, head = _NAMES[kind], b'{"%b":' % _NAMES[kind].encode()
    if data.count(head) != data.count(_HEADS[kind]):
        told = [one for one in plain(data) if one[0] == name]
        return [
            encode([name, place, at, [values.get(one) for one in names_of(kind)]]).encode()
            for _, place, at, values in told
        ]
    # Searched for, as all the other lines would be split for nothing.
    begin, found, end = b'\n["%b",' % name.encode(), [], 0
    while (start := data.find(begin, end)) >= 0:
        end = data.find(b"\n", start + 1)
        found.append(data[start + 1 : end])
    return found


def objects(data: bytes) -> Iterator[tuple[int, float, str, str]]:
    """Offset, time and name of the events that were packed, and each as JSON with its fields, not taken apart."""
    keys: dict[str, list[bytes]] = {}
    for line in data.split(b"\n"):
        if line.startswith(b"{"):
            for name, fields in json.loads(line).items():
                keys[name] = [f',"{field}":'.encode() for field in fields]
        elif line:
            name, place, at, values = _untaken(line)
            parts = [part for both in zip(keys[name], values, strict=True) for part in both]
            yield place, at, name, b"".join((b'{"event":"', name.encode(), b'"', *parts, b"}")).decode()


class Lines:
    """Reads lines as they come: each run's id before its events, fields named before the events that have them."""

    def __init__(self) -> None:
        self._heads: Heads = {}
        self._run_id = ""

    def read(self, line: bytes) -> Recorded | None:
        """The event in a line, if one is. Raises NotAnEvent."""
        if line.startswith(b'"'):
            self.of_run(json.loads(line))
            return None
        found = _read(line, self._heads)
        return None if found is None else _entry(self._run_id, *found)

    def of_run(self, run_id: str) -> None:
        """Says of which run the next events are."""
        self._run_id = run_id


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
