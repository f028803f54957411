"""The run manager: starts, stops, resumes runs and lets others watch them. A run belongs to no page."""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from chat_app.chat_models.protocol import ModelSource
from chat_app.chat_models.simulated import SIMULATED
from chat_app.engine.alive import Alive
from chat_app.engine.asked import by_name
from chat_app.engine.database import DATABASE
from chat_app.engine.errors import EngineError, NotAtRest, NotRunnable, RecordMissing, UnknownRun
from chat_app.engine.inputs import first_state, matched_answers
from chat_app.engine.live import LiveRun
from chat_app.engine.log import Lots, RunLog, one_by_one
from chat_app.engine.open_runs import SIGNS, as_it_is
from chat_app.engine.reach import Reach
from chat_app.engine.ready import Ready, ReadyGraphs
from chat_app.engine.rerun import node_names, taken_over
from chat_app.engine.runs import NO_ANSWERS, RunRows, RunStatus, as_seen
from chat_app.engine.spent import Spent, spent_by
from chat_app.engine.store import Store
from chat_app.engine.told import outcomes
from chat_app.events.record import DurableRecorder, EventSource, OwnerKeeper, Recorder
from chat_app.events.run import Recorded, RunStarted, StepId
from chat_app.workflow.check import CheckResult
from chat_app.workflow.document import Limits, Workflow
from chat_app.workflow.result import used_texts

STOPPED = "Stopped by the user."
CLOSED = "The program was closed."
PATIENCE = 0.9
"""Seconds that a stopped run gets to end by itself."""
CLOSING = 10.0
"""Seconds that programs of MCP servers get to end when the app is closed."""
KEPT_LOGS = 200
"""Finished runs whose events stay in memory."""
NO_KEYS: Mapping[str, str] = {}
NO_INPUTS: Mapping[str, Any] = {}


