"""Steps summed by node and day, as they are done: a dashboard over millions of steps reads a few rows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Connection

from chat_app.tracing.step_row import StoredStep
from chat_app.tracing.tables import NODE_DAYS

DAY = 86_400
COUNTED = ("finished", "failed", "continued")
FAILED = ("failed", "continued")
_KEYS = ("day", "workflow", "node", "kind")
_SUMS = ("steps", "failed", "retried", "simulated", "seconds")


def add_steps(connection: Connection, steps: Iterable[StoredStep]) -> None:
    """Counts steps that are done now and were not before."""
    sums: dict[tuple[Any, ...], list[Any]] = {}
    for step in steps:
        if step.state in COUNTED:
            key = (int(step.started_at // DAY), step.workflow, step.node, step.kind)
            row = sums.get(key)
            if row is None:
                row = sums[key] = [0, 0, 0, 0, 0.0, 0.0]
            _count(row, step)
    if sums:
        rows = [(*key, *row) for key, row in sums.items()]
        connection.exec_driver_sql(_statement(connection.dialect.name), rows)


def _count(row: list[Any], step: StoredStep) -> None:
    """Adds a step to the sums, which stand in the order of `_SUMS`, and to the longest after them."""
    seconds = step.seconds or 0.0
    row[0] += 1
    row[1] += step.state in FAILED
    row[2] += step.attempts > 1
    row[3] += step.simulated
    row[4] += seconds
    row[5] = max(row[5], seconds)


@cache
def _statement(dialect: str) -> str:
    names = [column.name for column in NODE_DAYS.columns]
    marks = ", ".join(["?" if dialect == "sqlite" else "%s"] * len(names))
    sets = [f"{name} = node_days.{name} + excluded.{name}" for name in _SUMS]
    sets.append(
        "longest = CASE WHEN excluded.longest > node_days.longest THEN excluded.longest ELSE node_days.longest END"
    )
    return (
        f"INSERT INTO node_days ({', '.join(names)}) VALUES ({marks})"
        f" ON CONFLICT ({', '.join(_KEYS)}) DO UPDATE SET {', '.join(sets)}"
    )
