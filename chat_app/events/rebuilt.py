"""A run from its events alone: what its state is, how far each node came, which ways were taken, what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from chat_app.events.run import (
    Place,
    Recorded,
    RouteTaken,
    RunStarted,
    StepFailed,
    StepFinished,
    StepId,
    StepSkipped,
    StepStarted,
    UsageReported,
)
from chat_app.events.totals import Totals
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import START
from chat_app.workflow.reduce import reduced
from chat_app.workflow.source import read
from chat_app.workflow.values import initial_state

NodeState = Literal["running", "finished", "failed", "skipped"]


class NotTold(ValueError):
    """The events do not begin with the run's start, or are of a time when it did not tell the workflow's text."""


@dataclass(frozen=True, slots=True)
class _Done:
    group: int
    order: int
    writes: dict[str, Any]


@dataclass
class Rebuilt:
    """What the events told so far; give it the entries in their order."""

    workflow: Workflow | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, NodeState] = field(default_factory=dict)
    """How far each node came that was reached, by its name in the whole run."""
    ran: Counter[str] = field(default_factory=Counter)
    """How often each node ran; a step that was cut off and begun again counts once."""
    totals: Totals = field(default_factory=Totals)
    _base: dict[str, Any] | None = None
    """The state that a resumed stretch went on from."""
    _groups: dict[StepId, int] = field(default_factory=dict)
    _done: dict[StepId, _Done] = field(default_factory=dict)
    _round: tuple[int, int | None] = (0, None)
    _started: set[StepId] = field(default_factory=set)
    _ended: dict[str, StepId] = field(default_factory=dict)
    """The step of each node that ended last: what is told then of ways out is its."""
    _ways: dict[StepId, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    """Where each step led."""

    def add(self, entry: Recorded) -> None:
        """Takes in one more event."""
        match entry.event:
            case RunStarted() as started:
                self._ended[START] = START
                self._begin(started)
            case StepStarted() as started:
                self._start(started)
            case StepFinished(step=step, node=node, writes=writes):
                self.nodes[node] = "finished"
                self._ended[node] = step
                if "/" not in step:
                    # A person's step began before the stretch in which it ends. One that was in flight at a kill
                    # ends twice: the later result is the one that counts.
                    group = self._groups.setdefault(step, self._round[0])
                    self._done[step] = _Done(group, self._order(node), writes)
            case StepFailed(step=step, node=node):
                self.nodes[node] = "failed"
                self._ended[node] = step
            case StepSkipped(node=node):
                self.nodes[node] = "skipped"
            case RouteTaken(source=source, targets=targets, parent=parent):
                # The way into the body of an item follows no step.
                ended = self._ended.get(source) if parent is None or source != START else None
                self._ways[ended or f"{source} {len(self._ways)}"] = source, targets
            case UsageReported() as usage:
                self.totals = self.totals.plus(usage)
            case _:
                pass

    @property
    def state(self) -> dict[str, Any]:
        """The workflow's own state after all that was told."""
        if self.workflow is None:
            raise NotTold("The run's first event is not among these, or does not tell the workflow's text.")
        fields = {**self.workflow.inputs, **self.workflow.state}
        first = {**initial_state(self.workflow.state), **initial_state(self.workflow.inputs), **self.inputs}
        state = first if self._base is None else self._base
        for done in sorted(self._done.values(), key=lambda one: (one.group, one.order)):
            state = reduced(state, fields, done.writes)
        return state

    @property
    def taken(self) -> Counter[tuple[str, str]]:
        """How often each edge was gone along, by its two ends."""
        return Counter((source, target) for source, targets in self._ways.values() for target in targets)

    def _begin(self, started: RunStarted) -> None:
        self.inputs = dict(started.inputs)
        if started.text:
            self.workflow = Workflow.model_validate(read(started.text).data)
        if started.place is not None:
            self._go_on(started.place)

    def _go_on(self, place: Place) -> None:
        """What was told before is known to be in the state, or in what was done of the present round."""
        group, number = self._round[0] + 1, sum(place.ran.values())
        self._base, self._round = place.state, (group, number)
        self._groups.clear()
        self._done.clear()
        for node, times in place.ran.items():
            self.nodes.setdefault(node, "finished")
            self.ran[node] = max(self.ran[node], times)
        for step, writes in place.done.items():
            node = step.partition("#")[0]
            self._groups[step] = group
            self._done[step] = _Done(group, self._order(node), writes)

    def _start(self, started: StepStarted) -> None:
        self.nodes[started.node] = "running"
        count = _count(started.step)
        self.ran[started.node] = max(self.ran[started.node], count or self.ran[started.node] + 1)
        if started.parent is not None or started.step in self._groups:
            return
        group, number = self._round
        if started.round is None or started.round != number:
            group += 1
        self._round = group, started.round
        self._groups[started.step] = group

    def _order(self, node: str) -> int:
        ids = [] if self.workflow is None else [one.id for one in self.workflow.nodes]
        return ids.index(node) if node in ids else 0


def _count(step: StepId) -> int:
    """How often the node of a step of the workflow itself has run; 0 inside of maps, groups and files."""
    return 0 if "/" in step else int(step.rpartition("#")[2])


def rebuilt(entries: Iterable[Recorded]) -> Rebuilt:
    """A run from its recorded events, those of all its stretches."""
    run = Rebuilt()
    for entry in entries:
        run.add(entry)
    return run
