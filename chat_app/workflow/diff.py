"""What changed between two texts of a workflow, told for people: nodes, ways, fields, and the rest.

Where one of the texts can't be read, only its lines are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from functools import cached_property
from itertools import groupby
from typing import Any, Literal

from chat_app.workflow.edges import START
from chat_app.workflow.edits.data_order import data_order
from chat_app.workflow.edits.draft import Draft, Level, shown, words
from chat_app.workflow.edits.text.tree import Map, load, places, plain, same
from chat_app.workflow.edits.wires import ways
from chat_app.workflow.source import read

Area = Literal["workflow", "requirement", "input", "field", "output", "node", "way", "limit", "test"]
What = Literal["added", "removed", "changed", "renamed", "moved"]
_ONE_BY_ONE = {"requirements": ("requirement", "id"), "tests": ("test", "name")}
_LONGEST_VALUE = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs."""

    area: Area
    what: What
    name: str
    """The node's id, the field's name, …; for a renamed one, the new one."""
    line: str
    """A plain sentence."""
    keys: tuple[str, ...] = ()
    """Which keys of a node or field differ."""
    subject: str = ""
    """What the sentence is about, where several of one sort are told in one."""


@dataclass(frozen=True)
class Diff:
    """The differences of two texts."""

    old: str
    new: str
    changes: tuple[Change, ...]
    readable: bool = True
    """Whether both texts could be read."""

    @property
    def empty(self) -> bool:
        """Whether the texts are the same, letter for letter."""
        return self.old == self.new

    def lines(self) -> tuple[str, ...]:
        """One plain sentence for each change."""
        if self.empty:
            return ()
        if not self.readable:
            return ("The text changed. It can't be read as a workflow, so only its lines can be compared.",)
        return tuple(_sentences(self.changes)) or ("Only comments or layout changed.",)

    @cached_property
    def unified(self) -> str:
        """The changed lines, in the form that `diff -u` prints."""
        pairs = self.old.splitlines(), self.new.splitlines()
        return "\n".join(unified_diff(*pairs, "before", "after", lineterm=""))

    def _nodes(self, what: What) -> tuple[str, ...]:
        return tuple(change.name for change in self.changes if change.area == "node" and change.what == what)

    @property
    def added_nodes(self) -> tuple[str, ...]:
        """Ids of nodes that are new."""
        return self._nodes("added")

    @property
    def removed_nodes(self) -> tuple[str, ...]:
        """Ids of nodes that are gone."""
        return self._nodes("removed")

    @property
    def changed_nodes(self) -> tuple[str, ...]:
        """Ids of nodes whose own keys differ, renamed ones included."""
        return tuple(dict.fromkeys([*self._nodes("renamed"), *self._nodes("moved"), *self._nodes("changed")]))


def diff(old: str, new: str) -> Diff:
    """Compares two texts of a workflow; an empty one counts as a workflow with nothing in it."""
    before, after = _document(old), _document(new)
    if before is None or after is None:
        return Diff(old, new, (), readable=False)
    renamed = _renamed_nodes(before, after)
    first = not before.ids() and bool(after.ids())
    changes = [
        *([] if first else _info(before, after)),
        *_fields(before, after, renamed),
        *_outputs(before, after),
        *_nodes(before, after, renamed),
        *_ways(before, after, renamed),
        *_limits(before, after),
        *_listed(before, after),
    ]
    return Diff(old, new, tuple(changes))


def _sentences(changes: tuple[Change, ...]) -> Iterator[str]:
    """The sentences, those of one sort in a row joined."""
    for (area, what, joined), group in groupby(changes, lambda c: (c.area, c.what, bool(c.subject))):
        row = list(group)
        if len(row) == 1 or not joined:
            yield from (change.line for change in row)
        else:
            yield f"{what.capitalize()} {area}s {', '.join(change.subject for change in row)}."


def _document(text: str) -> Draft | None:
    if not text.strip():
        return Draft(Map())
    data = None if read(text).problems else load(places(text))
    return Draft(data) if isinstance(data, Map) else None


def _nodes_of(draft: Draft) -> dict[str, tuple[Level, Map]]:
    return {node["id"]: (level, node) for level in draft.levels() for node in level.steps}


def _own(node: Map) -> dict[str, Any]:
    """A node's keys as they are compared: of a map's body, only what it returns."""
    own = {key: plain(value) for key, value in node.items() if key != "id"}
    body = own.get("body")
    if node.get("kind") == "map" and isinstance(body, dict):
        own["body"] = {key: value for key, value in body.items() if key not in ("state", "nodes", "edges")}
    return own


