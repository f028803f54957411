"""Runs a map's body for one item: the same rounds as a workflow's own, without LangGraph around them.

A body's steps are kept in the run's journal, so that a resumed run does none of them twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from chat_app.engine.context import RunContext
from chat_app.engine.errors import NodeFailed, StepProblem
from chat_app.engine.level import Level, Names
from chat_app.engine.position import advance, begin
from chat_app.engine.step import execute
from chat_app.engine.together import together
from chat_app.events.run import RouteTaken, StepId
from chat_app.workflow.edges import START

UNCOUNTED: Mapping[str, int] = {}


async def run_body(
    level: Level, run: RunContext, outer: Names, place: str, parent: StepId, begun: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The body's own fields at its end. `place` (`each_file#1[3]`) begins the ids of its steps.

    `begun` are the fields that it begins with, where they are not its defaults.
    """
    local = level.initial if begun is None else begun
    if level.alone is not None:
        step = f"{place}/{level.alone.id}#1"
        outcome = await execute(level, level.alone, run, _visible(outer, local), step, parent=parent, taken=UNCOUNTED)
        return level.after(local, outcome["writes"])
    try:
        start = begin(level, local, _visible(outer, local))
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
        names = _visible(outer, position["state"])
        tasks = [
            partial(
                execute,
                level,
                level.nodes[node],
                run,
                names,
                f"{place}/{node}#{position['ran'][node]}",
                parent=parent,
                taken=position["taken"],
            )
            for node in position["round"]
        ]
        outcomes = [await tasks[0]()] if len(tasks) == 1 else await together(tasks, len(tasks))
        position = advance(level, position, outcomes)
    return position["state"]


def _visible(outer: Names, local: Mapping[str, Any]) -> Names:
    """What a body's nodes may read: its own fields over those around it."""
    if not local and "state" in outer:
        return outer
    return {**outer, "state": {**outer.get("state", {}), **local}}
