"""The edges of one level as data, and how they are joined anew when nodes come and go."""

from __future__ import annotations

from typing import Any

from chat_app.workflow.edges import END, START
from chat_app.workflow.edits.data_order import data_order
from chat_app.workflow.edits.draft import BODY_KEYS, ROOT_KEYS, CannotApply, Draft, Level, words
from chat_app.workflow.edits.text.tree import Map, Seq, fresh, plain

_EDGE_KEYS = ("from", "to", "routes", "to_conditional")
_FORMS = ("to", "routes", "to_conditional")
_ROUTE_KEYS = ("condition", "to", "max_times")


class Wires:
    """The edges of a level; made explicit first where they were left out."""

    def __init__(self, draft: Draft, level: Level) -> None:
        self.level = level
        owner = level.owner
        if not isinstance(owner.get("edges"), list):
            if level.map_id not in draft.unordered:
                draft.unordered.append(level.map_id)
            owner.put("edges", fresh(data_order(level)), ROOT_KEYS if level.map_id is None else BODY_KEYS)
        self.edges: list[Any] = owner["edges"]

    # -- reading

    def edge(self, source: str) -> Map | None:
        return next((edge for edge in self.all() if edge.get("from") == source), None)

    def all(self) -> list[Map]:
        return [edge for edge in self.edges if isinstance(edge, Map)]

    def targets(self, source: str) -> list[str]:
        """Where a node may go, in order."""
        edge = self.edge(source)
        found = [name for route in ways(edge) for name in words(route["to"])] if edge else []
        return list(dict.fromkeys(found))

    def default(self, source: str) -> list[str]:
        """Where a node goes when no condition holds."""
        edge = self.edge(source)
        last = ways(edge)[-1:] if edge else []
        return words(last[0]["to"]) if last else [END]

    def sources(self, target: str) -> list[str]:
        return [str(edge.get("from")) for edge in self.all() if target in self.targets(str(edge.get("from")))]

    def chooses(self, source: str) -> bool:
        """Whether a node has several ways out, one of which is chosen."""
        edge = self.edge(source)
        return edge is not None and len(ways(edge)) > 1

    def reachable(self, start: str = START) -> set[str]:
        """What can be reached, subtasks of parallels included."""
        seen, todo = {start}, [start]
        while todo:
            at = todo.pop()
            node = self.level.node(at)
            inside = words(node.get("subtasks")) if node and node.get("kind") == "parallel" else []
            for name in [*self.targets(at), *inside]:
                if name not in seen:
                    seen.add(name)
                    todo.append(name)
        return seen

    # -- changing

    def add(self, source: str, to: list[str], near: Map | None = None, before: bool = False) -> Map:
        """A new plain edge, put next to another one."""
        edge = fresh({"from": source, "to": _target(to)})
        at = len(self.edges)
        if near is not None:
            at = next(i for i, other in enumerate(self.edges) if other is near) + (0 if before else 1)
        self.edges.insert(at, edge)
        return edge  # type: ignore[no-any-return]

    def remove(self, edge: Map) -> None:
        at = next(i for i, other in enumerate(self.edges) if other is edge)
        del self.edges[at]

    def redirect(self, edge: Map, old: str, new: list[str]) -> None:
        """Puts other targets in the place of one, wherever an edge names it."""
        for holder, key in target_places(edge):
            now = words(holder[key])
            if old in now:
                joined = [name for each in now for name in (new if each == old else [each])]
                put_target(holder, key, list(dict.fromkeys(joined)))

    def put_after(self, id: str, anchor: str) -> None:
        edge = self.edge(anchor)
        if edge is None:
            first = self.add(anchor, [id])
            self.add(id, [END], near=first)
            return
        edge["from"] = id
        self.add(anchor, [id], near=edge, before=True)

    def put_before(self, id: str, anchor: str) -> None:
        incoming = [edge for edge in self.all() if anchor in self.targets(str(edge.get("from")))]
        if not incoming:
            if anchor != END or self.edges:
                raise CannotApply(
                    "edit-no-way",
                    f"Nothing leads to `{anchor}`, so nothing can be put before it.",
                    f"Connect a node with `{anchor}` first.",
                )
            incoming = [self.add(START, [END])]
        for edge in incoming:
            self.redirect(edge, anchor, [id])
        near = self.edge(anchor)
        self.add(id, [anchor], near=near or incoming[-1], before=near is not None)

    def put_between(self, id: str, first: str, second: str) -> None:
        edge = self.edge(first)
        if edge is None or second not in self.targets(first):
            ways_out = ", ".join(f"`{name}`" for name in self.targets(first)) or "nowhere"
            raise CannotApply(
                "edit-no-way", f"No way leads from `{first}` to `{second}`.", f"`{first}` goes to {ways_out}."
            )
        self.redirect(edge, second, [id])
        self.add(id, [second], near=edge)

    def put_beside(self, id: str, other: str) -> None:
        if self.chooses(other):
            raise CannotApply(
                "edit-no-way",
                f"`{other}` chooses between ways, so no node can simply run beside it.",
                f"Put the new node before or after `{other}`.",
            )
        for edge in self.all():
            self.redirect(edge, other, [other, id])
        self.add(id, self.default(other), near=self.edge(other))

    def detach(self, id: str) -> None:
        """Takes a node out; its ways in are joined to its ways out."""
        own = self.edge(id)
        out = ways(own) if own else [{"to": END}]
        if own is not None and len(out) > 1 and self._handed_over(own, id):
            return
        for edge in self.all():
            if edge is not own and id in self.targets(str(edge.get("from"))):
                if len(out) == 1:
                    source = str(edge.get("from"))
                    self.redirect(edge, id, [name for name in words(out[0]["to"]) if name not in (source, id)])
                else:
                    _compose(edge, id, out)
                tidy(edge)
        if own is not None:
            self.remove(own)

    def _handed_over(self, own: Map, id: str) -> bool:
        """Gives the ways out to the only node that comes before, where that one leads nowhere else."""
        incoming = [edge for edge in self.all() if id in self.targets(str(edge.get("from")))]
        if len(incoming) != 1 or incoming[0] is own or self.targets(str(incoming[0].get("from"))) != [id]:
            return False
        own["from"] = incoming[0]["from"]
        self.remove(incoming[0])
        self.redirect(own, id, [])
        tidy(own)
        return True


