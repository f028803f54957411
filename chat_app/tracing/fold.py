"""A run's rows as a fold over its events: the events alone rebuild them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat_app.events.run import (
    LimitReached,
    Recorded,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    RunWaiting,
    StepFailed,
    StepFinished,
    StepRetried,
    StepSkipped,
    StepStarted,
    UsageReported,
)
from chat_app.events.value import replace
from chat_app.tracing.run_row import StoredRun, after, plain_text
from chat_app.tracing.step_row import StepState, StoredFile, StoredStep, StoredUsage, files_in, may_hold_files

OPEN = ("running", "waiting")
"""The states of steps that more events may tell of."""


@dataclass
class RunFold:
    """A run and its open steps, and the rows that the last events changed or made."""

    run: StoredRun
    open_steps: dict[str, StoredStep] = field(default_factory=dict)
    changed: dict[str, StoredStep] = field(default_factory=dict)
    usage: list[StoredUsage] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    """The texts that it runs, by path; its own workflow's under the empty one."""
    _done: int = 0
    _used: list[UsageReported] = field(default_factory=list)
    """What is counted while events are folded in."""

    def add(self, entries: Sequence[Recorded]) -> None:
        """Folds more events in; those seen before change nothing."""
        first = self.run.next_offset
        if not entries or entries[-1].offset < first:
            return
        for entry in entries:
            tell = _TELLING.get(type(entry.event))
            if tell is not None and entry.offset >= first:
                tell(self, entry.event, entry.offset, entry.at)
        used, self._used = self._used, []
        self.run = replace(
            self.run,
            next_offset=entries[-1].offset + 1,
            steps=self.run.steps + self._done,
            totals=self.run.totals.plus(*used),
        )
        self._done = 0

    def own(self, owner: str) -> None:
        """Says whose run it is; no event does."""
        self.run = replace(self.run, owner=owner)

    def take_rows(self) -> tuple[list[StoredStep], list[StoredUsage], list[StoredFile], dict[str, str]]:
        """The rows changed since they were taken last."""
        rows = list(self.changed.values()), self.usage, self.files, self.texts
        self.changed, self.usage, self.files, self.texts = {}, [], [], {}
        return rows

    def _run_started(self, event: RunStarted, place: int, at: float) -> None:
        self.run = after(self.run, event, at)
        if not event.resumed:
            self.texts |= {"": event.text, **event.files} if event.text else {}
            self.files += files_in(event.inputs, self.run.run_id, place, "input")

    def _run_ended(self, event: RunFinished | RunFailed | RunStopped | LimitReached, place: int, at: float) -> None:
        self.run = after(self.run, event, at)
        if isinstance(event, RunFinished):
            self.files += files_in(event.outputs, self.run.run_id, place, "output")
        self._rest("stopped", at)

    def _run_waits(self, event: RunWaiting, place: int, at: float) -> None:
        self.run = after(self.run, event, at)
        self._rest("waiting", at)

    def _step_started(self, event: StepStarted, place: int, at: float) -> None:
        run, step = self.run, event.step
        self.open_steps[step] = self.changed[step] = StoredStep(
            run.run_id, step, run.workflow, event.node, event.kind, event.parent, "running", at
        )

    def _step_finished(self, event: StepFinished, place: int, at: float) -> None:
        self._done += 1
        step, writes = event.step, event.writes
        known = self.open_steps.pop(step, None) or self._step(step, event.node, at)
        run_id, _, workflow, node, kind, parent, _, began, _, attempts, cause, _, _ = known
        self.changed[step] = StoredStep(
            run_id,
            step,
            workflow,
            node,
            kind,
            parent,
            "finished",
            began,
            event.seconds,
            attempts,
            cause,
            "",
            event.simulated,
        )
        if may_hold_files(writes):
            self.files += files_in(writes, run_id, place, "written", event.node)

    def _step_failed(self, event: StepFailed, place: int, at: float) -> None:
        state: StepState = "continued" if event.continues else "failed"
        self._close(event.step, event.node, state, at, plain_text(event.message), event.cause)

    def _step_skipped(self, event: StepSkipped, place: int, at: float) -> None:
        self._close(event.step, event.node, "skipped", at, plain_text(event.reason))

    def _step_retried(self, event: StepRetried, place: int, at: float) -> None:
        step = self._step(event.step, event.node, at)._replace(attempts=event.attempt + 1, cause=event.cause)
        self._put(step)

    def _model_used(self, event: UsageReported, place: int, at: float) -> None:
        self._used.append(event)
        run = self.run
        self.usage.append(
            StoredUsage(
                run.run_id,
                place,
                "run",
                at,
                run.workflow,
                event.step,
                event.node,
                event.model,
                event.tokens_in,
                event.tokens_out,
                0.0 if event.simulated else event.cost_usd,
                event.simulated,
            )
        )

    def _step(self, step: str, node: str, at: float) -> StoredStep:
        known = self.open_steps.get(step)
        return known or StoredStep(self.run.run_id, step, self.run.workflow, node, started_at=at)

    def _close(self, step: str, node: str, state: StepState, at: float, message: str, cause: str = "") -> None:
        known = self.open_steps.pop(step, None) or self._step(step, node, at)
        self.changed[step] = known._replace(
            state=state, seconds=max(at - known.started_at, 0.0), cause=cause or known.cause, message=message
        )

    def _rest(self, state: StepState, at: float) -> None:
        """The run is at rest: nothing more comes of what was open, but for what waits."""
        for known in list(self.open_steps.values()):
            took = None if state == "waiting" else max(at - known.started_at, 0.0)
            self._put(known._replace(state=state, seconds=took))

    def _put(self, step: StoredStep) -> None:
        self.changed[step.step] = step
        if step.state in OPEN:
            self.open_steps[step.step] = step
        else:
            self.open_steps.pop(step.step, None)


_TELLING: dict[type[Any], Callable[[RunFold, Any, int, float], None]] = {
    RunStarted: RunFold._run_started,
    RunFinished: RunFold._run_ended,
    RunFailed: RunFold._run_ended,
    RunStopped: RunFold._run_ended,
    LimitReached: RunFold._run_ended,
    RunWaiting: RunFold._run_waits,
    StepStarted: RunFold._step_started,
    StepFinished: RunFold._step_finished,
    StepFailed: RunFold._step_failed,
    StepSkipped: RunFold._step_skipped,
    StepRetried: RunFold._step_retried,
    UsageReported: RunFold._model_used,
}
"""The events that change a row, with what they change; most do not, and a record sees many."""
