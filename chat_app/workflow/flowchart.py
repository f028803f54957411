"""A flow as other programs draw it: boxes, choices and arrows. Folded here into nodes and edges of ours.

Choices are boxes there and routes here; a box that does nothing is only a way through.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat_app.workflow.edges import END, START
from chat_app.workflow.names import as_name, free_name

ROUNDS = 3
"""How often a way back that had no bound may be taken."""
_MOST_WAYS = 12
"""Ways out of one box; more come only of choices that multiply each other."""
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Case:
    """One way out of a choice; without a condition it is what holds otherwise."""

    handle: str
    condition: str | None = None
    max_times: int | None = None


@dataclass(slots=True)
class Box:
    """One box: what it does, as a node of ours without its id, and how it chooses the way out."""

    id: str
    name: str
    node: dict[str, Any] | None = None
    cases: list[Case] = field(default_factory=list)
    starts: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one box to another, out of one of its handles."""

    source: str
    target: str
    handle: str = ""


@dataclass(frozen=True, slots=True)
class Folded:
    """Nodes and edges of ours, and what was decided on the way."""

    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    condition: str | None
    targets: tuple[str, ...]
    max_times: int | None = None


def node_names(boxes: Iterable[Box], taken: Iterable[str] = ()) -> dict[str, str]:
    """An id of ours for each box that does something."""
    names: dict[str, str] = {}
    used = list(taken)
    for box in boxes:
        if box.node is not None:
            kind = str(box.node.get("kind", "node"))
            names[box.id] = free_name(as_name(box.name, kind), used)
            used.append(names[box.id])
    return names


def fold(boxes: Sequence[Box], arrows: Sequence[Arrow], names: dict[str, str]) -> Folded:
    """The drawing as nodes and edges; boxes that nothing leads to are left out and told."""
    chart = _Chart(boxes, arrows, names)
    told: list[str] = []
    order, edges = chart.walk()
    left = [box.name for box in boxes if box.node is not None and box.id not in order]
    if left:
        told.append("Nothing leads to " + ", ".join(f"“{name}”" for name in left[:8]) + ": left out.")
    nodes = [{"id": names[box.id], **(box.node or {})} for box in (chart.boxes[id] for id in order)]
    return Folded(nodes, _bounded(edges, told), tuple(told))


class _Chart:
    def __init__(self, boxes: Sequence[Box], arrows: Sequence[Arrow], names: dict[str, str]) -> None:
        self.boxes = {box.id: box for box in boxes}
        self._names = names
        self._arrows = [each for each in arrows if each.source in self.boxes and each.target in self.boxes]

    def walk(self) -> tuple[list[str], list[dict[str, Any]]]:
        """The boxes in the order in which a run meets them, and the edges between them."""
        edges = [_edge(START, self._first())]
        order: list[str] = []
        waiting = _targets(edges[0])
        by_name = {name: id for id, name in self._names.items()}
        while waiting:
            name = waiting.pop(0)
            if name == END or by_name[name] in order:
                continue
            order.append(by_name[name])
            edge = _edge(name, self._out(self.boxes[by_name[name]], 0))
            edges.append(edge)
            waiting += _targets(edge)
        return order, edges

    def _first(self) -> list[_Way]:
        starts = [box for box in self.boxes.values() if box.starts]
        if starts:
            return self._all([target for box in starts for target in self._after(box.id)], 0)
        led_to = {arrow.target for arrow in self._arrows}
        heads = [box.id for box in self.boxes.values() if box.id not in led_to] or list(self.boxes)[:1]
        return self._all(heads, 0)

    def _after(self, id: str, handle: str | None = None) -> list[str]:
        found = [each.target for each in self._arrows if each.source == id and handle in (None, each.handle)]
        return list(dict.fromkeys(found))

    def _out(self, box: Box, depth: int) -> list[_Way]:
        if not box.cases:
            return self._all(self._after(box.id), depth)
        ways: list[_Way] = []
        for case in box.cases:
            ways += [
                _Way(_both(case.condition, way.condition), way.targets, case.max_times or way.max_times)
                for way in self._all(self._after(box.id, case.handle), depth)
            ]
        if all(way.condition is not None or way.max_times is not None for way in ways):
            ways.append(_Way(None, (END,)))
        return ways[: _MOST_WAYS - 1] + ways[-1:] if len(ways) > _MOST_WAYS else ways

    def _all(self, targets: Sequence[str], depth: int) -> list[_Way]:
        """The ways to several boxes that are gone to at once."""
        if not targets or depth > _DEEPEST:
            return [_Way(None, (END,))]
        parts = [self._into(target, depth + 1) for target in targets]
        if len(parts) == 1:
            return parts[0]
        made = []
        for ways in itertools.islice(itertools.product(*parts), _MOST_WAYS):
            condition = None
            for way in ways:
                condition = _both(condition, way.condition)
            bounds = [way.max_times for way in ways if way.max_times]
            made.append(_Way(condition, _joined(way.targets for way in ways), min(bounds) if bounds else None))
        return made

    def _into(self, id: str, depth: int) -> list[_Way]:
        box = self.boxes[id]
        if box.node is not None:
            return [_Way(None, (self._names[id],))]
        if box.ends and not self._after(id):
            return [_Way(None, (END,))]
        return self._out(box, depth)