def ways(edge: dict[str, Any]) -> list[dict[str, Any]]:
    """The ways out that an edge gives, whatever its form."""
    if isinstance(edge.get("routes"), list):
        return [route for route in edge["routes"] if isinstance(route, dict) and "to" in route]
    two = edge.get("to_conditional")
    if isinstance(two, dict):
        first = {"condition": two.get("condition"), "to": two.get("if_true", END)}
        return [first, {"to": two.get("if_false", END)}]
    return [{"to": edge.get("to", END)}]


def target_places(edge: Map) -> list[tuple[Map, str]]:
    """Where an edge names its targets."""
    if isinstance(edge.get("routes"), list):
        return [(route, "to") for route in edge["routes"] if isinstance(route, Map) and "to" in route]
    two = edge.get("to_conditional")
    if isinstance(two, Map):
        return [(two, key) for key in ("if_true", "if_false") if key in two]
    return [(edge, "to")] if "to" in edge else []


def put_target(holder: Map, key: str, to: list[str]) -> None:
    """Sets a target, in the form it has where that is possible."""
    now = holder.get(key)
    if isinstance(now, list) and len(to) != 1:
        now[:] = to
    else:
        holder[key] = _target(to)


def set_way(edge: Map, to: list[str]) -> None:
    """Makes an edge a plain one."""
    for key in _FORMS[1:]:
        edge.pop(key, None)
    if "to" in edge:
        put_target(edge, "to", to)
    else:
        edge.put("to", _target(to), _EDGE_KEYS)


def routes_of(edge: Map) -> list[Any]:
    """The routes of an edge, which is given that form when it has another."""
    if not isinstance(edge.get("routes"), list):
        made = fresh([plain(way) for way in ways(edge)])
        for key in _FORMS:
            edge.pop(key, None)
        edge.put("routes", made, _EDGE_KEYS)
    routes: list[Any] = edge["routes"]
    return routes


def new_route(to: list[str], condition: str | None = None, max_times: int | None = None) -> Map:
    """A route as data."""
    parts = {"condition": condition, "to": _target(to), "max_times": max_times}
    made: Map = fresh({key: parts[key] for key in _ROUTE_KEYS if parts[key] is not None})
    return made


def tidy(edge: Map) -> None:
    """Drops routes that lead nowhere, and makes an edge plain that has no choice left."""
    for holder, key in target_places(edge):
        if not words(holder[key]) and holder is edge:
            holder[key] = END
    if isinstance(edge.get("to_conditional"), Map):
        two = edge["to_conditional"]
        if not all(words(two.get(key)) for key in ("if_true", "if_false")):
            routes_of(edge)
        elif same_targets([words(two["if_true"]), words(two["if_false"])]):
            set_way(edge, words(two["if_true"]))
    if not isinstance(edge.get("routes"), list):
        return
    routes = edge["routes"]
    routes[:] = [route for route in routes if not isinstance(route, dict) or words(route.get("to"))]
    last = routes[-1] if routes else None
    if not isinstance(last, dict) or "condition" in last or "max_times" in last:
        routes.append(new_route([END]))
    if same_targets([words(route.get("to")) for route in routes if isinstance(route, dict)]):
        set_way(edge, words(routes[-1]["to"]))


def same_targets(targets: list[list[str]]) -> bool:
    """Whether all ways lead to the same nodes."""
    return all(set(each) == set(targets[0]) for each in targets)


def both(one: str | None, other: str | None) -> str | None:
    """The condition that two conditions hold."""
    if one is None or other is None:
        return one or other
    return " && ".join(f"({part})" if "||" in part or "?" in part else part for part in (one, other))


def _compose(edge: Map, id: str, out: list[dict[str, Any]]) -> None:
    """Puts the routes of a node that goes in the place of each route that led to it."""
    composed: list[Any] = []
    for route in routes_of(edge):
        if not isinstance(route, Map) or id not in words(route.get("to")):
            composed.append(route)
            continue
        others = [name for name in words(route["to"]) if name != id]
        for way in out:
            bounds = [bound for bound in (route.get("max_times"), way.get("max_times")) if bound is not None]
            to = [*others, *(name for name in words(way["to"]) if name not in (id, edge.get("from")))]
            condition = both(route.get("condition"), way.get("condition"))
            composed.append(new_route(to, condition, min(bounds) if bounds else None))
    edge["routes"][:] = composed


def _target(to: list[str]) -> Any:
    return to[0] if len(to) == 1 else Seq(to)
