"""What one visitor of the page can ask the record: questions in SQL and costs, over their own rows alone.

Questions have threads of their own, few of them: neither the chat nor runs wait for one.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chat_app.tracing.budget import Spending
from chat_app.tracing.run_store import RunStore
from chat_app.translation import tr

if TYPE_CHECKING:
    from chat_app.tracing.costs import Cost
    from chat_app.tracing.query import Answer
    from chat_app.tracing.run_row import StoredRun
    from chat_app.tracing.traces import TraceLink

MOST_ROWS = 1_000
MOST_CHARACTERS = 1_000_000
"""Of all cells of an answer: what goes to a browser is bounded."""
LONGEST_CELL = 20_000
LONGEST_QUESTION = 20_000
SECONDS = 10.0
MEMORY = "512MB"
AT_ONCE = 2
READERS = 2
"""Threads for what the page shows by itself: a slow question does not hold it up."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent in a month, and what was."""

    allowed_usd: float
    spent_usd: float


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page tells of a visitor's runs beside what the engine knows of them."""

    runs: Mapping[str, StoredRun] = field(default_factory=dict)
    """By their ids: how long they took and what they used."""
    month: Cost | None = None
    """What the visitor's model calls of this month cost."""
    budget: Budget | None = None
    traces: Mapping[str, TraceLink] = field(default_factory=dict)
    """Where the traces of runs are, as far as that is known."""


class OwnRecord:
    """The record as its owners may ask it."""

    def __init__(
        self,
        store: RunStore,
        *,
        monthly_usd: float | None = None,
        spending: Spending | None = None,
        seconds: float = SECONDS,
        trace: Callable[[str], TraceLink | None] | None = None,
    ) -> None:
        self._store = store
        self._monthly_usd = monthly_usd
        self._spending = spending
        self._seconds = seconds
        self._trace = trace
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="query")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="overview")

    @property
    def traced(self) -> bool:
        """Whether visitors are shown traces."""
        return self._trace is not None

    @property
    def budgeted(self) -> bool:
        """Whether there is a month's budget."""
        return self._monthly_usd is not None

    async def ask(self, owner: str, sql: str) -> Answer:
        """The answer to a question in SQL; raises QueryRefused."""
        # The context goes along: it says in which language a refusal is told.
        ask = functools.partial(contextvars.copy_context().run, self._ask, owner, sql)
        return await asyncio.get_running_loop().run_in_executor(self._threads, ask)

    async def overview(self, owner: str, run_ids: Sequence[str] = ()) -> Overview:
        """What is recorded of an owner's runs now; `run_ids` are those whose traces are looked for.

        All that was gathered is written before it is read, and a disk may be slow: nobody else waits for it.
        """
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._overview, owner, run_ids)

    def _overview(self, owner: str, run_ids: Sequence[str]) -> Overview:
        runs = {one.run_id: one for one in self._store.runs(owner)}
        return Overview(runs, self.month(owner), self.budget(), self._traces(run_ids))

    def _traces(self, run_ids: Sequence[str]) -> dict[str, TraceLink]:
        found: dict[str, TraceLink] = {}
        if self._trace is None:
            return found
        for run_id in run_ids:
            link = self._trace(run_id)
            if link is None:
                continue
            found[run_id] = link
            if link.address is None:
                # Nobody serves the page, so no other run has an address either.
                break
        return found

    async def columns(self) -> dict[str, list[tuple[str, str]]]:
        """What can be asked for: the columns of each view with their types."""
        from chat_app.tracing.query import columns_of

        return await asyncio.get_running_loop().run_in_executor(self._threads, columns_of)

    def month(self, owner: str) -> Cost | None:
        """What the owner's model calls of this month cost; None where there were none."""
        from chat_app.tracing import costs

        first, after = costs.month()
        found = self._store.read(lambda file: costs.total(file, first, after, owner=owner), None)
        return found if found is not None and found.calls else None

    def budget(self) -> Budget | None:
        """The month's budget of all together; None where there is none."""
        if self._monthly_usd is None or self._spending is None:
            return None
        return Budget(self._monthly_usd, self._spending.this_month())

    def _ask(self, owner: str, sql: str) -> Answer:
        from chat_app.tracing.query import ask
        from chat_app.tracing.query_refused import QueryRefused

        if len(sql) > LONGEST_QUESTION:
            told = tr("The question has {count} characters.", count=f"{len(sql):,}")
            raise QueryRefused(told, help=tr("At most {most} are taken.", most=f"{LONGEST_QUESTION:,}"))
        answer = self._store.read(
            lambda file: ask(file, sql, owner=owner, most_rows=MOST_ROWS, seconds=self._seconds, memory=MEMORY), None
        )
        if answer is None:
            raise QueryRefused(self._nothing(), help=tr("Run a workflow first; then ask again."))
        return _bounded(answer)

    def _nothing(self) -> str:
        return tr("Nothing is recorded yet.") if self._store.problem is None else tr("The record can't be read now.")


def _bounded(answer: Answer) -> Answer:
    from chat_app.tracing.query import Answer

    rows: list[tuple[object, ...]] = []
    room = MOST_CHARACTERS
    for row in answer.rows:
        cells = tuple(
            f"{cell[:LONGEST_CELL]}…" if isinstance(cell, str) and len(cell) > LONGEST_CELL else cell for cell in row
        )
        room -= sum(len(str(cell)) for cell in cells)
        if room < 0:
            return Answer(answer.columns, tuple(rows), cut=True)
        rows.append(cells)
    return Answer(answer.columns, tuple(rows), answer.cut)
