"""Two runs beside each other: what came in, what each step did, which ways were taken, what came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chat_app.events.run import (
    LimitReached,
    Recorded,
    RouteTaken,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    RunWaiting,
    StepFailed,
    StepFinished,
    StepSkipped,
    StepStarted,
    UsageReported,
)
from chat_app.events.totals import Totals

NOT_THERE = object()
"""Stands for a value that one side does not have."""


@dataclass(frozen=True, slots=True)
class StepStory:
    """What a step came to in the end."""

    node: str
    state: str = "not done"
    writes: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    seconds: float = 0.0


@dataclass
class Story:
    """A run as far as comparing it needs."""

    workflow: str = ""
    text: str = ""
    model: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    state: str = "running"
    message: str = ""
    outputs: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, StepStory] = field(default_factory=dict)
    routes: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    """By source, in all its stretches: where each time it led."""
    totals: Totals = field(default_factory=Totals)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same; a side that lacks it holds NOT_THERE."""

    where: str
    before: Any
    after: Any


def story(entries: Iterable[Recorded]) -> Story:
    """A run from its events."""
    found = Story()
    for entry in entries:
        event = entry.event
        match event:
            case RunStarted():
                _start(found, event)
            case StepStarted(step=step, node=node):
                found.steps[step] = StepStory(node)
            case StepFinished(step=step, node=node):
                found.steps[step] = StepStory(node, "finished", event.writes, "", event.seconds)
            case StepFailed(step=step, node=node, message=message):
                found.steps[step] = StepStory(node, "failed", {}, message)
            case StepSkipped(step=step, node=node, reason=reason):
                found.steps[step] = StepStory(node, "skipped", {}, reason)
            case RouteTaken(source=source, targets=targets, parent=parent):
                found.routes.setdefault(f"{parent}/{source}" if parent else source, []).append(targets)
            case UsageReported():
                found.totals = found.totals.plus(event)
            case RunFinished(outputs=outputs):
                found.state, found.outputs = "finished", outputs
            case RunFailed(message=message) | LimitReached(message=message):
                found.state, found.message = "failed" if isinstance(event, RunFailed) else "limit", message
            case RunStopped(reason=reason):
                found.state, found.message = "stopped", reason
            case RunWaiting():
                found.state = "waiting"
            case _:
                pass
    return found


def differences(before: Story, after: Story) -> list[Difference]:
    """What is not the same, in the order of a run: what went in, what was done, what came out."""
    found = [
        *_of_values("workflow", {"": before.workflow}, {"": after.workflow}),
        *_of_values("model", {"": before.model}, {"": after.model}),
        *_of_values("input", before.inputs, after.inputs),
    ]
    for step in dict.fromkeys([*before.steps, *after.steps]):
        found += _of_step(step, before.steps.get(step), after.steps.get(step))
    for source in dict.fromkeys([*before.routes, *after.routes]):
        found += _of_values("way", {source: before.routes.get(source)}, {source: after.routes.get(source)})
    return [
        *found,
        *_of_values("end", {"": (before.state, before.message)}, {"": (after.state, after.message)}),
        *_of_values("output", before.outputs, after.outputs),
    ]


def _start(found: Story, event: RunStarted) -> None:
    found.workflow, found.model = event.workflow, event.model
    if event.text:
        found.text = event.text
    if not event.resumed:
        found.inputs = dict(event.inputs)
    found.state = "running"


def _of_step(step: str, before: StepStory | None, after: StepStory | None) -> list[Difference]:
    if before is None or after is None:
        return [Difference(f"step {step}", *(NOT_THERE if one is None else one.state for one in (before, after)))]
    if (before.state, before.message) != (after.state, after.message):
        told = [": ".join(filter(None, (one.state, one.message))) for one in (before, after)]
        return [Difference(f"step {step}", *told)]
    return _of_values(f"step {step}", before.writes, after.writes)


def _of_values(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    names = dict.fromkeys([*before, *after])
    pairs = [(name, before.get(name, NOT_THERE), after.get(name, NOT_THERE)) for name in names]
    return [Difference(f"{what} {name}".strip(), old, new) for name, old, new in pairs if old != new]
