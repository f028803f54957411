"""A run in this process: its task, its log, and how it comes to rest."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from chat_app.chat_models.protocol import ModelSource
from chat_app.chat_models.simulated import SIMULATED
from chat_app.engine.channels import Start, starting
from chat_app.engine.context import Reuse, RunContext
from chat_app.engine.drive import default_model, drive, model_chooser
from chat_app.engine.errors import EngineError, NotAtRest, StoreFailed
from chat_app.engine.inputs import first_state
from chat_app.engine.log import Emit, RunLog
from chat_app.engine.meter import Meter, merged
from chat_app.engine.position import Position
from chat_app.engine.reach import Outside, Reach, for_real, sessions_of
from chat_app.engine.reach import simulated as simulated_reach
from chat_app.engine.ready import Ready, Standing
from chat_app.engine.rerun import TakenOver, taken_over
from chat_app.engine.runs import ANSWER, NO_ANSWERS, RunRows, RunStatus, StoredJournal
from chat_app.engine.spent import Spent
from chat_app.engine.told import Outcomes
from chat_app.events.rare_collection import collected_rarely
from chat_app.events.record import DurableRecorder, EventSource
from chat_app.events.run import (
    CheckpointSaved,
    LimitReached,
    Question,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    RunWaiting,
    StepId,
)
from chat_app.tools.mcp.sessions import McpSessions
from chat_app.workflow.document import Limits

_logger = logging.getLogger(__name__)

_ITEM_AT_END = re.compile(r"\[\d+\]$")


@dataclass
class LiveRun:
    """One run that this process has started or taken up."""

    status: RunStatus
    ready: Ready
    spent: Spent
    keys: Mapping[str, str]
    log: RunLog
    rows: RunRows
    models: ModelSource
    pause: Callable[[float], Awaitable[None]]
    process: str
    reach: Reach = field(default_factory=Reach)
    history: EventSource | None = None
    """Where the run that this one repeats is told."""
    fallbacks: tuple[str, ...] = ()
    record: DurableRecorder | None = None
    """What keeps its events against a kill, so that they tell how far it came."""
    finished: TakenOver | None = None
    """What the record tells of steps that had come to their end before a resume."""
    told: Outcomes = field(default_factory=dict)
    """What its own steps came to by the record, as far as that may be more than what is saved."""
    given: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    emit: Emit | None = None
    _task: asyncio.Task[None] | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _done: Future[None] = field(default_factory=Future)
    _reason: str = ""
    _meter: Meter | None = None
    _journal: StoredJournal | None = None
    _sessions: McpSessions | None = None
    _wound_up: Future[None] = field(default_factory=Future)

    async def go(self, state: dict[str, Any] | None, answers: Mapping[StepId, Any] = NO_ANSWERS) -> None:
        """Starts the run with its first state, or goes on from its last checkpoint, with what people answered.

        Raises NotAtRest where somebody else has set it going since it was looked at.
        """
        status = replace(
            self.status,
            state="running",
            questions=(),
            message="",
            process=self.process,
            updated=time.time(),
            recorded=self.record is not None,
        )
        await self._take(status, None if state is not None else self.status, answers)
        self._loop = asyncio.get_running_loop()
        self._done, self._wound_up = Future(), Future()
        self._reason = ""
        self.emit = self.log.open()
        self._task = self._loop.create_task(self._work(self.emit, state), name=f"run {self.status.run_id}")

    async def answer(self, open_questions: tuple[Question, ...], answers: Mapping[StepId, Any]) -> None:
        """Keeps answers while others are still open. Raises NotAtRest as `go` does."""
        await self._take(replace(self.status, questions=open_questions), self.status, answers)

    async def _take(self, status: RunStatus, seen: RunStatus | None, answers: Mapping[StepId, Any]) -> None:
        before = self.status
        # Said before anything is awaited, so that of two who come at once only one is heard.
        self.status = status
        taken = False
        try:
            taken = await self.rows.take(status, seen, self.process, answers)
        finally:
            if not taken:
                self.status = before
        if not taken:
            raise NotAtRest(
                "The run was taken up in another process.", help="Look at it again: it goes on there, or has ended."
            )

    async def stop(self, reason: str, patience: float) -> None:
        """Cancels what is in flight; returns when the run is at rest, whatever its calls do."""
        if self.status.state == "waiting":
            self.emit = self.log.open()
            await self._settle(self.emit, RunStopped(reason))
        if self._task is None or self._loop is None or self.status.state != "running":
            return
        self._reason = reason
        if self._loop.is_running():
            self._loop.call_soon_threadsafe(self._task.cancel)
        done = asyncio.wrap_future(self._done)
        await asyncio.wait({done}, timeout=patience)
        if not done.done() and self.emit is not None:
            _logger.warning("Run %s goes on %.1f s after Stop; it is left behind.", self.status.run_id, patience)
            if self._meter is not None:
                self._meter.halt()
            await self._settle(self.emit, RunStopped(reason))

    async def wound_up(self, patience: float) -> None:
        """Waits until what the run held open is closed, as long as its loop goes on."""
        if self._loop is not None and self._loop.is_running():
            await asyncio.wait({asyncio.wrap_future(self._wound_up)}, timeout=patience)

    def checkpoint_saved(self, checkpoint_id: str) -> None:
        """A position of the run is on disk."""
        if self.emit is not None:
            self.emit(CheckpointSaved(checkpoint_id))

    def has(self, position: Position) -> bool:
        """Whether this is the run's end, and its journal has it."""
        return not position["round"] and self._journal is not None and self._journal.position() is position

    async def _work(self, emit: Emit, state: dict[str, Any] | None) -> None:
        try:
            with collected_rarely(1):
                ending = await self._ending(emit, state)
        except asyncio.CancelledError:
            ending = RunStopped(self._reason or "The program ended.")
        except EngineError as error:
            ending = RunFailed(error.message, error.help)
        except Exception as error:
            # The edge of the run: a fault of ours must end this run alone, with its cause told.
            _logger.exception("Run %s failed inside the engine.", self.status.run_id)
            ending = RunFailed(
                f"The engine failed: {type(error).__name__}: {error}", "Resume the run; if it fails again, report it."
            )
        try:
            await self._settle(emit, ending)
        finally:
            self._done.set_result(None)
            try:
                if self._sessions is not None:
                    # Programs may take their time to end; who waits for the run need not wait for that.
                    await self._sessions.close()
            finally:
                self._wound_up.set_result(None)

    async def _ending(self, emit: Emit, state: dict[str, Any] | None) -> RunEvent:
        ready, status = self.ready, self.status
        workflow = ready.compiled.workflow
        model = model_chooser(self.models, workflow, status.model, self.keys)
        name, simulated = default_model(model) if ready.compiled.asks_models else ("", False)
        text_hash = hashlib.sha256(status.text.encode()).hexdigest()
        # A run that begins has nothing kept that would have to be read.
        kept = {} if state is not None else await self.rows.kept(status.run_id)
        journal = StoredJournal(self.rows, status.run_id, self.checkpoint_saved, kept, self.record)
        # Where it came to rest before anything had run, it begins anew.
        begins = starting(first_state(workflow, status.inputs) if state is None else state)
        standing = None if state is not None else await self._standing(journal, begins)
        self._journal = journal
        emit(
            RunStarted(
                status.workflow,
                text_hash,
                name,
                simulated,
                dict(status.inputs),
                resumed=state is None,
                text=status.text,
                files=dict(status.files),
                place=None if standing is None else standing.place,
            )
        )
        answers = kept.get(ANSWER, {})
        self._meter = Meter(merged(workflow.limits, Limits(**status.limits)), self.spent)
        context = RunContext(
            emit=emit,
            meter=self._meter,
            model=model,
            journal=journal,
            pause=self.pause,
            run_id=status.run_id,
            answer=lambda step, node: answers.get(step),
            given=self.given,
            outside=self._outside(),
            cache=self.rows.cache(status.owner),
            asked=steps_around(answers),
            told_whole=self.log.recorded,
            reuse=self._reuse(),
            fallbacks=() if status.model == SIMULATED else self.fallbacks,
        )
        start = begins if standing is None else standing.start
        return (await drive(lambda: ready.graph, ready.compiled, context, start, status.run_id)).event

    async def _standing(self, journal: StoredJournal, begins: Start) -> Standing:
        """Where it goes on from; what only the record tells is saved first, as this stretch is told from there on."""
        before, told = self._journal, self.told
        self.told = {}
        if before is not None and before.behind:
            # Its disk failed when it came to rest.
            await journal.save(before.position(), whole=True)
        found = await self.ready.standing(self.status.run_id, begins, journal.position(), told)
        if not found.saved:
            await journal.save(found.position, whole=True)
        return found

    def _outside(self) -> Outside:
        """What it may touch; its sessions with servers are closed when it has come to rest."""
        self._sessions = sessions_of(self.reach, self.keys)
        pretend = simulated_reach if self.status.model == SIMULATED else for_real
        return Outside(self.reach, self.keys, pretend, self.status.text, self.spent, self._sessions)

    def _reuse(self) -> Reuse | None:
        sources = [one for one in (self.finished, self._taken_over()) if one is not None]

        def first(step: StepId, node: str, key: str) -> dict[str, Any] | None:
            return next((done for one in sources if (done := one(step, node, key)) is not None), None)

        return first if sources else None

    def _taken_over(self) -> TakenOver | None:
        """What may stand of the run that this one repeats."""
        before = self.status.rerun_of
        if before is None or self.history is None:
            return None
        entries = self.history.events(before)
        return taken_over(entries, self.status.anew, simulated=self.status.model == SIMULATED)

    async def _settle(self, emit: Emit, ending: RunEvent) -> None:
        """Brings the run to rest: first on disk, then in the log, so that who hears of it can act on it."""
        if self.log.resting:
            return
        changes = _resting(ending)
        self.status = replace(
            self.status,
            **changes,
            spent=self.spent.as_json(),
            next_offset=self.log.next_offset + 1,
            updated=time.time(),
        )
        try:
            if self._journal is not None and not isinstance(ending, RunFinished):
                await self._journal.rest()
            await self.rows.save(self.status)
        except (StoreFailed, sqlite3.Error):
            _logger.exception("The end of run %s could not be written.", self.status.run_id)
        emit(ending)


def _resting(ending: RunEvent) -> dict[str, Any]:
    """What a run's row says of how it came to rest."""
    match ending:
        case RunFinished(outputs=outputs):
            return {"state": "finished", "outputs": outputs}
        case RunWaiting(questions=questions):
            return {"state": "waiting", "questions": questions}
        case RunStopped(reason=reason):
            return {"state": "stopped", "message": reason, "questions": ()}
        case LimitReached(message=message):
            return {"state": "limit", "message": message}
        case RunFailed(message=message):
            return {"state": "failed", "message": message}
        case _:
            raise AssertionError(f"{ending} brings no run to rest")


def steps_around(asking: Iterable[StepId]) -> frozenset[StepId]:
    """The steps that asked, and those they stand in: `each#1[3]/approve#1` stands in `each#1`."""
    steps: set[StepId] = set()
    for step in asking:
        parts = step.split("/")
        for length in range(1, len(parts) + 1):
            steps.add(_ITEM_AT_END.sub("", "/".join(parts[:length])))
    return frozenset(steps)