def _both(one: str | None, other: str | None) -> str | None:
    if one is None or other is None:
        return one or other
    return f"{_closed(one)} && {_closed(other)}"


def _closed(condition: str) -> str:
    return f"({condition})" if "||" in condition or "?" in condition else condition


def _joined(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name for part in parts for name in part))
    return tuple(name for name in names if name != END) or (END,)


def _edge(source: str, ways: list[_Way]) -> dict[str, Any]:
    if len(ways) == 1 and ways[0].condition is None and ways[0].max_times is None:
        return {"from": source, "to": _to(ways[0].targets)}
    routes = []
    for way in ways:
        route: dict[str, Any] = {} if way.condition is None else {"condition": way.condition}
        route["to"] = _to(way.targets)
        if way.max_times:
            route["max_times"] = way.max_times
        routes.append(route)
    return {"from": source, "routes": _until_the_first_free(routes)}


def _until_the_first_free(routes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The routes up to the first that always holds; what stands after it is never taken."""
    free = next((at for at, each in enumerate(routes) if "condition" not in each and "max_times" not in each), None)
    return routes if free is None else routes[: free + 1]


def _to(targets: tuple[str, ...]) -> Any:
    return targets[0] if len(targets) == 1 else list(targets)


def _names_in(to: Any) -> list[str]:
    return [to] if isinstance(to, str) else list(to)


def _targets(edge: dict[str, Any]) -> list[str]:
    ways = edge.get("routes") or [edge]
    return [name for way in ways for name in _names_in(way["to"])]


def _bounded(edges: list[dict[str, Any]], told: list[str]) -> list[dict[str, Any]]:
    """The edges with a bound on every way back, so that each run ends."""
    back = _ways_back(edges)
    made = []
    for edge in edges:
        loops = {name for source, name in back if source == edge["from"]}
        made.append(_bound(edge, loops, told) if loops else edge)
    return made


def _bound(edge: dict[str, Any], loops: set[str], told: list[str]) -> dict[str, Any]:
    routes = [dict(way) for way in edge.get("routes") or [{"to": edge["to"]}]]
    out = next((way["to"] for way in routes if not loops & set(_names_in(way["to"]))), END)
    for way in routes:
        if loops & set(_names_in(way["to"])) and "max_times" not in way:
            way["max_times"] = ROUNDS
            told.append(f"The way back from `{edge['from']}` is taken at most {ROUNDS} times.")
    if "condition" in routes[-1] or "max_times" in routes[-1]:
        routes.append({"to": out})
    return {"from": edge["from"], "routes": routes}


def _ways_back(edges: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """The ways that lead to a node from which one came."""
    out = {edge["from"]: [name for name in _targets(edge) if name != END] for edge in edges}
    back: set[tuple[str, str]] = set()
    done: set[str] = set()
    road: list[tuple[str, list[str]]] = [(START, list(out.get(START, [])))]
    on_road = {START}
    while road:
        node, left = road[-1]
        if not left:
            road.pop()
            on_road.discard(node)
            done.add(node)
            continue
        following = left.pop(0)
        if following in on_road:
            back.add((node, following))
        elif following not in done:
            on_road.add(following)
            road.append((following, list(out.get(following, []))))
    return back
