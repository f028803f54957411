"""The text of a workflow as plain data whose containers remember where in the text they stood.

Operations change the data in place; `splice` then writes back only what differs. The text must be clean:
`source.read` has found no problem in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from chat_app.workflow.scalars import scalar_value

BYTE_ORDER_MARK = "\ufeff"


@dataclass(slots=True, eq=False)
class Place:
    """Where a value stands: its first character, and past its last one; space after it does not count."""

    kind: Literal["map", "seq", "scalar"]
    start: int
    end: int = 0
    flow: bool = False
    in_flow: bool = False
    """Whether it stands inside brackets or braces."""
    style: str = ""
    """The quote or block sign of a scalar; empty for a plain one."""
    value: Any = None
    entries: list[tuple[Place, Place]] = field(default_factory=list)
    """Keys and values of a mapping."""
    items: list[Place] = field(default_factory=list)


class Map(dict[str, Any]):
    """A mapping that remembers its place; None for one that is new."""

    __slots__ = ("origin", "renamed")

    def __init__(self, origin: Place | None = None) -> None:
        super().__init__()
        self.origin = origin
        self.renamed: dict[str, str] = {}
        """The present key by the key in the text, so that a renamed entry keeps its text."""

    def rename(self, old: str, new: str) -> None:
        """Renames a key where it stands."""
        pairs = [(new if key == old else key, value) for key, value in self.items()]
        first = next((was for was, now in self.renamed.items() if now == old), old)
        self.renamed[first] = new
        self.clear()
        self.update(pairs)

    def put(self, key: str, value: Any, order: tuple[str, ...] = ()) -> None:
        """Sets a key; a new one is put where `order` has it."""
        if key in self or key not in order:
            self[key] = value
            return
        later = set(order[order.index(key) + 1 :])
        pairs = list(self.items())
        index = next((at for at, (name, _) in enumerate(pairs) if name in later), len(pairs))
        pairs.insert(index, (key, value))
        self.clear()
        self.update(pairs)


class Seq(list[Any]):
    """A list that remembers its place; None for one that is new."""

    __slots__ = ("origin",)

    def __init__(self, items: Any = (), origin: Place | None = None) -> None:
        super().__init__(items)
        self.origin = origin


def places(text: str) -> Place | None:
    """The places of a clean text, counted from after a byte order mark; None for an empty one."""
    text = text.removeprefix(BYTE_ORDER_MARK)
    follow = yaml.CSafeLoader(text).get_event
    follow()
    if isinstance(follow(), yaml.StreamEndEvent):
        return None
    return _place(follow(), follow, text, False)


def load(place: Place | None) -> Any:
    """The data at a place; containers remember where they stood."""
    if place is None:
        return None
    if place.kind == "map":
        made = Map(place)
        for key, value in place.entries:
            made[key.value] = load(value)
        return made
    if place.kind == "seq":
        return Seq((load(item) for item in place.items), place)
    return place.value


def plain(value: Any) -> Any:
    """The data as dicts and lists without memory."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


def fresh(value: Any) -> Any:
    """Given data as new containers that operations may change."""
    if isinstance(value, dict):
        made = Map()
        for key, part in value.items():
            made[str(key)] = fresh(part)
        return made
    if isinstance(value, list | tuple):
        return Seq(fresh(part) for part in value)
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same data; 1, 1.0 and true differ, as they do in the text."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def _place(event: Any, follow: Callable[[], Any], text: str, in_flow: bool) -> Place:
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event, text, start, end, in_flow)
    kind: Literal["seq", "map"] = "seq" if isinstance(event, yaml.SequenceStartEvent) else "map"
    made = Place(kind, start, flow=bool(event.flow_style), in_flow=in_flow)
    inside = in_flow or made.flow
    last = None
    while not isinstance(child := follow(), yaml.CollectionEndEvent):
        if kind == "seq":
            made.items.append(last := _place(child, follow, text, inside))
        else:
            key = _place(child, follow, text, inside)
            key.value = child.value
            made.entries.append((key, last := _place(follow(), follow, text, inside)))
    closing: Any = child
    made.end = closing.end_mark.index if made.flow or last is None else last.end
    return made


def _scalar(event: Any, text: str, start: int, end: int, in_flow: bool) -> Place:
    style = event.style or ""
    value = scalar_value(event.value) if not style and event.implicit[0] else event.value
    if style in ("|", ">"):
        end = _block_end(text, start, end)
    return Place("scalar", start, end, in_flow=in_flow, style=style, value=value)


def _block_end(text: str, start: int, end: int) -> int:
    """Past the last line of a block scalar; blank lines below belong to it only where its header keeps them."""
    raw = text[start:end]
    if "+" in raw.split("\n", 1)[0].split("#", 1)[0]:
        return start + len(raw.removesuffix("\n").removesuffix("\r"))
    return start + len(raw.rstrip("\r\n \t"))
