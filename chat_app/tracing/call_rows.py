"""Model calls as rows: those of a run or a design turn that were written together stand in one, with their sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, select

from chat_app.tracing.rows import add_rows
from chat_app.tracing.step_row import CALLS, Call, StoredUsage
from chat_app.tracing.tables import MODEL_CALLS

DAY = 86_400
"""Seconds; calls of two days (UTC) stand in two rows, so that a month's sum is exact."""

CallRow = tuple[Any, ...]


def call_rows(id: str, source: Literal["run", "design"], design: str, calls: Sequence[Call]) -> Iterator[CallRow]:
    """The rows for calls in their order."""
    if not calls:
        return
    if calls[0][1] // DAY == calls[-1][1] // DAY:
        yield _row(id, source, design, calls)
        return
    for _, some in groupby(calls, lambda call: call[1] // DAY):
        yield _row(id, source, design, list(some))


def add_calls(connection: Connection, rows: Iterable[CallRow]) -> None:
    """Adds calls; what is there already stays."""
    add_rows(connection, MODEL_CALLS, list(rows))


def select_usage(connection: Connection, *conditions: ColumnElement[bool]) -> list[StoredUsage]:
    """The model calls of which all this holds, in their order."""
    query = select(MODEL_CALLS.c.id, MODEL_CALLS.c.source, MODEL_CALLS.c.design, MODEL_CALLS.c.data)
    found = [
        StoredUsage(id, place, source, at, design, *more)
        for id, source, design, data in connection.execute(query.where(*conditions))
        for place, at, *more in CALLS.rows_in(data)
    ]
    return sorted(found, key=lambda one: (one.at, one.place))


def _row(id: str, source: str, design: str, calls: Sequence[Call]) -> CallRow:
    columns = list(zip(*calls, strict=True))
    (first, *_), (at, *_), _, _, _, tokens_in, tokens_out, cost, simulated = columns
    sums = sum(simulated), sum(filter(None, tokens_in)), sum(filter(None, tokens_out)), sum(filter(None, cost), 0.0)
    return id, first, source, at, design, len(calls), *sums, cost.count(None), CALLS.packed(columns)
