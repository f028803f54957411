"""Events as lines of JSON, as the record keeps them: quick to write, as a run waits for it, and told by themselves.

    {"step_started":["step","node","kind","parent","round"]}
    [3,1700000000.0,["step_started","a#1","a","llm",null,null],"r1"]

An event is its offset, its time, its name with its values, and its run's id; which fields the values are of stands
before the first event of its kind. So a field can come or go with a later version, and what was kept before is read
as it was meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
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
_lines = msgspec.json.Encoder().encode_lines
_untaken = msgspec.json.Decoder(tuple[int, float, list[msgspec.Raw], str]).decode
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


class OfRun(NamedTuple):
    """What is told of one run: events, and a line for each."""

    entries: list[Recorded]
    lines: list[bytes]


def told(entries: list[Recorded]) -> Told:
    """Events with their lines. No gap in the log: what can't be kept is at least named, in the list too."""
    try:
        return Told(entries, _lines(entries))
    except (TypeError, ValueError, OverflowError, RecursionError):
        kept, lines = zip(*map(_told_otherwise, entries), strict=True)
        return Told(list(kept), b"".join(lines))


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


def by_run(told: Iterable[Told]) -> dict[str, OfRun]:
    """What is told of each run, in its order."""
    runs: dict[str, OfRun] = {}
    for entries, lines in told:
        run_id = None
        for entry, line in zip(entries, lines.splitlines(keepends=True), strict=True):
            if entry.run_id != run_id:
                run_id = entry.run_id
                of_run = runs.get(run_id) or runs.setdefault(run_id, OfRun([], []))
                add_entry, add_line = of_run.entries.append, of_run.lines.append
            add_entry(entry)
            add_line(line)
    return runs


def packed(kinds: Iterable[type[Any]], lines: Iterable[bytes]) -> bytes:
    """Events of these kinds with all that is needed to read them again."""
    return b"".join([*heads_of(kinds), *lines])


def unpacked(run_id: str, data: bytes) -> list[Recorded]:
    """The events that were packed. Raises NotAnEvent."""
    return [_entry(run_id, *parts) for parts in plain(data)]


def plain(data: bytes) -> Iterator[Plain]:
    """The events that were packed, as they stand there."""
    heads: Heads = {}
    for line in data.split(b"\n"):
        if line.startswith(b"{"):
            heads |= json.loads(line)
        elif line:
            place, at, (name, *values), _ = json.loads(line)
            yield _event(heads, place, at, name, values)


def of_kind(kind: type[EventBase], data: bytes) -> list[bytes]:
    """The lines of one kind of the events that were packed, with its fields as this version has them."""
    name, head = _NAMES[kind], b'{"%b":' % _NAMES[kind].encode()
    if data.count(head) != data.count(_HEADS[kind]):
        told = [one for one in plain(data) if one[0] == name]
        return [
            encode([place, at, [name, *(values.get(one) for one in names_of(kind))], ""]).encode()
            for _, place, at, values in told
        ]
    # Searched for, as all the other lines would be split for nothing.
    mark, found, end = b',["%b"' % name.encode(), list[bytes](), 0
    while (place := data.find(mark, end)) >= 0:
        start, end = data.rfind(b"\n", 0, place) + 1, data.find(b"\n", place)
        # Further on in a line, it stands in a value.
        if data.find(b"[", start + 1, end) == place + 1:
            found.append(data[start:end])
    return found


def objects(data: bytes) -> Iterator[tuple[int, float, str, str]]:
    """Offset, time and name of the events that were packed, and each as JSON with its fields, not taken apart."""
    keys: dict[str, list[bytes]] = {}
    for line in data.split(b"\n"):
        if line.startswith(b"{"):
            for name, fields in json.loads(line).items():
                keys[name] = [f',"{field}":'.encode() for field in fields]
        elif line:
            place, at, (named, *values), _ = _untaken(line)
            name = bytes(named)[1:-1].decode()
            parts = [part for both in zip(keys[name], values, strict=True) for part in both]
            yield place, at, name, b"".join((b'{"event":', named, *parts, b"}")).decode()


class Lines:
    """Reads the lines of several runs as they come: fields are named before the events that have them."""

    def __init__(self) -> None:
        self._heads: Heads = {}
        self._run_id = ""

    def read(self, line: bytes) -> Recorded | None:
        """The event in a line, if one is. Raises ValueError or KeyError."""
        match json.loads(line):
            case dict() as heads:
                self._heads |= heads
            case str() as run_id:
                self.of_run(run_id)
            case [str() as name, place, at, values]:
                # As versions before 0006 wrote it, behind its run's id.
                return _entry(self._run_id, *_event(self._heads, place, at, name, values))
            case [place, at, [name, *values], run_id]:
                return _entry(run_id, *_event(self._heads, place, at, name, values))
            case _:
                raise ValueError("a line is no event")
        return None

    def of_run(self, run_id: str) -> None:
        """Says of which run the next events are, where they do not say it."""
        self._run_id = run_id


def _event(heads: Heads, place: int, at: float, name: str, values: list[Any]) -> Plain:
    return name, place, at, dict(zip(heads[name], values, strict=True))


def _entry(run_id: str, name: str, place: int, at: float, values: Mapping[str, Any]) -> Recorded:
    return Recorded(place, at, wire.event_from_json({"event": name, **values}), run_id)


def _told_otherwise(entry: Recorded) -> tuple[Recorded, bytes]:
    """A huge number, half of a surrogate pair, a set: told as text; what cannot be told at all is named."""
    try:
        return entry, _slowly(entry)
    except (RecursionError, ValueError, TypeError) as error:
        named = Logged(f"A {type(entry.event).__name__} could not be kept: {error}", "error")
        told = replace(entry, event=named)
        return told, _slowly(told)


def _slowly(entry: Recorded) -> bytes:
    parts = wire.event_to_json(entry.event)
    return (encode([entry.offset, entry.at, list(parts.values()), entry.run_id]) + "\n").encode()
