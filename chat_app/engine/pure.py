"""Straight runs of pure nodes, in one go: nothing between them is awaited, saved or made anew for each.

What each of them tells is told one by one, as `execute` tells it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from chat_app.engine.context import RunContext
from chat_app.engine.errors import StepProblem
from chat_app.engine.level import AtOnce, CompiledNode, Decision, Level, Step
from chat_app.engine.position import Position
from chat_app.engine.step import after_failure, checked
from chat_app.events.run import RouteTaken, StepFinished, StepId, StepStarted
from chat_app.workflow.edges import END


def run_pure(level: Level, position: Position, run: RunContext, most: int) -> tuple[Position, int]:
    """Runs at most so many nodes, from the position's only one on; says where that led, and how many ran.

    It ends before a node that is not pure, before one whose result is given, and where ways part.
    """
    (current,) = position["round"]
    pure, state = level.pure, position["state"]
    if position["waiting"] or run.reuse is not None or current not in pure:
        return position, 0
    # Copied once, then written to in place: nobody else holds these before the end.
    names: dict[str, Any] = {"state": dict(state)}
    ran, taken = dict(position["ran"]), position["taken"]
    running: Sequence[str] = (current,)
    held: list[str] = []
    made = 0
    while made < most:
        work = pure.get(current)
        if work is None or run.inside + current in run.given:
            break
        decision = _one(level, level.nodes[current], work, run, names, f"{current}#{ran[current]}", taken)
        made += 1
        if decision.key is not None:
            taken = {**taken, decision.key: taken.get(decision.key, 0) + 1}
        running = [target for target in decision.targets if target != END]
        if len(running) > 1:
            running, held = level.release(set(running))
        for target in running:
            ran[target] = ran.get(target, 0) + 1
        if len(running) != 1:
            break
        current = running[0]
    return Position(state=names["state"], round=list(running), waiting=held, ran=ran, taken=taken), made


def _one(
    level: Level,
    node: CompiledNode,
    work: AtOnce,
    run: RunContext,
    names: dict[str, Any],
    step_id: StepId,
    taken: Mapping[str, int],
) -> Decision:
    """Runs one node, writes what it comes to into the state among `names`, and says where it leads."""
    name, emit = run.inside + node.id, run.emit
    run.meter.step()
    emit(StepStarted(step_id, name, node.kind))
    began = time.perf_counter()
    try:
        writes = checked(node, names["state"], work(names, name))
        decision = level.certain.get(node.id)
        if decision is None:
            after = {**names["state"], **writes}
            decision = level.decide(node.id, {"state": after}, taken)
            names["state"] = after
        else:
            names["state"].update(writes)
    except StepProblem as problem:
        decision = after_failure(level, Step(step_id, name, node, run, names), problem, taken)
    else:
        emit(StepFinished(step_id, name, writes, time.perf_counter() - began))
    emit(RouteTaken(name, run.named(decision.targets), decision.route, decision.condition, None, decision.key))
    return decision
