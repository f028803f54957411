"""Repairs of edges: other words for their ends, several edges from one node, ways kept in the nodes."""

from __future__ import annotations

import itertools
import re
from typing import Any

from chat_app.workflow.edges import END, START
from chat_app.workflow.edits.draft import words
from chat_app.workflow.edits.on_nodes import update
from chat_app.workflow.edits.repairs.aliases import EDGE_KEYS, ENDS
from chat_app.workflow.edits.repairs.parts import Lines, repair_condition
from chat_app.workflow.edits.text.tree import Map, Seq, fresh, plain, same
from chat_app.workflow.names import as_name

_ARROW = re.compile(r"\s*(?:->|-->|=>|→)\s*")
_KNOWN = ("from", "to", "routes", "to_conditional")


def repair_edges(data: Map, lines: Lines) -> None:
    """Brings the edges into the language's form; those that are right stay as they are."""
    given = data["edges"]
    items: list[Any] = []
    if isinstance(given, dict):
        items = [{"from": source, "to": plain(to)} for source, to in given.items()]
    else:
        items = [part for item in given for part in _edges(item)]
    made: list[dict[str, Any]] = []
    for item in items:
        edge = _repaired(plain(item), lines)
        before = next((other for other in made if other["from"] == edge["from"]), None)
        if before is None:
            made.append(edge)
        else:
            _join(before, edge)
            lines.append(f"The edges from `{edge['from']}` are written as one.")
    _end_routes(made, lines)
    if same(plain(given), made):
        return
    if isinstance(given, Seq):
        known = {item["from"]: item for item in given if isinstance(item, Map) and isinstance(item.get("from"), str)}
        kept: list[Any] = []
        for edge in made:
            have = known.pop(edge["from"], None) if isinstance(edge["from"], str) else None
            if have is not None:
                update(have, fresh(edge))
            kept.append(have if have is not None else fresh(edge))
        given[:] = kept
    else:
        data["edges"] = fresh(made)
    lines.append("The edges are written in the language's form.")


def edges_of_nodes(nodes: list[Any]) -> list[dict[str, Any]]:
    """The edges that nodes tell by a key of their own, such as `next`."""
    found: list[dict[str, Any]] = []
    ids = [node["id"] for node in nodes if isinstance(node, dict) and isinstance(node.get("id"), str)]
    for node in nodes:
        following = node.get("next") if isinstance(node, dict) and node.get("id") in ids else None
        names = [_end(name) for name in words(following)]
        if names and all(name in ids or name == END for name in names):
            found.append({"from": node["id"], "to": names[0] if len(names) == 1 else names})
    if not found or not ids:
        return []
    told = {edge["from"] for edge in found}
    found += [{"from": id, "to": END} for id in ids if id not in told]
    led_to = {name for edge in found for name in words(edge["to"])}
    first = [id for id in ids if id not in led_to] or ids[:1]
    return [{"from": START, "to": first[0] if len(first) == 1 else first}, *found]


def _edges(item: Any) -> list[Any]:
    if isinstance(item, str):
        names = _ARROW.split(item.strip())
        return [{"from": one, "to": other} for one, other in itertools.pairwise(names)]
    if isinstance(item, list) and len(item) == 2 and all(isinstance(name, str) for name in item):
        return [{"from": item[0], "to": item[1]}]
    if isinstance(item, dict) and len(item) == 1 and not {*item} & {*_KNOWN, *EDGE_KEYS}:
        return [{"from": source, "to": plain(to)} for source, to in item.items()]
    if isinstance(item, dict) and isinstance(item.get("from"), list):
        return [{**item, "from": source} for source in item["from"]]
    return [item] if isinstance(item, dict) else []


def _repaired(edge: dict[str, Any], lines: Lines) -> dict[str, Any]:
    for old, new in EDGE_KEYS.items():
        if old in edge and new not in edge:
            edge = {(new if key == old else key): value for key, value in edge.items()}
            lines.append(f"The key `{old}` of an edge is `{new}`.")
    made: dict[str, Any] = {"from": _end(edge.get("from"))}
    routes = edge.get("routes")
    if isinstance(routes, list):
        made["routes"] = [_route(route, lines) for route in routes if isinstance(route, dict)]
    elif isinstance(edge.get("to_conditional"), dict):
        two = edge["to_conditional"]
        ends = {key: _target(value) for key, value in two.items() if key != "condition"}
        made["to_conditional"] = {"condition": repair_condition(two.get("condition"), lines), **ends}
    elif edge.get("condition") is not None or edge.get("max_times") is not None:
        made["routes"] = [_route(edge, lines)]
    elif "to" in edge:
        made["to"] = _target(edge["to"])
    return made


def _route(route: dict[str, Any], lines: Lines) -> dict[str, Any]:
    for old, new in EDGE_KEYS.items():
        if old in route and new not in route and new != "from":
            route = {(new if key == old else key): value for key, value in route.items()}
    made: dict[str, Any] = {}
    condition = route.get("condition")
    if isinstance(condition, str) and condition.strip().lower() in ("else", "default", "otherwise", "true"):
        condition = None
        lines.append("A last route without a condition is what holds otherwise.")
    if condition is not None:
        made["condition"] = repair_condition(condition, lines)
    made["to"] = _target(route.get("to", END))
    if route.get("max_times") is not None:
        made["max_times"] = route["max_times"]
    return made


def _join(edge: dict[str, Any], other: dict[str, Any]) -> None:
    """Adds the ways of a second edge from the same node."""
    if "to" in edge and "to" in other:
        names = list(dict.fromkeys([*words(edge["to"]), *words(other["to"])]))
        edge["to"] = names[0] if len(names) == 1 else names
        return
    routes = [*_routes(edge), *_routes(other)]
    bound = [route for route in routes if "condition" in route or "max_times" in route]
    free = [route for route in routes if route not in bound]
    for key in ("to", "to_conditional"):
        edge.pop(key, None)
    edge["routes"] = [*bound, *free[:1]]


def _routes(edge: dict[str, Any]) -> list[dict[str, Any]]:
    if "routes" in edge:
        return list(edge["routes"])
    two = edge.get("to_conditional")
    if isinstance(two, dict):
        return [{"condition": two.get("condition"), "to": two.get("if_true", END)}, {"to": two.get("if_false", END)}]
    return [{"to": edge.get("to", END)}]


def _end_routes(edges: list[dict[str, Any]], lines: Lines) -> None:
    """Puts the route without a condition last, and gives routes that all have one a last one."""
    for edge in edges:
        routes = edge.get("routes")
        free = [route for route in routes or [] if "condition" not in route and "max_times" not in route]
        if routes and len(free) == 1 and routes[-1] is not free[0]:
            routes.remove(free[0])
            routes.append(free[0])
            lines.append(f"The route of `{edge['from']}` without a condition stands last.")
        if routes and ("condition" in routes[-1] or "max_times" in routes[-1]):
            routes.append({"to": END})
            lines.append(f"When no route of `{edge['from']}` holds, the run ends.")


def _target(to: Any) -> Any:
    if isinstance(to, list):
        return [_end(name) for name in to]
    return _end(to)


def _end(name: Any) -> Any:
    if not isinstance(name, str) or name in (START, END):
        return name
    return ENDS.get(name.lower()) or as_name(name, "node")
