"""What model calls cost, by run, node, model, design or day; what is unknown is counted as unknown, never as 0."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, func, select

from chat_app.tracing.ownership import owned_by
from chat_app.tracing.tables import MODEL_CALLS

By = Literal["run", "node", "model", "design", "day"]
_KEYS: dict[By, tuple[str, ...]] = {
    "run": ("id", "design"),
    "node": ("design", "node"),
    "model": ("model",),
    "design": ("design",),
    "day": ("day",),
}
_SUMS = ("calls", "simulated", "tokens_in", "tokens_out", "known_usd", "unknown")


@dataclass(frozen=True, slots=True)
class Cost:
    """The sum over the calls of one group."""

    group: tuple[str, ...]
    calls: int
    simulated: int
    tokens_in: int
    """Of the calls that told them."""
    tokens_out: int
    known_usd: float
    """Of the calls whose cost is known."""
    unknown: int
    """Calls whose cost is not known: then `known_usd` is the least that it was."""

    def as_json(self) -> dict[str, Any]:
        """The sum as plain data; a cost that is not known in full is null."""
        return {
            "group": list(self.group),
            "calls": self.calls,
            "simulated_calls": self.simulated,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost_usd": None if self.unknown else self.known_usd,
            "known_usd": self.known_usd,
            "calls_of_unknown_cost": self.unknown,
        }


def by(
    connection: Connection,
    grouping: By,
    since: float | None = None,
    until: float | None = None,
    limit: int | None = None,
) -> list[Cost]:
    """Sums by a grouping over the calls of some days (UTC), the dearest first, days in their order."""
    from chat_app.tracing.query import opened

    keys = _KEYS[grouping]
    order = "1" if grouping == "day" else f"known_usd DESC, {', '.join(map(str, range(1, len(keys) + 1)))}"
    sql = f"""SELECT {", ".join(keys)}, count(*), count(*) FILTER (simulated), coalesce(sum(tokens_in), 0),
        coalesce(sum(tokens_out), 0), coalesce(sum(cost_usd), 0) AS known_usd, count(*) FILTER (cost_usd IS NULL)
        FROM usage GROUP BY ALL ORDER BY {order} LIMIT {sys.maxsize if limit is None else limit}"""
    with opened(connection, {MODEL_CALLS.name: _between(since, until)}) as asked:
        return [_cost(row, len(keys)) for row in asked.execute(sql).fetchall()]


def total(
    connection: Connection, since: float | None = None, until: float | None = None, *, owner: str | None = None
) -> Cost:
    """The sum over all calls of some days (UTC); with `owner`, over that owner's alone."""
    whose = [] if owner is None else [owned_by(MODEL_CALLS, owner)]
    sums = [func.coalesce(func.sum(MODEL_CALLS.c[name]), 0) for name in _SUMS]
    row = connection.execute(select(*sums).where(*_between(since, until), *whose)).one()
    return _cost(row, 0)


def month(text: str | None = None) -> tuple[float, float]:
    """The start and the end of a month, `2026-11`, in UTC; of this month where none is named."""
    now = datetime.now(UTC) if text is None else datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first.timestamp(), after.timestamp()


def _between(since: float | None, until: float | None) -> list[ColumnElement[bool]]:
    at = MODEL_CALLS.c.at
    conditions = [] if since is None else [at >= since]
    return conditions if until is None else [*conditions, at < until]


def _cost(row: Any, keys: int) -> Cost:
    calls, simulated, tokens_in, tokens_out, known, unknown = row[keys:]
    group = tuple(str(part) for part in row[:keys])
    return Cost(group, int(calls), int(simulated), int(tokens_in), int(tokens_out), float(known), int(unknown))
