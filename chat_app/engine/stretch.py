"""Where one node of a workflow follows another: they run one after the other, with nothing around them.

Each position is saved, or told by the record, before the next node begins. LangGraph is called where several nodes
run side by side, or where a person may be asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container
from typing import Any

from chat_app.engine.context import RunContext
from chat_app.engine.errors import NodeFailed, StepProblem
from chat_app.engine.level import CompiledNode, Level
from chat_app.engine.position import Outcome, Position, advance, begin
from chat_app.engine.pure import run_pure
from chat_app.engine.step import Place, execute
from chat_app.events.run import RouteTaken
from chat_app.workflow.edges import START

BREATH = 20
"""After so many nodes without a pause, others get their turn."""


def first(level: Level, initial: dict[str, Any], run: RunContext) -> Position:
    """The first round of a run; raises NodeFailed where a condition at START can't be judged."""
    try:
        start = begin(level, initial, {"state": initial})
    except StepProblem as problem:
        raise NodeFailed(START, problem.message, help=problem.help) from problem
    decision = start.decision
    run.emit(RouteTaken(START, decision.targets, decision.route, decision.condition))
    return start.position


async def stretch(
    level: Level, position: Position, run: RunContext, *, before: Container[str], begun: bool = False
) -> Position:
    """Runs node after node while one follows another; ends before any of `before`, where they end or part.

    What costs or acts is saved before the next begins. `begun`: the first node is run whatever it is. Raises
    NodeFailed, LimitHit, and Waiting where a person must answer before a node can end.
    """
    ran, saved = 0, True
    while len(position["round"]) == 1:
        position, pure = run_pure(level, position, run, BREATH)
        if pure:
            ran, saved = ran + pure, False
            # Pure nodes never wait for anything: without this a long loop of them could not be stopped.
            await asyncio.sleep(0)
            continue
        node = level.nodes[position["round"][0]]
        if node.id in before and (ran or not begun):
            break
        if ran and run.saved and node.contains and not saved:
            await run.journal.save(position, whole=True)
        position = advance(level, position, [await outcome(level, node, position, run)])
        ran += 1
        saved = run.saved and not node.pure and len(position["round"]) < 2
        if saved:
            await run.journal.save(position, whole=node.contains)
        if ran % BREATH == 0:
            await asyncio.sleep(0)
    return position


async def outcome(level: Level, node: CompiledNode, position: Position, run: RunContext) -> Outcome:
    """What a node of the present round comes to; raises as `execute` does."""
    step_id = f"{node.id}#{position['ran'][node.id]}"
    beside = sum(position["ran"].values()) if len(position["round"]) > 1 else None
    at = Place(None, position["taken"], beside)
    return await execute(level, node, run, {"state": position["state"]}, step_id, at)
