"""Batches: one run for each row of inputs, so many at once, each row once even over kills.

Which run belongs to which row is on disk before the run begins. Asked again for the same batch, rows that came to
their end stay as they are, and those that were cut off go on from where they were.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chat_app.engine.answering import Given, followed
from chat_app.engine.errors import AnswersRefused, EngineError, InputsRefused, NotAtRest, UnknownRun
from chat_app.engine.manager import RunManager
from chat_app.engine.runs import RunStatus
from chat_app.events.run import RunFailed, UsageReported
from chat_app.events.totals import Totals
from chat_app.workflow.check import CheckResult
from chat_app.workflow.result import used_texts

ELSEWHERE = "It goes on in another process."
RowState = Literal["finished", "failed", "waiting", "limit", "stopped", "refused"]
"""`refused`: the row's values do not fit the inputs; no run was made."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the data."""

    number: int
    """From 1, as a person counts."""
    inputs: Mapping[str, Any]
    problem: str = ""
    """Why its values cannot be inputs."""
    others: Mapping[str, Any] = field(default_factory=dict)
    """What else stands in it; carried over to its result."""
    answers: Given = field(default_factory=dict)
    """What people answer in its run."""


@dataclass(frozen=True, slots=True)
class RowResult:
    """What came of a row."""

    row: Row
    state: RowState
    run_id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    message: str = ""
    seconds: float = 0.0
    totals: Totals = field(default_factory=Totals)
    kept: bool = False
    """Whether it was done before, in an earlier call for this batch."""


@dataclass(frozen=True)
class Batch:
    """A workflow over many rows. `name` tells batches apart: the same name goes on where it was."""

    runs: RunManager
    checked: CheckResult
    name: str
    model: str | None = None
    at_once: int = 8
    again: bool = False
    """Whether rows that failed or reached a limit are tried again from where they were."""

    async def results(self, rows: Iterable[Row]) -> AsyncGenerator[RowResult, None]:
        """What came of each row, as they end. At most `at_once` rows are taken from `rows` ahead of their end."""
        known = await self.runs.rows_of_batch(self.name)
        done: asyncio.Queue[RowResult | None] = asyncio.Queue(maxsize=self.at_once)
        todo = iter(rows)
        workers = [asyncio.create_task(self._work(todo, known, done)) for _ in range(self.at_once)]
        ended = asyncio.gather(*workers)
        ended.add_done_callback(lambda _: asyncio.ensure_future(done.put(None)))
        try:
            while (result := await done.get()) is not None:
                yield result
            await ended
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(
        self, todo: Iterator[Row], known: Mapping[int, str], done: asyncio.Queue[RowResult | None]
    ) -> None:
        for row in todo:
            await done.put(await self._row(row, known.get(row.number)))

    async def _row(self, row: Row, run_id: str | None) -> RowResult:
        if row.problem:
            return RowResult(row, "refused", message=row.problem)
        new = uuid.uuid4().hex[:16]
        try:
            # Another process may have been faster to say which run is the row's.
            run_id = run_id or await self.runs.note_row(self.name, row.number, new)
            return await (self._started(row, run_id) if run_id == new else self._gone_on(row, run_id))
        except NotAtRest:
            return RowResult(row, "stopped", run_id or "", message=ELSEWHERE)
        except InputsRefused as refused:
            return RowResult(row, "refused", message=f"{refused.message}. {refused.help}")
        except EngineError as error:
            return RowResult(row, "refused", message=f"{error.message} {error.help}")

    async def _started(self, row: Row, run_id: str) -> RowResult:
        await self.runs.start(self.checked, row.inputs, model=self.model, run_id=run_id)
        return await self._ended(row, run_id)

    async def _gone_on(self, row: Row, run_id: str) -> RowResult:
        try:
            status = self.runs.status(run_id)
        except UnknownRun:
            # The process died between the note and the start.
            return await self._started(row, run_id)
        if status.state == "running":
            return RowResult(row, "stopped", run_id, message=ELSEWHERE)
        cut_off = status.state in ("interrupted", "stopped")
        if cut_off or (self.again and status.state in ("failed", "limit")):
            await self.runs.resume(run_id)
            return await self._ended(row, run_id)
        # A run that waited may be answered now.
        return await self._ended(row, run_id, kept=status.state != "waiting")

    async def _ended(self, row: Row, run_id: str, *, kept: bool = False) -> RowResult:
        totals, problem, refusal = Totals(), "", ""
        try:
            async for entry in followed(self.runs, run_id, row.answers):
                if isinstance(entry.event, UsageReported):
                    totals = totals.plus(entry.event)
                elif isinstance(entry.event, RunFailed):
                    problem = f"{entry.event.message} {entry.event.help}"
        except AnswersRefused as refused:
            refusal = f"{refused.message}. {refused.help}"
        except asyncio.CancelledError:
            # Whoever leaves the batch leaves no run behind; it goes on with the next call.
            await self.runs.stop(run_id)
            raise
        status = self.runs.status(run_id)
        seconds = float(status.spent.get("seconds", 0.0))
        return RowResult(
            row, _state(status), run_id, status.outputs, _message(status, problem, refusal), seconds, totals, kept
        )


def batch_name(checked: CheckResult, digest: bytes, model: str | None, more: Mapping[str, Any]) -> str:
    """The same for the same workflow, data, model and constant inputs."""
    told = json.dumps([checked.text, used_texts(checked), model, more], sort_keys=True, default=str)
    return hashlib.sha256(told.encode() + digest).hexdigest()[:16]


def _state(status: RunStatus) -> RowState:
    match status.state:
        case "finished" | "failed" | "waiting" | "limit" | "stopped":
            return status.state
        case _:
            return "stopped"


def _message(status: RunStatus, problem: str, refusal: str) -> str:
    if status.state == "waiting":
        asked = "; ".join(f"{question.node}: {question.text}" for question in status.questions)
        return refusal or f"It waits for a person: {asked}"
    return problem if status.state == "failed" and problem else status.message