def _renamed_nodes(before: Draft, after: Draft) -> dict[str, str]:
    """Old id to new id, of nodes that differ in nothing else."""
    old, new = _nodes_of(before), _nodes_of(after)
    fresh = [id for id in new if id not in old]
    found: dict[str, str] = {}
    for id in [id for id in old if id not in new]:
        level, node = old[id]
        for other in fresh:
            same_place = level.map_id in (new[other][0].map_id, found.get(str(new[other][0].map_id)))
            if same_place and other not in found.values() and same(_own(node), _own(new[other][1])):
                found[id] = other
                break
    return found


def _info(before: Draft, after: Draft) -> Iterator[Change]:
    for key in ("version", "name", "description", "model"):
        old, new = before.data.get(key), after.data.get(key)
        if not same(plain(old), plain(new)):
            line = (
                f"The {key} is now {_value(new).rstrip('.')}." if new is not None else f"The {key} is left out now."
            )
            yield Change("workflow", "changed", key, line, (key,))


def _fields(before: Draft, after: Draft, nodes: dict[str, str]) -> Iterator[Change]:
    yield from _section("input", before.section("inputs"), after.section("inputs"), "")
    yield from _section("field", before.root.fields(), after.root.fields(), "")
    old = {nodes.get(str(level.map_id), level.map_id): level for level in before.levels()[1:]}
    for level in after.levels()[1:]:
        was = old.get(level.map_id)
        if was is not None:
            yield from _section("field", was.fields(), level.fields(), f" of `{level.map_id}`")


def _section(area: Area, old: Map, new: Map, where: str) -> Iterator[Change]:
    gone, fresh = [n for n in old if n not in new], [n for n in new if n not in old]
    for name in list(gone):
        twin = next((n for n in fresh if same(plain(old[name]), plain(new[n]))), None)
        if twin is not None and list(old).index(name) == list(new).index(twin):
            gone.remove(name)
            fresh.remove(twin)
            yield Change(area, "renamed", twin, f"Renamed {area} `{name}` to `{twin}`{where}.")
    for name in fresh:
        subject = f"`{name}`{where} ({_type(new[name])})"
        yield Change(area, "added", name, f"Added {area} {subject}.", subject=subject)
    for name in gone:
        yield Change(area, "removed", name, f"Removed {area} `{name}`{where}.", subject=f"`{name}`{where}")
    for name in [n for n in new if n in old and not same(plain(old[n]), plain(new[n]))]:
        keys, told = _keys(_mapping(old[name]), _mapping(new[name]))
        yield Change(area, "changed", name, f"Changed {area} `{name}`{where}: {told}.", keys)


def _outputs(before: Draft, after: Draft) -> Iterator[Change]:
    old, new = words(before.data.get("outputs")), words(after.data.get("outputs"))
    if old == new:
        return
    were = f" now {', '.join(new) or 'none'} (were {', '.join(old)})" if old else f" {', '.join(new)}"
    line = f"The outputs are{were}."
    yield Change("output", "changed", ", ".join(new), line)


def _nodes(before: Draft, after: Draft, renamed: dict[str, str]) -> Iterator[Change]:
    old, new = _nodes_of(before), _nodes_of(after)
    for id, other in renamed.items():
        yield Change("node", "renamed", other, f"Renamed node `{id}` to `{other}`.", ("id",))
    for id, (level, node) in new.items():
        if id not in old and id not in renamed.values():
            subject = f"`{id}` ({node.get('kind')}){_inside(level)}"
            yield Change("node", "added", id, f"Added node {subject}.", subject=subject)
    for id in old:
        if id not in new and id not in renamed:
            yield Change("node", "removed", id, f"Removed node `{id}`.", subject=f"`{id}`")
    both = [(id, *old[id], *new[id]) for id in new if id in old]
    for id, was_in, _, level, _ in both:
        if level.map_id != renamed.get(str(was_in.map_id), was_in.map_id):
            subject = f"`{id}` " + (f"into `{level.map_id}`" if level.map_id else f"out of `{was_in.map_id}`")
            yield Change("node", "moved", id, f"Moved node {subject}.", ("place",), subject)
    for id, _, was, _, node in both:
        keys, told = _keys(_own(was), _own(node))
        if keys:
            yield Change("node", "changed", id, f"Changed node `{id}`: {told}.", keys)
    kept = [id for id in old if id in new]
    if kept != [id for id in new if id in old] and not any(id not in old for id in new):
        yield Change("workflow", "changed", "nodes", "The nodes stand in another order in the file.", ("nodes",))


