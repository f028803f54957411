"""How far a run came by its record, where that tells more than the position saved last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chat_app.engine.errors import StepProblem
from chat_app.engine.level import Level
from chat_app.engine.position import Outcome, Position, advance, begin
from chat_app.events.run import Recorded, RouteTaken, RunStarted, StepFailed, StepFinished, StepId, StepStarted

Outcomes = Mapping[StepId, Outcome]
NOTHING_TOLD: Outcomes = {}


def outcomes(entries: Iterable[Recorded]) -> dict[StepId, Outcome]:
    """What the workflow's own steps came to in the last stretch that the events tell of."""
    found: dict[StepId, Outcome] = {}
    ended: dict[str, tuple[StepId, dict[str, Any]]] = {}
    for entry in entries:
        match entry.event:
            case RunStarted():
                # What was told before is in the position that this stretch began with, or was not to stand.
                found, ended = {}, {}
            case StepStarted(node=node, parent=None):
                ended.pop(node, None)
            case StepFinished(step=step, node=node, writes=writes) if "/" not in step:
                ended[node] = step, writes
            case StepFailed(step=step, node=node, continues=True) if "/" not in step:
                ended[node] = step, {}
            case RouteTaken(source=source, targets=targets, counted=counted, parent=None) if source in ended:
                step, writes = ended.pop(source)
                found[step] = Outcome(node=source, writes=writes, targets=list(targets), key=counted)
    return found


def followed(level: Level, position: Position, told: Outcomes) -> Position:
    """The last position that the run would have saved, of those that the outcomes lead to from this one.

    It ends where several nodes run side by side and before a node that runs others: those positions are saved.
    """
    last = position
    if told and not position["ran"]:
        try:
            position = begin(level, position["state"], {"state": position["state"]}).position
        except StepProblem:
            # As it failed before anything could run, it will again.
            return last
    while len(position["round"]) == 1:
        (name,) = position["round"]
        node = level.nodes[name]
        outcome = told.get(f"{name}#{position['ran'][name]}")
        if outcome is None or node.contains:
            break
        position = advance(level, position, [outcome])
        if not node.pure and len(position["round"]) < 2:
            last = position
    return last
