"""A run without models: routes are chosen at random, and what is read is compared with what was written.

The meaning of joins is told here a second time and in the plainest way: a node runs when a branch has arrived
and no other branch that is still on its way can come to it without going round a loop.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from random import Random

from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import END, START
from chat_app.workflow.graph import Flow, flow_of
from chat_app.workflow.reads import names_needed
from chat_app.workflow.values import starts_set

Unset = tuple[str, str]
"""A node and a field that it read before it was set."""


@dataclass
class Run:
    """What one run showed."""

    unset: set[Unset] = field(default_factory=set)
    at_once: set[frozenset[str]] = field(default_factory=set)
    """Pairs of nodes that were ready to run at the same time."""


def simulate(workflow: Workflow, rng: Random) -> Run:
    """One run: every condition falls at random, and of what is ready any may run next."""
    flow = flow_of(workflow)
    known = set(workflow.inputs) | {name for name, kind in workflow.state.items() if starts_set(kind)}
    run = Run()
    taken: dict[tuple[str, int], int] = {}
    arrived = _go(flow, START, rng, taken)
    below = _below(flow)
    for _ in range(2_000):
        waiting = [name for name in dict.fromkeys(arrived) if name != END]
        ready = [name for name in waiting if not any(other != name and name in below[other] for other in waiting)]
        if not ready:
            return run
        run.at_once |= {frozenset(pair) for pair in combinations(ready, 2)}
        name = rng.choice(ready)
        arrived = [other for other in arrived if other != name]
        written = _run(flow, name, known, run.unset)
        known |= written
        arrived += _go(flow, name, rng, taken)
    raise AssertionError("the run does not end")


def _run(flow: Flow, name: str, known: set[str], missed: set[Unset]) -> set[str]:
    node = flow.by_id[name]
    parts = [node, *(flow.by_id[subtask] for subtask in flow.subtasks(name))]
    written: set[str] = set()
    for part in parts:
        for read in names_needed(part):
            if read.startswith("state.") and read.removeprefix("state.") not in known:
                missed.add((part.id, read.removeprefix("state.")))
        written |= set(part.writes)
    return written


def _go(flow: Flow, source: str, rng: Random, taken: dict[tuple[str, int], int]) -> list[str]:
    for way in flow.ways(source):
        key = (source, way.index)
        if way.max_times is not None and taken.get(key, 0) >= way.max_times:
            continue
        if way.condition is not None and rng.random() < 0.5:
            continue
        taken[key] = taken.get(key, 0) + 1
        return list(way.targets)
    return []


def _below(flow: Flow) -> dict[str, set[str]]:
    back = flow.back_edges
    below: dict[str, set[str]] = {}
    for name in reversed(flow.order):
        below[name] = set()
        for after in flow.successors.get(name, ()):
            if (name, after) not in back:
                below[name] |= {after} | below.get(after, set())
    return below
