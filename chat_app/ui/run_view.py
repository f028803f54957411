"""What is seen of a run: a fold over its events, without any drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

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
NO_WRITES: Mapping[str, Any] = {}


@dataclass(slots=True)
class StepView:
    """One execution of a node."""

    step: StepId
    node: str
    kind: str
    parent: StepId | None
    status: StepStatus = "running"
    pieces: Sequence[str] = ()
    """Of the text; a list from the first on, as most steps have none."""
    writes: Mapping[str, Any] = field(default_factory=lambda: NO_WRITES)
    started_at: float | None = None
    started_offset: int = 0
    finished_offset: int | None = None
    seconds: float | None = None
    simulated: bool = False
    model: str | None = None
    usage: Totals = NOTHING_USED
    asked: ModelAsked | None = None
    """What a model was asked last."""
    tools: tuple[ToolCalled, ...] = ()
    notes: tuple[str, ...] = ()
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
    next_offset: int = 0
    started_at: float | None = None
    last_at: float | None = None
    changed: set[StepId] = field(default_factory=set)
    """The steps touched since the drawing last looked."""
    _usage: Totals = NOTHING_USED
    _used: list[UsageReported] = field(default_factory=list)
    """What is not yet in the sum."""

    @property
    def at_rest(self) -> bool:
        """Whether no more events come by themselves."""
        return self.status not in ("starting", "running")

    def fold(self, entries: Sequence[Recorded]) -> None:
        """Takes events in, as they follow each other; those that were seen before change nothing."""
        seen = self.next_offset - entries[0].offset if entries else 0
        news = entries[seen:] if seen > 0 else entries
        if not news:
            return
        if self.started_at is None:
            self.started_at = news[0].at
        self.next_offset, self.last_at = news[-1].offset + 1, news[-1].at
        for entry in news:
            event = entry.event
            change = FOLDS[type(event)]
            if change is not None:
                change(self, event, entry)

    @property
    def usage(self) -> Totals:
        """What its models have used so far."""
        if self._used:
            # Summed for who looks: that is less often than models answer.
            self._usage = self._usage.plus(*self._used)
            self._used.clear()
        return self._usage

    def touched(self, step: StepId, node: str) -> StepView:
        """A step of which something is told, also where it is not known how it began."""
        self.changed.add(step)
        found = self.steps.get(step)
        if found is None:
            found = self.steps[step] = StepView(step, node, "", None)
        return found

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


def _routed(view: RunView, event: RouteTaken, entry: Recorded) -> None:
    view.routes.append(event)


def _logged(view: RunView, event: Logged, entry: Recorded) -> None:
    view.log.append(event)


def _run_started(view: RunView, event: RunStarted, entry: Recorded) -> None:
    view.status, view.workflow, view.model = "running", event.workflow, event.model
    view.simulated, view.inputs, view.text_sha256 = event.simulated, event.inputs, event.text_sha256
    view.questions, view.message, view.help = (), "", ""


def _run_finished(view: RunView, event: RunFinished, entry: Recorded) -> None:
    view.outputs, view.seconds = event.outputs, event.seconds
    view.rest("done")


def _run_failed(view: RunView, event: RunFailed, entry: Recorded) -> None:
    view.message, view.help = event.message, event.help
    view.rest("failed")


def _run_stopped(view: RunView, event: RunStopped, entry: Recorded) -> None:
    view.message = event.reason
    view.rest("stopped")


def _limit_reached(view: RunView, event: LimitReached, entry: Recorded) -> None:
    view.message = event.message
    view.rest("limit")


def _run_waits(view: RunView, event: RunWaiting, entry: Recorded) -> None:
    view.status, view.questions = "waiting", event.questions
    asking = {question.step for question in event.questions}
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


def _step_started(view: RunView, event: StepStarted, entry: Recorded) -> None:
    view.status = "running"
    made = StepView(event.step, event.node, event.kind, event.parent)
    made.started_at, made.started_offset = entry.at, entry.offset
    view.steps[event.step] = made
    view.changed.add(event.step)


def _token(view: RunView, event: Token, entry: Recorded) -> None:
    step = view.touched(event.step, event.node)
    if isinstance(step.pieces, list):
        step.pieces.append(event.text)
    else:
        step.pieces = [event.text]


def _step_finished(view: RunView, event: StepFinished, entry: Recorded) -> None:
    step = view.touched(event.step, event.node)
    step.status, step.writes, step.seconds = "done", event.writes, event.seconds
    step.simulated = step.simulated or event.simulated
    step.finished_offset = entry.offset


def _step_failed(view: RunView, event: StepFailed, entry: Recorded) -> None:
    step = view.touched(event.step, event.node)
    step.status, step.message, step.help = "failed", event.message, event.help
    step.continues = event.continues


def _step_retried(view: RunView, event: StepRetried, entry: Recorded) -> None:
    step = view.touched(event.step, event.node)
    step.pieces = ()
    step.notes = (*step.notes, _retry_words(event))


def _step_skipped(view: RunView, event: StepSkipped, entry: Recorded) -> None:
    step = view.touched(event.step, event.node)
    step.status, step.message = "skipped", event.reason


def _model_asked(view: RunView, event: ModelAsked, entry: Recorded) -> None:
    step = view.touched(event.step, event.node)
    step.model, step.asked = event.model, event


def _tool_called(view: RunView, event: ToolCalled, entry: Recorded) -> None:
    step = view.touched(event.step, event.node)
    step.tools = (*step.tools, event)


def _item_progress(view: RunView, event: ItemProgress, entry: Recorded) -> None:
    view.touched(event.step, event.node).progress = event


def _used(view: RunView, event: UsageReported, entry: Recorded) -> None:
    step = view.touched(event.step, event.node)
    step.model, step.simulated = event.model, step.simulated or event.simulated
    step.usage = step.usage.plus(event)
    view._used.append(event)


FOLDS: dict[type[Any], Callable[[RunView, Any, Recorded], None] | None] = {
    RunStarted: _run_started,
    RunFinished: _run_finished,
    RunFailed: _run_failed,
    RunStopped: _run_stopped,
    RunWaiting: _run_waits,
    LimitReached: _limit_reached,
    StepStarted: _step_started,
    StepFinished: _step_finished,
    StepFailed: _step_failed,
    StepRetried: _step_retried,
    StepSkipped: _step_skipped,
    RouteTaken: _routed,
    Token: _token,
    ModelAsked: _model_asked,
    ModelAnswered: None,
    ToolCalled: _tool_called,
    Answered: None,
    ItemProgress: _item_progress,
    UsageReported: _used,
    CheckpointSaved: None,
    Logged: _logged,
}
"""What each kind of event changes; None: what it tells, another event has told, or it shows nowhere.

Looked up, as a page may watch many runs: to ask of an event kind by kind what it is takes longer than all else that
is done with it.
"""


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
