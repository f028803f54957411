"""Every place of a document that names a node, a field or a map's item: what navigation and renaming rest on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from chat_app.language_server.levels import Level, level_at, levels_of
from chat_app.language_server.lookups import lookups_in, made_plain, manner_at
from chat_app.workflow.diagnostics import Path
from chat_app.workflow.edges import END, START
from chat_app.workflow.places import Source

What = Literal["node", "field", "item"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """What has a name: a node, a field of a level, a map's item."""

    what: What
    name: str
    level: Path = ()
    """Of a field or an item: the level that declares it. Ids are unique in the whole file."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A place that names a symbol."""

    symbol: Symbol
    start: int
    end: int
    declares: bool = False


def mentions_in(source: Source) -> list[Mention]:
    """All mentions, in the order of the text."""
    if not isinstance(source.data, dict):
        return []
    return sorted(set(_Finder(source).all()), key=lambda found: found.start)


class _Finder:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.data: dict[str, Any] = source.data
        self.levels = levels_of(source.data)
        self.ids = {id: level for level in reversed(self.levels) for id in level.nodes}

    def all(self) -> Iterator[Mention]:
        for level in self.levels:
            yield from self.in_level(level)
        yield from self.in_texts(self.data, ())
        yield from self.lists("outputs", self.data, (), self.levels[0])
        for at, wish in _objects(self.data.get("requirements")):
            for path, name in _names(wish.get("met_by"), ("requirements", at, "met_by")):
                yield from self.node(name, path)
        for at, test in _objects(self.data.get("tests")):
            yield from self.in_test(test, ("tests", at))

    def in_level(self, level: Level) -> Iterator[Mention]:
        for declared in level.own.values():
            yield from self.key(Symbol("field", declared.name, level.path), declared.path, declares=True)
        owner = self._at(level.path)
        for at, node in _objects(owner.get("nodes")):
            yield from self.in_node(level, node, (*level.path, "nodes", at))
        for at, edge in _objects(owner.get("edges")):
            yield from self.in_edge(edge, (*level.path, "edges", at))
        if level.item is not None:
            yield from self.value(Symbol("item", level.item, level.path), (*level.path[:-1], "item"), declares=True)
            yield from self.lists("returns", owner, level.path, level)

    def in_node(self, level: Level, node: dict[str, Any], path: Path) -> Iterator[Mention]:
        if isinstance(node.get("id"), str):
            yield from self.value(Symbol("node", node["id"]), (*path, "id"), declares=True)
        for place, name in _names(node.get("subtasks"), (*path, "subtasks")):
            yield from self.node(name, place)
        if node.get("on_error") not in ("fail", "continue"):
            yield from self.node(node.get("on_error"), (*path, "on_error"))
        yield from self.lists("writes", node, path, level)

    def in_edge(self, edge: dict[str, Any], path: Path) -> Iterator[Mention]:
        yield from self.node(edge.get("from"), (*path, "from"))
        holders = [(edge, path), *((route, (*path, "routes", at)) for at, route in _objects(edge.get("routes")))]
        two = edge.get("to_conditional")
        if isinstance(two, dict):
            holders.append((two, (*path, "to_conditional")))
        for holder, below in holders:
            for key in ("to", "if_true", "if_false"):
                for place, name in _names(holder.get(key), (*below, key)):
                    yield from self.node(name, place)

    def in_test(self, test: dict[str, Any], path: Path) -> Iterator[Mention]:
        inputs = test.get("inputs")
        for name in inputs if isinstance(inputs, dict) else ():
            yield from self.field(self.levels[0], name, (*path, "inputs", name), key=True)
        for key in ("given", "answers"):
            held = test.get(key)
            for id, values in held.items() if isinstance(held, dict) else ():
                if id in self.ids:
                    yield from self.key(Symbol("node", id), (*path, key, id))
                    for name in values if isinstance(values, dict) else ():
                        yield from self.field(self.ids[id], name, (*path, key, id, name), key=True)

    def in_texts(self, value: Any, path: Path) -> Iterator[Mention]:
        """The look-ups of every text below a path."""
        if isinstance(value, dict):
            for key, part in value.items():
                yield from self.in_texts(part, (*path, key))
        elif isinstance(value, list):
            for at, part in enumerate(value):
                yield from self.in_texts(part, (*path, at))
        elif isinstance(value, str) and (manner := manner_at(path)) and (span := self.source.span(path)):
            level = level_at(self.levels, path)
            for lookup in lookups_in(made_plain(self.source.text[slice(*span)]), manner, span[0]):
                first, *rest = lookup.parts
                owner = level.item_owner(first.name)
                if first.name == "state" and rest:
                    holder = level.owner_of(rest[0].name)
                    if holder:
                        yield Mention(Symbol("field", rest[0].name, holder.path), rest[0].start, rest[0].end)
                elif owner is not None:
                    yield Mention(Symbol("item", first.name, owner.path), first.start, first.end)
                elif manner == "code" and (holder := level.owner_of(first.name)) and self._writes(path, first.name):
                    yield Mention(Symbol("field", first.name, holder.path), first.start, first.end)

    def _writes(self, path: Path, name: str) -> bool:
        writes = self._at(path[:-1]).get("writes")
        return isinstance(writes, list) and name in writes

    def lists(self, key: str, holder: dict[str, Any], path: Path, level: Level) -> Iterator[Mention]:
        """The fields that a list (or a single word) names."""
        for place, name in _names(holder.get(key), (*path, key)):
            yield from self.field(level, name, place)

    def field(self, level: Level, name: str, path: Path, key: bool = False) -> Iterator[Mention]:
        owner = level.owner_of(name)
        if owner is not None:
            symbol = Symbol("field", name, owner.path)
            yield from self.key(symbol, path) if key else self.value(symbol, path)

    def node(self, name: Any, path: Path) -> Iterator[Mention]:
        if isinstance(name, str) and name in self.ids and name not in (START, END):
            yield from self.value(Symbol("node", name), path)

    def value(self, symbol: Symbol, path: Path, declares: bool = False) -> Iterator[Mention]:
        yield from self._mention(symbol, self.source.span(path), declares)

    def key(self, symbol: Symbol, path: Path, declares: bool = False) -> Iterator[Mention]:
        yield from self._mention(symbol, self.source.span(path, key=True), declares)

    def _mention(self, symbol: Symbol, span: tuple[int, int] | None, declares: bool) -> Iterator[Mention]:
        if span is None:
            return
        start = self.source.text.find(symbol.name, *span)
        if start >= 0:
            yield Mention(symbol, start, start + len(symbol.name), declares)

    def _at(self, path: Path) -> dict[str, Any]:
        here: Any = self.data
        for part in path:
            here = here[part]
        return here if isinstance(here, dict) else {}


def _objects(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    for at, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield at, item


def _names(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for at, name in enumerate(value):
            if isinstance(name, str):
                yield (*path, at), name
