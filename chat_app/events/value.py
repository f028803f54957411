"""Values that are made by the thousand (events, messages, requests): never changed, and quick to make.

A frozen dataclass sets each field by a call of its own. What a step of the shortest kind makes of them, six events
and more, was a fifth of its time; msgspec makes one in C, in a third of what a plain dataclass takes.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import field
from msgspec.structs import asdict, replace

__all__ = ["EventBase", "Value", "asdict", "field", "name_in_json", "names_of", "replace"]


class Value(msgspec.Struct, frozen=True, gc=False):
    """Frozen; equal and hashed by its fields.

    Passed over by the search for garbage: what they hold is plain data, of which no part leads back to them.
    """


def name_in_json(kind: str) -> str:
    """The name of an event's class in small letters."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()


class EventBase(Value, frozen=True, array_like=True, tag=name_in_json):
    """Of events: encoded, one is the list of its name and its values, whose names stand in a line before."""


def names_of(kind: type[Value] | Value) -> tuple[str, ...]:
    """The names of its fields, in their order."""
    names: tuple[str, ...] = kind.__struct_fields__
    return names
