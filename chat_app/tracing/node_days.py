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
    sums: dict[tuple[Any, ...], dict[str, Any]] = {}
    for step in steps:
        if step.state in COUNTED:
            _count(sums, step)
    if sums:
        rows = [(*key, *(values[name] for name in _SUMS), values["longest"]) for key, values in sums.items()]
        connection.exec_driver_sql(_statement(connection.dialect.name), rows)


def _count(sums: dict[tuple[Any, ...], dict[str, Any]], step: StoredStep) -> None:
    key = (int(step.started_at // DAY), step.workflow, step.node, step.kind)
    row = sums.get(key)
    if row is None:
        row = sums[key] = {**dict.fromkeys(_SUMS, 0), "longest": 0.0}
    seconds = step.seconds or 0.0
    row["steps"] += 1
    row["failed"] += step.state in FAILED
    row["retried"] += step.attempts > 1
    row["simulated"] += step.simulated
    row["seconds"] += seconds
    row["longest"] = max(row["longest"], seconds)


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
