"""A run's rows as a fold over its events: the events alone rebuild them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chat_app.events.run import (
    ENDINGS,
    Recorded,
    RunEvent,
    RunFinished,
    RunStarted,
    RunWaiting,
    StepFailed,
    StepFinished,
    StepRetried,
    StepSkipped,
    StepStarted,
    UsageReported,
)
from chat_app.tracing.run_row import StoredRun, plain_text
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

    def add(self, entries: Sequence[Recorded]) -> None:
        """Folds more events in; those seen before change nothing."""
        first = self.run.next_offset
        if not entries or entries[-1].offset < first:
            return
        telling = [entry for entry in entries if type(entry.event) in _TELLING and entry.offset >= first]
        self.run = self.run.after(telling, entries[-1].offset + 1)
        for entry in telling:
            self._tell(entry.event, entry.offset, entry.at)

    def own(self, owner: str) -> None:
        """Says whose run it is; no event does."""
        self.run = replace(self.run, owner=owner)

    def take_rows(self) -> tuple[list[StoredStep], list[StoredUsage], list[StoredFile], dict[str, str]]:
        """The rows changed since they were taken last."""
        rows = list(self.changed.values()), self.usage, self.files, self.texts
        self.changed, self.usage, self.files, self.texts = {}, [], [], {}
        return rows

    def _tell(self, event: RunEvent, place: int, at: float) -> None:
        # The most frequent first: a match asks for one class after the other.
        match event:
            case StepStarted():
                self._put(
                    StoredStep(
                        self.run.run_id,
                        event.step,
                        self.run.workflow,
                        event.node,
                        event.kind,
                        event.parent,
                        started_at=at,
                    )
                )
            case StepFinished(step=step, node=node, writes=writes):
                self._close(step, node, "finished", at, seconds=event.seconds, simulated=event.simulated)
                if may_hold_files(writes):
                    self.files += files_in(writes, self.run.run_id, place, "written", node)
            case UsageReported():
                self.usage.append(self._used(event, place, at))
            case RunStarted(resumed=True):
                pass
            case RunStarted(inputs=inputs, text=text, files=used):
                self.texts |= {"": text, **used} if text else {}
                self.files += files_in(inputs, self.run.run_id, place, "input")
            case StepFailed(step=step, node=node):
                state: StepState = "continued" if event.continues else "failed"
                self._close(step, node, state, at, cause=event.cause, message=plain_text(event.message))
            case StepSkipped(step=step, node=node, reason=reason):
                self._close(step, node, "skipped", at, message=plain_text(reason))
            case StepRetried(step=step, node=node, attempt=attempt, cause=cause):
                self._put(self._step(step, node, at)._replace(attempts=attempt + 1, cause=cause))
            case RunFinished(outputs=outputs):
                self.files += files_in(outputs, self.run.run_id, place, "output")
                self._rest("stopped", at)
            case RunWaiting():
                self._rest("waiting", at)
            case _:
                self._rest("stopped", at)

    def _step(self, step: str, node: str, at: float) -> StoredStep:
        known = self.open_steps.get(step)
        return known or StoredStep(self.run.run_id, step, self.run.workflow, node, started_at=at)

    def _close(
        self,
        step: str,
        node: str,
        state: StepState,
        at: float,
        *,
        seconds: float | None = None,
        simulated: bool = False,
        cause: str = "",
        message: str = "",
    ) -> None:
        known = self.open_steps.pop(step, None) or self._step(step, node, at)
        self.changed[step] = StoredStep(
            known.run_id,
            step,
            known.workflow,
            known.node,
            known.kind,
            known.parent,
            state,
            known.started_at,
            max(at - known.started_at, 0.0) if seconds is None else seconds,
            known.attempts,
            cause or known.cause,
            message,
            simulated,
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

    def _used(self, event: UsageReported, place: int, at: float) -> StoredUsage:
        return StoredUsage(
            self.run.run_id,
            place,
            "run",
            at,
            self.run.workflow,
            event.step,
            event.node,
            event.model,
            event.tokens_in,
            event.tokens_out,
            0.0 if event.simulated else event.cost_usd,
            event.simulated,
        )


_TELLING = {
    RunStarted,
    StepStarted,
    StepFinished,
    StepFailed,
    StepSkipped,
    StepRetried,
    UsageReported,
    *ENDINGS,
}
"""The events that change a row; most do not, and a record sees many."""
