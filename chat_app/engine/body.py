"""Runs a map's body for one item: the same rounds as a workflow's own, without LangGraph around them.

A body's steps are kept in the run's journal, so that a resumed run does none of them twice.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any

from chat_app.engine.context import RunContext
from chat_app.engine.errors import NodeFailed, StepProblem
from chat_app.engine.level import Level, Names
from chat_app.engine.position import Outcome, Position, advance, begin
from chat_app.engine.step import Place, execute
from chat_app.engine.together import together
from chat_app.events.run import RouteTaken, StepId
from chat_app.workflow.edges import START


async def run_body(
    level: Level, run: RunContext, outer: Names, place: str, parent: StepId, begun: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The body's own fields at its end. `place` (`each_file#1[3]`) begins the ids of its steps.

    `begun` are the fields that it begins with, where they are not its defaults.
    """
    local = level.initial if begun is None else begun
    try:
        start = begin(level, local, visible(outer, local))
    except StepProblem as problem:
        raise NodeFailed(START, problem.message, help=problem.help) from problem
    if start.decision.route is not None:
        run.emit(
            RouteTaken(
                START, run.named(start.decision.targets), start.decision.route, start.decision.condition, parent
            )
        )
    position = start.position
    while position["round"]:
        one = partial(_one, level, run, visible(outer, position["state"]), place, parent, position)
        alone = len(position["round"]) == 1
        outcomes = [await one(0)] if alone else await together(len(position["round"]), one, len(position["round"]))
        position = advance(level, position, outcomes)
    return position["state"]


def _one(
    level: Level, run: RunContext, names: Names, place: str, parent: StepId, position: Position, number: int
) -> Coroutine[Any, Any, Outcome]:
    """The node of this number in a round."""
    node = position["round"][number]
    step = f"{place}/{node}#{position['ran'][node]}"
    return execute(level, level.nodes[node], run, names, step, Place(parent, position["taken"]))


def visible(outer: Names, local: Mapping[str, Any]) -> Names:
    """What a body's nodes may read: its own fields over those around it."""
    if not local and "state" in outer:
        return outer
    return {**outer, "state": {**outer.get("state", {}), **local}}