class RunManager:
    """Owns every run of this process. Its methods may be called from any thread's event loop."""

    def __init__(
        self,
        chat_models: ModelSource,
        folder: Path,
        recorder: Recorder | None = None,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        reach: Reach | None = None,
        budget: Callable[[], None] | None = None,
        fallbacks: tuple[str, ...] = (),
    ) -> None:
        """`fallbacks` are models that are asked, in this order, where a node's own cannot be reached."""
        self._fallbacks = fallbacks
        self._reach = reach or Reach()
        self._models = chat_models
        self._pause = pause
        self._budget = budget
        """Raises BudgetSpent where no more may be spent."""
        self._recorder = recorder
        self._history = _history(recorder)
        self._owners = _owners(recorder)
        self._durable = _durable(recorder)
        self._store = Store(folder / DATABASE)
        self._rows = RunRows(self._store)
        self._alive = Alive(folder / SIGNS)
        self._live: dict[str, LiveRun] = {}
        self._ready = ReadyGraphs(self._store, self._live.get)

    async def start(
        self,
        checked: CheckResult,
        inputs: Mapping[str, Any],
        *,
        model: str | None = None,
        owner: str = "local",
        keys: Mapping[str, str] = NO_KEYS,
        given: Mapping[str, Mapping[str, Any]] | None = None,
        run_id: str | None = None,
    ) -> str:
        """Starts a run and returns its id. Raises NotRunnable or InputsRefused before anything is kept."""
        if checked.workflow is None or not checked.valid:
            raise NotRunnable("The workflow has errors.", help="Correct what the check found, then run it.")
        state = first_state(checked.workflow, inputs, self._reach.files)
        files = used_texts(checked)
        new = self._new(checked.workflow.name, owner, checked.text, files, {name: state[name] for name in inputs})
        status = replace(new, model=model, run_id=run_id or new.run_id)
        return await self._begin(status, self._ready.of(checked.text, files, checked), state, keys, given or {})

    async def rerun(
        self,
        run_id: str,
        *,
        anew: str | None = None,
        inputs: Mapping[str, Any] = NO_INPUTS,
        whole: bool = False,
        model: str | None = None,
        keys: Mapping[str, str] = NO_KEYS,
    ) -> str:
        """Runs an earlier run's workflow again, with these inputs changed; returns the new run's id.

        What would come to the same (same values read, same model) is taken over from the earlier run, but for the
        node `anew`; with `whole`, nothing is. Raises UnknownRun, NotAtRest, NotRunnable or InputsRefused.
        """
        before = self.status(run_id)
        if before.state == "running":
            raise NotAtRest("The run is going on.", help="Stop it first, or wait for its end.")
        ready = self._ready.of(before.text, before.files)
        known = sorted(node_names(ready.compiled.level))
        if anew is not None and anew not in known:
            raise NotRunnable(f"{before.workflow} has no node `{anew}`.", help=f"Its nodes are: {', '.join(known)}.")
        if self._history is None and not whole:
            raise NotRunnable("No results of earlier runs are kept here.", help="Run the whole workflow again.")
        given = {**before.inputs, **inputs}
        state = first_state(ready.compiled.workflow, given, self._reach.files)
        new = self._new(
            before.workflow, before.owner, before.text, before.files, {name: state[name] for name in given}
        )
        status = replace(
            new, model=model or before.model, limits=before.limits, rerun_of=None if whole else run_id, anew=anew
        )
        return await self._begin(status, ready, state, keys, {})

    def _new(
        self, workflow: str, owner: str, text: str, files: Mapping[str, str], inputs: dict[str, Any]
    ) -> RunStatus:
        now = time.time()
        return RunStatus(
            run_id=uuid.uuid4().hex[:16],
            owner=owner,
            workflow=workflow,
            state="running",
            created=now,
            updated=now,
            text=text,
            files=files,
            inputs=inputs,
            process=self._alive.name,
        )

    async def _begin(
        self,
        status: RunStatus,
        ready: Ready,
        state: dict[str, Any],
        keys: Mapping[str, str],
        given: Mapping[str, Mapping[str, Any]],
    ) -> str:
        self._may_spend(ready, status.model)
        live = self._take_up(status, keys, ready, 0)
        if self._owners is not None:
            self._owners.owned(status.run_id, status.owner)
        live.given = {node: dict(values) for node, values in given.items()}
        # A page may be closed at any moment; a run that is announced is started all the same.
        await asyncio.shield(self._set_going(live, state))
        return status.run_id

    async def _set_going(
        self, live: LiveRun, state: dict[str, Any] | None, answers: Mapping[StepId, Any] = NO_ANSWERS
    ) -> None:
        if state is None and live.status.state == "running":
            raise NotAtRest("The run is going on.", help="Stop it first.")
        try:
            await live.go(state, answers)
        except BaseException:
            # It did not begin here: what this process has of it may be out of date.
            self._live.pop(live.status.run_id, None)
            raise

    def subscribe(self, run_id: str, offset: int = 0) -> AsyncIterator[Recorded]:
        """A run's events from an offset on, then those that come; ends when the run is at rest."""
        return one_by_one(self.watch(run_id, offset))

    def watch(self, run_id: str, offset: int = 0, pause: float = 0.0) -> Lots:
        """The same, many at once: what comes within so many seconds comes together, and the end at once."""
        live = self._live.get(run_id)
        if live is None:
            return self._only_recorded(run_id, offset)
        first = live.log.first
        return live.log.follow(offset, () if offset >= first else self._recorded(run_id, offset, first), pause)

    async def _only_recorded(self, run_id: str, offset: int) -> Lots:
        yield tuple(self._recorded(run_id, offset, sys.maxsize))
        self.status(run_id)

    def _recorded(self, run_id: str, offset: int, end: int) -> Iterator[Recorded]:
        """What the record tells of a run, from an offset to before another."""
        for entry in () if self._history is None else self._history.events(run_id):
            if offset <= entry.offset < end:
                yield entry

    async def stop(self, run_id: str) -> None:
        """Stops a run: what is in flight is cancelled, what is done is kept. A run at rest stays as it is."""
        live, _ = self._at_hand(run_id)
        await live.stop(STOPPED, PATIENCE)

    async def answer(self, run_id: str, answers: Mapping[str, Mapping[str, Any]]) -> None:
        """Answers open questions, by node or step; when none is open any more, the run goes on.

        Raises AnswersRefused where a value does not fit; then nothing is kept and the run waits on. Raises NotAtRest
        where another process was faster.
        """
        live, _ = self._at_hand(run_id)
        status = live.status
        if status.state != "waiting":
            raise EngineError("The run asks nothing.", help="Only a run that waits can be answered.")
        asked = live.ready.asked_fields
        found = matched_answers(status.questions, asked, by_name(answers, asked), self._reach.files)
        open_questions = tuple(question for question in status.questions if question.step not in found)
        if open_questions:
            await live.answer(open_questions, found)
        else:
            await asyncio.shield(self._set_going(live, None, found))

    async def resume(
        self, run_id: str, limits: Limits | None = None, *, keys: Mapping[str, str] | None = None
    ) -> None:
        """Goes on from the last checkpoint after a stop, a failure, a limit or the death of a process."""
        live, recorded = self._at_hand(run_id)
        if live.status.state in ("finished", "waiting"):
            what = "is finished" if live.status.state == "finished" else "waits for answers"
            raise EngineError(f"The run {what}; there is nothing to resume.", help="Start a new run, or answer it.")
        self._may_spend(live.ready, live.status.model)
        # A kill, a stop or a limit may come between a step's end and its checkpoint.
        recorded = self._told_of(live.status) if recorded is None else recorded
        if limits is not None:
            raised = {**live.status.limits, **limits.model_dump(exclude_none=True)}
            live.status = replace(live.status, limits=raised)
        if keys is not None:
            live.keys = dict(keys)
        if self._history is not None:
            live.finished = taken_over(recorded, None, simulated=True)
            if live.status.recorded:
                live.told = outcomes(recorded)
        await asyncio.shield(self._set_going(live, None))

    def file_digests(self) -> set[str]:
        """The digests of all files that runs and kept results refer to, and maybe of other things."""
        return self._rows.digests()

    def runs(self, owner: str = "local") -> list[RunStatus]:
        """An owner's runs, the newest first."""
        return [self._as_it_is(run) for run in self._rows.of_owner(owner)]

    def workflow(self, run_id: str) -> Workflow:
        """The workflow of a run, as it was when the run started; raises UnknownRun or NotRunnable."""
        run = self.status(run_id)
        return self._ready.of(run.text, run.files).compiled.workflow

    async def forget(self, run_ids: Sequence[str]) -> None:
        """Forgets runs that are at rest, so that they can be neither shown nor resumed."""
        at_rest = [one for one in run_ids if one not in self._live or self._live[one].log.resting]
        for run_id in at_rest:
            self._live.pop(run_id, None)
        await self._rows.forget(at_rest)

    def _may_spend(self, ready: Ready, model: str | None) -> None:
        """Raises BudgetSpent where a run that asks a real model would go beyond the budget."""
        if self._budget is not None and ready.compiled.asks_models and model != SIMULATED:
            self._budget()

    def find(self, beginning: str) -> list[str]:
        """The ids of runs that begin so, the newest first; of all owners."""
        return self._rows.beginning(beginning)

    def status(self, run_id: str) -> RunStatus:
        """A run as it stands; raises UnknownRun."""
        live = self._live.get(run_id)
        if live is not None and live.status.state in ("running", "finished"):
            return live.status
        # One at rest may have gone on in another process.
        try:
            run = self._rows.load(run_id)
        except EngineError:
            if live is None:
                raise
            return live.status
        if run is None and live is not None:
            return live.status
        if run is None:
            raise UnknownRun(f"There is no run {run_id}.", help="See the list of runs for its id.")
        return self._as_it_is(run)

    async def note_row(self, batch: str, place: int, run_id: str) -> str:
        """Says which run is, or will be, that of a row of a batch; the one that was said before stays."""
        return await self._rows.note_row(batch, place, run_id)

    async def rows_of_batch(self, batch: str) -> dict[int, str]:
        """The runs of a batch, by row; a run that is noted may not have begun."""
        return await self._rows.rows_of_batch(batch)

    async def close(self) -> None:
        """Stops what runs and waits until everything is written."""
        for live in list(self._live.values()):
            if live.status.state == "running":
                await live.stop(CLOSED, PATIENCE)
        for live in list(self._live.values()):
            await live.wound_up(CLOSING)
        self._live.clear()
        await asyncio.to_thread(self._store.close)
        self._alive.hide()

    def _as_it_is(self, run: RunStatus) -> RunStatus:
        live = self._live.get(run.run_id)
        if live is not None and (live.status.state == "running" or as_seen(run, live.status, self._alive.name)):
            return live.status
        return as_it_is(run, self._alive)

    def _at_hand(self, run_id: str) -> tuple[LiveRun, Sequence[Recorded] | None]:
        """The run in this process, as it stands now: one at rest may have gone on in another meanwhile.

        With what the record tells of it, where that had to be read.
        """
        live = self._live.get(run_id)
        if live is None:
            return self._taken_up(run_id)
        if live.status.state == "running" or as_seen(self._rows.load(run_id), live.status, self._alive.name):
            return live, None
        del self._live[run_id]
        return self._taken_up(run_id)

    def _taken_up(self, run_id: str) -> tuple[LiveRun, Sequence[Recorded]]:
        """A run of an earlier process, brought into this one; raises UnknownRun, NotAtRest or RecordMissing."""
        run = self.status(run_id)
        if run.state == "running":
            raise NotAtRest("The run is going on in another process.", help="Stop it there first.")
        recorded = self._told_of(run)
        if run.state == "interrupted":
            # It died before it could write down what it had used.
            told, kept = spent_by(recorded), Spent(**run.spent)
            run = replace(run, spent=told.at_least(kept).as_json())
        # After a kill, the record knows more than the run's row.
        offset = max((entry.offset + 1 for entry in recorded), default=run.next_offset)
        return self._take_up(run, NO_KEYS, self._ready.of(run.text, run.files), offset), recorded

    def _told_of(self, run: RunStatus) -> Sequence[Recorded]:
        """What the record tells of a run; raises RecordMissing where a kill left more to tell than it can."""
        recorded: Sequence[Recorded] = () if self._history is None else tuple(self._history.events(run.run_id))
        killed = run.state == "interrupted" and run.recorded and self._rows.begun(run.run_id)
        if killed and not any(isinstance(entry.event, RunStarted) for entry in recorded):
            raise RecordMissing(run.run_id)
        return recorded

    def _take_up(self, status: RunStatus, keys: Mapping[str, str], ready: Ready, offset: int) -> LiveRun:
        live = LiveRun(
            status=status,
            ready=ready,
            spent=Spent(**status.spent),
            keys=dict(keys),
            log=RunLog(status.run_id, self._recorder, offset),
            rows=self._rows,
            models=self._models,
            pause=self._pause,
            process=self._alive.name,
            reach=self._reach,
            history=self._history,
            fallbacks=self._fallbacks,
            record=self._durable,
        )
        self._alive.show()
        self._forget_old()
        self._live[status.run_id] = live
        return live

    def _forget_old(self) -> None:
        """Frees the memory of the oldest runs at rest, where the record can still show them."""
        if len(self._live) < KEPT_LOGS or self._history is None:
            return
        oldest = next((run_id for run_id, live in self._live.items() if live.log.resting), None)
        if oldest is not None:
            del self._live[oldest]


def _history(recorder: object) -> EventSource | None:
    """The recorder as a source of past events, if it is one."""
    return recorder if isinstance(recorder, EventSource) else None


def _owners(recorder: object) -> OwnerKeeper | None:
    """The recorder as one that keeps whose run it is, if it does."""
    return recorder if isinstance(recorder, OwnerKeeper) else None


def _durable(recorder: object) -> DurableRecorder | None:
    """The recorder as one that a run can go on from after a kill, if it is one and can be read."""
    if not isinstance(recorder, DurableRecorder) or not isinstance(recorder, EventSource):
        return None
    return None if recorder.lost() is None else recorder