def _ways(before: Draft, after: Draft, renamed: dict[str, str]) -> Iterator[Change]:
    old = {renamed.get(str(level.map_id), level.map_id): _ways_of(level, renamed) for level in before.levels()}
    for level in after.levels():
        was, now = old.get(level.map_id, []), _ways_of(level, {})
        if level.map_id is not None and level.map_id not in old:
            continue
        where = _inside(level)
        added, removed = [w for w in now if w not in was], [w for w in was if w not in now]
        if added:
            yield Change("way", "added", str(level.map_id or ""), f"New ways{where}: {_told(added)}.")
        if removed:
            yield Change("way", "removed", str(level.map_id or ""), f"No ways any more{where}: {_told(removed)}.")
        if not added and not removed and was != now:
            yield Change("way", "changed", "", f"The ways{where} are tried in another order.")


_Way = tuple[str, str, str]
"""From, to, and under what condition and bound, in words."""


def _ways_of(level: Level, renamed: dict[str, str]) -> list[_Way]:
    """The ways of a level, derived ones too, in the order of the nodes."""
    edges = level.owner.get("edges")
    known = [edge for edge in (edges if isinstance(edges, list) else data_order(level)) if isinstance(edge, dict)]
    rank = {name: at for at, name in enumerate([START, *level.ids])}
    found = []
    for edge in sorted(known, key=lambda edge: rank.get(str(edge.get("from")), len(rank))):
        source = str(edge.get("from"))
        for way in ways(edge):
            about = [f"when {way['condition']}"] if way.get("condition") else []
            times = way.get("max_times")
            about += [f"at most {times} times" if times != 1 else "at most once"] if times else []
            told = f" ({', '.join(about)})" if about else ""
            start = renamed.get(source, source)
            found += [(start, renamed.get(name, name), told) for name in words(way["to"])]
    return found


def _told(found: list[_Way]) -> str:
    """Ways in words; those that follow each other as one chain."""
    chains: list[str] = []
    last = None
    for source, target, about in found:
        if chains and last == source and not about:
            chains[-1] += f" → {target}"
        else:
            chains.append(f"{source} → {target}{about}")
        last = None if about else target
    return "; ".join(chains)


def _limits(before: Draft, after: Draft) -> Iterator[Change]:
    old, new = before.section("limits"), after.section("limits")
    keys, told = _keys(plain(old), plain(new))
    if keys:
        yield Change("limit", "changed", ", ".join(keys), f"Limits: {told}.", keys)


def _listed(before: Draft, after: Draft) -> Iterator[Change]:
    for section, (area, key) in _ONE_BY_ONE.items():
        old, new = _by(before.data.get(section), key), _by(after.data.get(section), key)
        kind: Area = "requirement" if area == "requirement" else "test"
        for name in [n for n in new if n not in old]:
            yield Change(kind, "added", name, f"Added {area} `{shown(name)}`.", subject=f"`{shown(name)}`")
        for name in [n for n in old if n not in new]:
            yield Change(kind, "removed", name, f"Removed {area} `{shown(name)}`.", subject=f"`{shown(name)}`")
        for name in [n for n in new if n in old]:
            keys, told = _keys(old[name], new[name])
            if keys:
                yield Change(kind, "changed", name, f"Changed {area} `{shown(name)}`: {told}.", keys)


def _by(items: Any, key: str) -> dict[str, dict[str, Any]]:
    found = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return {str(item.get(key)): plain(item) for item in found}


def _keys(old: dict[str, Any], new: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    """Which keys differ, and how, in words."""
    keys = [key for key in [*new, *(k for k in old if k not in new)] if not _alike(old, new, key)]
    told = []
    for key in keys:
        if key not in new:
            told.append(f"no {key} any more")
        elif key not in old:
            told.append(f"{key} {_value(new[key])}" if _is_short(new[key]) else f"{key} added")
        elif _is_short(old[key]) and _is_short(new[key]):
            told.append(f"{key} {_value(old[key])} → {_value(new[key])}")
        else:
            told.append(f"{key} changed")
    return tuple(keys), ", ".join(told)


def _alike(old: dict[str, Any], new: dict[str, Any], key: str) -> bool:
    return key in old and key in new and same(old[key], new[key])


def _is_short(value: Any) -> bool:
    return not isinstance(value, dict) and len(_value(value)) <= _LONGEST_VALUE and "\n" not in str(value)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value(part) for part in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "null" if value is None else str(value) or '""'


def _mapping(value: Any) -> dict[str, Any]:
    return plain(value) if isinstance(value, dict) else {"type": plain(value)}


def _type(kind: Any) -> str:
    if not isinstance(kind, dict):
        return str(kind)
    if isinstance(kind.get("enum"), list):
        return "one of " + ", ".join(_value(value) for value in kind["enum"])
    items = kind.get("items")
    return f"list of {items.get('type', 'value')}s" if isinstance(items, dict) else str(kind.get("type"))


def _inside(level: Level) -> str:
    return f" in `{level.map_id}`" if level.map_id else ""
