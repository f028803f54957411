"""What is seen of a run: a fold over its events, without any drawing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, assert_never

from chat_app.events.run import (
    Answered,
    CheckpointSaved,
    ItemProgress,
    LimitReached,
    Logged,
    ModelAnswered,
    ModelAsked,
    Question,
    Recorded,
    RouteTaken,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    RunWaiting,
    StepFailed,
    StepFinished,
    StepId,
    StepRetried,
    StepSkipped,
    StepStarted,
    Token,
    ToolCalled,
    UsageReported,
)
from chat_app.events.totals import Totals
from chat_app.translation import tr

RunStatus = Literal["starting", "running", "done", "failed", "stopped", "waiting", "limit"]
StepStatus = Literal["running", "done", "failed", "skipped", "waiting", "stopped"]


NOTHING_USED = Totals()


@dataclass(slots=True)
class StepView:
    """One execution of a node."""

    step: StepId
    node: str
    kind: str
    parent: StepId | None
    status: StepStatus = "running"
    pieces: list[str] = field(default_factory=list)
    writes: dict[str, Any] = field(default_factory=dict)
    started_at: float | None = None
    started_offset: int = 0
    finished_offset: int | None = None
    seconds: float | None = None
    simulated: bool = False
    model: str | None = None
    usage: Totals = NOTHING_USED
    asked: ModelAsked | None = None
    """What a model was asked last."""
    tools: list[ToolCalled] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    message: str = ""
    help: str = ""
    continues: bool = False
    progress: ItemProgress | None = None

    @property
    def text(self) -> str:
        """What the model has streamed so far."""
        return "".join(self.pieces)


@dataclass
class RunView:
    """All that the page shows of one run."""

    run_id: str = ""
    status: RunStatus = "starting"
    workflow: str = ""
    text_sha256: str = ""
    """Of the text that runs: only its own graph shows the run."""
    model: str = ""
    simulated: bool = False
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    steps: dict[StepId, StepView] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    routes: list[RouteTaken] = field(default_factory=list)
    log: list[Logged] = field(default_factory=list)
    message: str = ""
    help: str = ""
    seconds: float | None = None
    usage: Totals = field(default_factory=Totals)
    next_offset: int = 0
    started_at: float | None = None
    last_at: float | None = None
    changed: set[StepId] = field(default_factory=set)
    """The steps touched since the drawing last looked."""

    @property
    def at_rest(self) -> bool:
        """Whether no more events come by themselves."""
        return self.status not in ("starting", "running")

    def fold(self, entry: Recorded) -> None:
        """Takes one event in; one that was seen before changes nothing."""
        if entry.offset < self.next_offset:
            return
        self.next_offset = entry.offset + 1
        self.started_at = self.started_at if self.started_at is not None else entry.at
        self.last_at = entry.at
        _fold(self, entry)

    def rest(self, status: RunStatus) -> None:
        """Puts a run to rest whose ending was not seen."""
        self.status = status
        _settle(self)

    def node_status(self, now: float | None = None) -> dict[str, dict[str, str]]:
        """For each node that was touched: its status and a short note, for the graph; `now` times what runs."""
        seen: dict[str, list[StepView]] = {}
        for step in self.steps.values():
            seen.setdefault(step.node, []).append(step)
        return {
            node: {"status": _joint_status(steps), "note": _note(steps, now), "cost": _cost(steps)}
            for node, steps in seen.items()
        }


def _fold(view: RunView, entry: Recorded) -> None:
    """What comes most often stands first: a page may watch many runs."""
    event: RunEvent = entry.event
    match event:
        case RouteTaken():
            view.routes.append(event)
        case CheckpointSaved() | Answered():
            return
        case StepStarted():
            view.status = "running"
            view.steps[event.step] = StepView(
                event.step,
                event.node,
                event.kind,
                event.parent,
                started_at=entry.at,
                started_offset=entry.offset,
            )
            view.changed.add(event.step)
        case (
            StepFinished()
            | StepFailed()
            | StepRetried()
            | StepSkipped()
            | Token()
            | ModelAsked()
            | ModelAnswered()
            | ToolCalled()
            | ItemProgress()
            | UsageReported()
        ):
            _fold_step(view, event, entry.offset)
        case RunStarted() | RunFinished() | RunFailed() | RunStopped() | RunWaiting() | LimitReached():
            _fold_run(view, event)
        case Logged():
            view.log.append(event)
        case _:
            assert_never(event)


def _fold_run(
    view: RunView, event: RunStarted | RunFinished | RunFailed | RunStopped | RunWaiting | LimitReached
) -> None:
    match event:
        case RunStarted():
            view.status, view.workflow, view.model = "running", event.workflow, event.model
            view.simulated, view.inputs, view.text_sha256 = event.simulated, event.inputs, event.text_sha256
            view.questions, view.message, view.help = (), "", ""
        case RunFinished():
            view.status, view.outputs, view.seconds = "done", event.outputs, event.seconds
        case RunFailed():
            view.status, view.message, view.help = "failed", event.message, event.help
        case RunStopped():
            view.status, view.message = "stopped", event.reason
        case RunWaiting():
            view.status, view.questions = "waiting", event.questions
            _wait(view, {question.step for question in event.questions})
            return
        case LimitReached():
            view.status, view.message = "limit", event.message
        case _:
            assert_never(event)
    if view.at_rest:
        _settle(view)


def _wait(view: RunView, asking: set[StepId]) -> None:
    for step in view.steps.values():
        if step.step in asking:
            step.status = "waiting"
            view.changed.add(step.step)


def _settle(view: RunView) -> None:
    """A run at rest has no running steps, whatever was lost on the way."""
    for step in view.steps.values():
        if step.status in ("running", "waiting"):
            step.status = "done" if view.status == "done" else "stopped"
            view.changed.add(step.step)


def _fold_step(
    view: RunView,
    event: StepFinished
    | StepFailed
    | StepRetried
    | StepSkipped
    | Token
    | ModelAsked
    | ModelAnswered
    | ToolCalled
    | ItemProgress
    | UsageReported,
    offset: int,
) -> None:
    step = view.steps.get(event.step)
    if step is None:
        step = view.steps[event.step] = StepView(event.step, event.node, "", None)
    view.changed.add(event.step)
    match event:
        case Token():
            step.pieces.append(event.text)
        case StepFinished():
            step.status, step.writes, step.seconds = "done", event.writes, event.seconds
            step.simulated = step.simulated or event.simulated
            step.finished_offset = offset
        case StepFailed():
            step.status, step.message, step.help = "failed", event.message, event.help
            step.continues = event.continues
        case StepRetried():
            step.pieces.clear()
            step.notes.append(_retry_words(event))
        case StepSkipped():
            step.status, step.message = "skipped", event.reason
        case ModelAsked():
            step.model, step.asked = event.model, event
        case ModelAnswered():
            step.model = event.model
        case ToolCalled():
            step.tools.append(event)
        case ItemProgress():
            step.progress = event
        case UsageReported():
            step.model, step.simulated = event.model, step.simulated or event.simulated
            step.usage = step.usage.plus(event)
            view.usage = view.usage.plus(event)
        case _:
            assert_never(event)


def _retry_words(event: StepRetried) -> str:
    wait = f"{event.wait_seconds:g}"
    return tr(
        "Try {number}: {message} Next try in {seconds} s.", number=event.attempt, message=event.message, seconds=wait
    )


_WEIGHT: dict[StepStatus, int] = {"failed": 4, "waiting": 3, "running": 2, "done": 1, "stopped": 1, "skipped": 0}


def _joint_status(steps: list[StepView]) -> str:
    """Of a node that ran several times: what is going on now, else the last outcome."""
    busy = [step for step in steps if step.status in ("running", "waiting")]
    if busy:
        return max(busy, key=lambda step: _WEIGHT[step.status]).status
    if any(step.parent for step in steps):
        return max(steps, key=lambda step: _WEIGHT[step.status]).status
    return steps[-1].status


def _note(steps: list[StepView], now: float | None) -> str:
    """What stands in a node: how far it is, how often it ran, how long, how many tokens it used."""
    last = steps[-1]
    parts = []
    if last.progress is not None:
        parts.append(f"{last.progress.done}/{last.progress.total}")
    seconds = [found for step in steps if (found := _lasted(step, now)) is not None]
    if last.progress is None and (seconds or len(steps) > 1):
        times = f"{len(steps)}× " if len(steps) > 1 else ""
        parts.append(times + (f"{sum(seconds):.1f} s" if seconds else ""))
    usages = [step.usage for step in steps if step.usage.calls]
    tokens = [
        one.tokens_in + one.tokens_out for one in usages if one.tokens_in is not None and one.tokens_out is not None
    ]
    if sum(tokens):
        parts.append(tr("{count} tok", count=short_number(sum(tokens))))
    return " · ".join(part.strip() for part in parts if part.strip())


def _cost(steps: list[StepView]) -> str:
    """What a node has cost so far; empty where nothing is known to be charged."""
    cost = sum(step.usage.cost_usd or 0.0 for step in steps)
    return "" if not cost else f"${cost:.2g}" if cost < 1 else f"${cost:.2f}"


def _lasted(step: StepView, now: float | None) -> float | None:
    if step.seconds is not None:
        return step.seconds
    if step.status == "running" and now is not None and step.started_at is not None:
        return max(0.0, now - step.started_at)
    return None


def short_number(number: int) -> str:
    """A count in few letters: 950, 1.2k, 34k."""
    if number < 1_000:
        return str(number)
    return f"{number / 1_000:.1f}k" if number < 10_000 else f"{number / 1_000:.0f}k"
