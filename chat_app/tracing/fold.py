"""A run's rows as a fold over its events: the events alone rebuild them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, get_args

import msgspec

from chat_app.events.run import (
    LimitReached,
    Recorded,
    RunEvent,
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
from chat_app.tracing.step_row import Call, FinishedStep, StepState, StoredFile, StoredStep, files_in, may_hold_files

OPEN = ("running", "waiting")
"""The states of steps that more events may tell of."""


class Changes(msgspec.Struct):
    """What the last events changed or made."""

    place: int
    """Of the first of them."""
    steps: dict[str, StoredStep] = {}
    """Those that are not finished, as they stand now."""
    finished: dict[str, FinishedStep] = {}
    gone: list[str] = []
    """Finished steps that have a row of their own from before."""
    calls: list[Call] = []
    files: list[StoredFile] = []
    texts: dict[str, str] = {}
    """The texts that the run runs, by path; its own workflow's under the empty one."""


class RunFold:
    """A run and its open steps, and what the last events changed."""

    def __init__(self, run: StoredRun, unfinished: Collection[StoredStep] = ()) -> None:
        """`unfinished` are the steps that have rows of their own."""
        self.run = run
        self.goes_on = bool(run.next_offset)
        """Whether steps may be told of that were told of in what this fold has not seen."""
        self._open = {step.step: step for step in unfinished if step.state in OPEN}
        self._rows = {step.step for step in unfinished}
        self._begun: dict[str, Recorded] = {}
        """Steps that have begun since the changes were taken last: most of them end before they are taken again."""
        self._changes = Changes(run.next_offset)

    def add(self, entries: Sequence[Recorded]) -> set[type[Any]]:
        """Folds in the events that follow those folded in before; returns their kinds, as each is looked at."""
        kinds = set[type[Any]]()
        if not entries:
            return kinds
        seen, step_finished = kinds.add, self._step_finished
        begun, calls, used, finished = self._begun, self._changes.calls, list[UsageReported](), 0
        for entry in entries:
            event: Any = entry.event
            kind = type(event)
            seen(kind)
            # What there is most of is seen to here, as a call would take longer than what is done.
            if kind in _SILENT:
                continue
            if kind is StepStarted:
                begun[event.step] = entry
            elif kind is UsageReported:
                used.append(event)
                # A simulated call costs nothing, and that is known.
                told = event.tokens_in, event.tokens_out, 0.0 if event.simulated else event.cost_usd, event.simulated
                calls.append((entry.offset, entry.at, event.step, event.node, event.model, *told))
            elif kind is StepFinished:
                finished += 1
                step_finished(event, entry.offset, entry.at)
            else:
                _TELLING[kind](self, event, entry.offset, entry.at)
        self.run = replace(
            self.run,
            next_offset=entries[-1].offset + 1,
            steps=self.run.steps + finished,
            totals=self.run.totals.plus(*used),
        )
        return kinds

    def own(self, owner: str) -> None:
        """Says whose run it is; no event does."""
        self.run = replace(self.run, owner=owner)

    def take_changes(self) -> Changes:
        """What was changed since this was asked last."""
        for step in list(self._begun):
            self._put(self._known(step, "", 0.0))
        taken, self._changes = self._changes, Changes(self.run.next_offset)
        self._rows.update(taken.steps)
        return taken

    def _run_started(self, event: RunStarted, place: int, at: float) -> None:
        self.run = after(self.run, event, at)
        if event.resumed:
            self.goes_on = True
            return
        self._changes.texts |= {"": event.text, **event.files} if event.text else {}
        if may_hold_files(event.inputs):
            self._changes.files += files_in(event.inputs, self.run.run_id, place, "input")

    def _run_ended(self, event: RunFinished | RunFailed | RunStopped | LimitReached, place: int, at: float) -> None:
        self.run = after(self.run, event, at)
        if isinstance(event, RunFinished) and may_hold_files(event.outputs):
            self._changes.files += files_in(event.outputs, self.run.run_id, place, "output")
        self._rest("stopped", at)

    def _run_waits(self, event: RunWaiting, place: int, at: float) -> None:
        self.run = after(self.run, event, at)
        self._rest("waiting", at)

    def _step_finished(self, event: StepFinished, place: int, at: float) -> None:
        step = event.step
        begun = self._begun.pop(step, None)
        if begun is not None:
            told: Any = begun.event
            row = (step, told.node, told.kind, told.parent, begun.at, event.seconds, 1, "", event.simulated)
        else:
            known = self._known(step, event.node, at)
            about = (step, known.node, known.kind, known.parent, known.started_at)
            row = (*about, event.seconds, known.attempts, known.cause, event.simulated)
        changes = self._changes
        if self._open or self._rows or changes.steps:
            self._ends(step)
        changes.finished[step] = row
        if may_hold_files(event.writes):
            changes.files += files_in(event.writes, self.run.run_id, place, "written", event.node)

    def _step_failed(self, event: StepFailed, place: int, at: float) -> None:
        state: StepState = "continued" if event.continues else "failed"
        self._close(event.step, event.node, state, at, plain_text(event.message), event.cause)

    def _step_skipped(self, event: StepSkipped, place: int, at: float) -> None:
        self._close(event.step, event.node, "skipped", at, plain_text(event.reason))

    def _step_retried(self, event: StepRetried, place: int, at: float) -> None:
        known = self._known(event.step, event.node, at)
        self._put(known._replace(attempts=event.attempt + 1, cause=event.cause))

    def _known(self, step: str, node: str, at: float) -> StoredStep:
        """What is known of a step."""
        run = self.run
        begun = self._begun.pop(step, None)
        if begun is not None:
            told: Any = begun.event
            return StoredStep(run.run_id, step, run.workflow, told.node, told.kind, told.parent, "running", begun.at)
        return self._open.get(step) or StoredStep(run.run_id, step, run.workflow, node, started_at=at)

    def _close(self, step: str, node: str, state: StepState, at: float, message: str, cause: str = "") -> None:
        known = self._known(step, node, at)
        took = max(at - known.started_at, 0.0)
        self._put(known._replace(state=state, seconds=took, cause=cause or known.cause, message=message))

    def _rest(self, state: StepState, at: float) -> None:
        """The run is at rest: nothing more comes of what was open, but for what waits."""
        for step in dict.fromkeys((*self._open, *self._begun)):
            known = self._known(step, "", at)
            took = None if state == "waiting" else max(at - known.started_at, 0.0)
            self._put(known._replace(state=state, seconds=took))

    def _put(self, step: StoredStep) -> None:
        """The step stands so now, and is not finished."""
        self._changes.steps[step.step] = step
        self._changes.finished.pop(step.step, None)
        if step.state in OPEN:
            self._open[step.step] = step
        else:
            self._open.pop(step.step, None)

    def _ends(self, step: str) -> None:
        """The step is finished: a row of its own goes."""
        self._open.pop(step, None)
        self._changes.steps.pop(step, None)
        if step in self._rows:
            self._rows.discard(step)
            self._changes.gone.append(step)


_TELLING: dict[type[Any], Callable[[RunFold, Any, int, float], None]] = {
    RunStarted: RunFold._run_started,
    RunFinished: RunFold._run_ended,
    RunFailed: RunFold._run_ended,
    RunStopped: RunFold._run_ended,
    LimitReached: RunFold._run_ended,
    RunWaiting: RunFold._run_waits,
    StepFailed: RunFold._step_failed,
    StepSkipped: RunFold._step_skipped,
    StepRetried: RunFold._step_retried,
}
"""The other events that change a row, with what they change."""

_SILENT = frozenset(get_args(RunEvent)) - {StepStarted, UsageReported, StepFinished, *_TELLING}
"""Those that change none."""
