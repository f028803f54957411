"""Where a run of a level stands: its state, who runs now, who waits, what was counted. Plain data.

A run goes in rounds: all nodes that may run now run side by side on the same state, then their
writes are joined in file order, then the join rule says who runs next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from chat_app.engine.level import Decision, Level
from chat_app.workflow.edges import END, START


class Position(TypedDict):
    """Stored in checkpoints as it is."""

    state: dict[str, Any]
    round: list[str]
    """The nodes that run now."""
    waiting: list[str]
    """The nodes that are held back."""
    ran: dict[str, int]
    """How often each node has been started."""
    taken: dict[str, int]
    """How often each counted way was taken."""


def steps_ended(position: Position) -> int:
    """How many nodes have come to their end up to here: of two positions of a run, the later has more."""
    return sum(position["ran"].values()) - len(position["round"])


class Outcome(TypedDict):
    """What a node that ran came to."""

    node: str
    writes: dict[str, Any]
    targets: Sequence[str]
    key: str | None


@dataclass(frozen=True, slots=True)
class Start:
    """The first position of a level, and the decision that led to it."""

    position: Position
    decision: Decision


def begin(level: Level, state: Mapping[str, Any], names: Mapping[str, Any]) -> Start:
    """Where a level starts; `names` are what conditions at START may read."""
    decision = level.decide(START, names, {})
    taken = {} if decision.key is None else {decision.key: 1}
    running, waiting = level.release({target for target in decision.targets if target != END})
    position = Position(state=dict(state), round=running, waiting=waiting, ran=dict.fromkeys(running, 1), taken=taken)
    return Start(position, decision)


def advance(level: Level, position: Position, outcomes: Sequence[Outcome]) -> Position:
    """The next position, once every node of the round has come to an outcome."""
    state, taken, ran = position["state"], position["taken"], position["ran"]
    held = position["waiting"]
    running: list[str] = []
    if len(outcomes) > 1:
        outcomes = sorted(outcomes, key=lambda one: level.nodes[one["node"]].order)
    for outcome in outcomes:
        if outcome["writes"]:
            state = level.after(state, outcome["writes"])
        if outcome["key"] is not None:
            taken = {**taken, outcome["key"]: taken.get(outcome["key"], 0) + 1}
        running += [target for target in outcome["targets"] if target != END]
    if held or len(running) > 1:
        running, held = level.release({*held, *running})
    ran = {**ran, **{node: ran.get(node, 0) + 1 for node in running}}
    return Position(state=state, round=running, waiting=held, ran=ran, taken=taken)
