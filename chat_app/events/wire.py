"""Events as JSON and back: what is stored, streamed to other programs and printed a line at a time.

    {"run_id": "r1", "offset": 0, "at": 1700000000.0, "event": "step_started", "step": "a#1", ...}

The name of an event is its class's in small letters; its fields stand beside it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, get_args

import msgspec

from chat_app.events.design import DesignEvent
from chat_app.events.run import Recorded, RunEvent
from chat_app.events.value import EventBase, Value, name_in_json, names_of


class NotAnEvent(ValueError):
    """The data is no event that this version knows."""


RUN_EVENTS: dict[str, type[Any]] = {name_in_json(kind.__name__): kind for kind in get_args(RunEvent)}
DESIGN_EVENTS: dict[str, type[Any]] = {name_in_json(kind.__name__): kind for kind in get_args(DesignEvent)}
_NAMES = {kind: name for name, kind in (RUN_EVENTS | DESIGN_EVENTS).items()}


def to_json(entry: Recorded) -> dict[str, Any]:
    """A recorded event as plain data that JSON can hold."""
    return {"run_id": entry.run_id, "offset": entry.offset, "at": entry.at} | event_to_json(entry.event)


def event_to_json(event: RunEvent | DesignEvent) -> dict[str, Any]:
    """An event alone, of a run or of a design turn, as plain data."""
    return {"event": _NAMES[type(event)]} | {name: _plain(getattr(event, name)) for name in _parts(event)}


def to_line(entry: Recorded) -> str:
    """A recorded event as one line of JSON."""
    return json.dumps(to_json(entry), ensure_ascii=False, allow_nan=False)


def from_json(data: Mapping[str, Any]) -> Recorded:
    """The recorded event that `to_json` made; raises NotAnEvent."""
    event = event_from_json(data)
    try:
        return Recorded(int(data["offset"]), float(data["at"]), event, str(data["run_id"]))
    except (KeyError, TypeError, ValueError) as error:
        raise NotAnEvent(f"An entry needs run_id, offset and at: {error}") from error


def event_from_json(data: Mapping[str, Any]) -> RunEvent:
    """The event of a run in this data; keys it does not know are passed over. Raises NotAnEvent."""
    event: RunEvent = _read(data, RUN_EVENTS, "a run")
    return event


def design_event_from_json(data: Mapping[str, Any]) -> DesignEvent:
    """The event of a design turn in this data; keys it does not know are passed over. Raises NotAnEvent."""
    event: DesignEvent = _read(data, DESIGN_EVENTS, "a design turn")
    return event


def _read(data: Mapping[str, Any], kinds: Mapping[str, type[Any]], whose: str) -> Any:
    name = data.get("event")
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None:
        raise NotAnEvent(f"`{name}` is no event of {whose}.")
    try:
        if not issubclass(kind, EventBase):
            return msgspec.convert(data, kind, strict=False)
        # By name, as a field may have come or gone since.
        parts = _types_of(kind)
        return kind(**{one: msgspec.convert(data[one], parts[one], strict=False) for one in parts if one in data})
    except (msgspec.ValidationError, TypeError) as error:
        raise NotAnEvent(f"`{name}` does not have the parts of such an event: {error}") from error


@cache
def _types_of(kind: type[EventBase]) -> dict[str, Any]:
    return {one.name: one.type for one in msgspec.structs.fields(kind)}


def _parts(value: Any) -> tuple[str, ...]:
    """The names of the fields of an event, or of a value in one."""
    return names_of(value) if isinstance(value, Value) else tuple(one.name for one in fields(value))


def _plain(value: Any) -> Any:
    """A value as JSON can hold it; what it cannot hold is told as text, so that no event is lost."""
    match value:
        case None | bool() | int():
            return value
        case str():
            # Half of a surrogate pair can be in no file and no database.
            return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping():
            return {str(_plain(key)): _plain(part) for key, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(part) for part in value]
        case bytes():
            return f"({len(value)} bytes)"
    if isinstance(value, Value) or (is_dataclass(value) and not isinstance(value, type)):
        return {name: _plain(getattr(value, name)) for name in _parts(value)}
    return str(value)
