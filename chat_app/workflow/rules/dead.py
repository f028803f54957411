"""impossible-route: a route that no run can take."""

from __future__ import annotations

from collections.abc import Iterator

from chat_app.workflow.diagnostics import Diagnostic
from chat_app.workflow.rules.context import Context
from chat_app.workflow.rules.possible import ROUTE, impossible


def check_dead_routes(context: Context) -> Iterator[Diagnostic]:
    """Conditions that contradict the types, the routes before them, or what is known there."""
    for level in context.levels:
        for found in impossible(level):
            ways = level.flow.ways(found.source)
            # Where an earlier route always holds, the order is wrong, which another rule tells.
            if found.what != ROUTE or any(way.condition is None and way.max_times is None for way in ways[:-1]):
                continue
            condition = level.conditions.get((found.source, found.way))
            # The last route must be there also where those before it leave nothing for it; what can't be read, or is
            # read before anything wrote it, is told by other rules.
            if condition is None or condition.needs.intersection(f"state.{name}" for name in found.unset):
                continue
            yield context.warning(
                "impossible-route",
                f"Route {found.way + 1} of `{found.source}` can never be taken: {found.why}.",
                (*level.path, *ways[found.way].path, "condition"),
                f"{found.bounds}Change its condition or those before it, or remove the route.",
            )
