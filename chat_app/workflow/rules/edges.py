"""Edges: one form each, one entry for each node, and routes in an order that can be decided."""

from __future__ import annotations

from collections.abc import Iterator

from chat_app.workflow.diagnostics import Diagnostic, Fix, Path
from chat_app.workflow.edges import Edge, Route
from chat_app.workflow.nodes import ParallelNode
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.rules.names import edge_ends
from chat_app.workflow.typed_edits import RemoveKey

_FORMS = ("to", "routes", "to_conditional")


def check_edge_forms(context: Context) -> Iterator[Diagnostic]:
    """edge-form: exactly one of `to`, `routes`, `to_conditional`, and one entry for each node."""
    for level in context.levels:
        first: dict[str, int] = {}
        for number, edge in enumerate(level.level.edges or ()):
            path = (*level.edges_path, number)
            yield from _form(context, edge, path)
            if edge.from_ in first:
                line = context.source.location((*level.edges_path, first[edge.from_], "from"))
                where = f" on line {line.line}" if line else ""
                yield context.error(
                    "edge-form",
                    f"`{edge.from_}` has two entries in `edges`.",
                    (*path, "from"),
                    f"Join it with the one{where}: a list in `to` runs all at once, `routes` chooses.",
                )
            first.setdefault(edge.from_, number)


def _form(context: Context, edge: Edge, path: Path) -> Iterator[Diagnostic]:
    given = [form for form in _FORMS if getattr(edge, form) is not None]
    if len(given) == 1:
        if not all(way.to for way in edge.ways_out()):
            yield context.error("edge-form", f"The edge from `{edge.from_}` leads nowhere.", (*path, given[0]),
                                "Name a node or END.")  # fmt: skip
        return
    if not given:
        message = f"The edge from `{edge.from_}` does not say where to."
        yield context.error("edge-form", message, (*path, "from"), "Add `to: <node or END>`, or `routes`.")
        return
    message = f"The edge from `{edge.from_}` has {' and '.join(f'`{form}`' for form in given)}; only one can count."
    yield context.error("edge-form", message, (*path, given[1]), "Keep one of them.", key=True)


def check_route_order(context: Context) -> Iterator[Diagnostic]:
    """route-order: the last route is the way for everything else; those before it must be able not to hold."""
    for level in context.levels:
        for number, edge in enumerate(level.level.edges or ()):
            routes = edge.routes or []
            path = (*level.edges_path, number, "routes")
            for index, route in enumerate(routes[:-1]):
                if route.condition is None and route.max_times is None:
                    yield _always(context, edge, routes, index, (*path, index))
            if routes and all(route.condition or route.max_times for route in routes[:-1]):
                yield from _last(context, edge, routes[-1], (*path, len(routes) - 1))


def _always(context: Context, edge: Edge, routes: list[Route], index: int, path: Path) -> Diagnostic:
    rest = len(routes) - index - 1
    what = "the route after it is" if rest == 1 else f"the {rest} routes after it are"
    return context.error(
        "route-order",
        f"Route {index + 1} of `{edge.from_}` always holds, so {what} never taken.",
        (*path, "to"),
        "Give it a `condition` or `max_times`, or make it the last one.",
    )


def _last(context: Context, edge: Edge, route: Route, path: Path) -> Iterator[Diagnostic]:
    for key in ("condition", "max_times"):
        if getattr(route, key) is None:
            continue
        help = "Add a last route with only `to`; it is taken when no other is: `- {to: END}`."
        yield context.error(
            "route-order",
            f"The last route of `{edge.from_}` has a `{key}`; nothing is said for when it is not taken.",
            (*path, key),
            help,
            key=True,
            fix=Fix(f"Take `{key}` away", (RemoveKey(path=[*path, key]),)) if key == "max_times" else None,
        )
        return


def check_subtasks(context: Context) -> Iterator[Diagnostic]:
    """subtask-edge: a subtask belongs to one `parallel` and has no edges of its own."""
    for level in context.levels:
        owners, told = level.flow.owners, set()
        for number, edge in enumerate(level.level.edges or ()):
            path = (*level.edges_path, number)
            ends = [((*path, "from"), edge.from_), *edge_ends(edge, path)]
            for end_path, name in ends:
                if name in owners and name not in told:
                    told.add(name)
                    yield context.error(
                        "subtask-edge",
                        f"`{name}` is a subtask of `{owners[name]}` and can't have edges of its own.",
                        end_path,
                        f"Lead the edge to or from `{owners[name]}`, or take `{name}` out of its `subtasks`.",
                    )
        yield from _owned_twice(context, level)


def _owned_twice(context: Context, level: LevelView) -> Iterator[Diagnostic]:
    for node, path in level.node_paths():
        if not isinstance(node, ParallelNode):
            continue
        for index, name in enumerate(node.subtasks):
            place = (*path, "subtasks", index)
            if name in node.subtasks[:index]:
                yield context.error("subtask-edge", f"`{name}` is named twice.", place, "Name it once.")
            elif level.flow.owners[name] != node.id:
                message = f"`{name}` is a subtask of `{level.flow.owners[name]}` already."
                yield context.error("subtask-edge", message, place, "A node can be a subtask of one `parallel` only.")
            elif _owns_itself(level, node.id, name):
                message = f"`{node.id}` would run itself, as `{name}` is among its subtasks."
                yield context.error("subtask-edge", message, place, "Take one of the two out of `subtasks`.")


def _owns_itself(level: LevelView, owner: str, name: str) -> bool:
    seen: set[str] = set()
    pending = [name]
    while pending:
        at = pending.pop()
        if at == owner:
            return True
        if at not in seen:
            seen.add(at)
            pending += level.flow.subtasks(at)
    return False
