"""What model calls cost, by run, node, model, design or day; what is unknown is counted as unknown, never as 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Integer, cast, func, select

from chat_app.tracing.ownership import owned_by
from chat_app.tracing.tables import USAGE

By = Literal["run", "node", "model", "design", "day"]
GROUPINGS: tuple[By, ...] = get_args(By)
DAY = 86_400


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
    """Sums by a grouping over the calls of a time, the dearest first, days in their order."""
    keys = _keys(grouping)
    query = select(*keys, *_sums()).where(*_between(since, until)).group_by(*keys).limit(limit)
    order = keys if grouping == "day" else [func.sum(func.coalesce(USAGE.c.cost_usd, 0.0)).desc(), *keys]
    return [_cost(row, len(keys), grouping) for row in connection.execute(query.order_by(*order))]


def total(
    connection: Connection, since: float | None = None, until: float | None = None, *, owner: str | None = None
) -> Cost:
    """The sum over all calls of a time; with `owner`, over that owner's alone."""
    whose = [] if owner is None else [owned_by(USAGE, owner)]
    row = connection.execute(select(*_sums()).where(*_between(since, until), *whose)).one()
    return _cost(row, 0, "run")


def month(text: str | None = None) -> tuple[float, float]:
    """The start and the end of a month, `2026-11`, in UTC; of this month where none is named."""
    now = datetime.now(UTC) if text is None else datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return first.timestamp(), after.timestamp()


def _keys(grouping: By) -> Sequence[ColumnElement[Any]]:
    match grouping:
        case "run":
            return [USAGE.c.id, USAGE.c.design]
        case "node":
            return [USAGE.c.design, USAGE.c.node]
        case "model":
            return [USAGE.c.model]
        case "design":
            return [USAGE.c.design]
        case "day":
            return [cast(func.floor(USAGE.c.at / DAY), Integer)]


def _sums() -> Sequence[ColumnElement[Any]]:
    unknown = func.sum(cast(USAGE.c.cost_usd.is_(None), Integer))
    return [
        func.count(),
        func.coalesce(func.sum(USAGE.c.simulated), 0),
        func.coalesce(func.sum(USAGE.c.tokens_in), 0),
        func.coalesce(func.sum(USAGE.c.tokens_out), 0),
        func.coalesce(func.sum(USAGE.c.cost_usd), 0.0),
        func.coalesce(unknown, 0),
    ]


def _between(since: float | None, until: float | None) -> list[ColumnElement[bool]]:
    conditions = [] if since is None else [USAGE.c.at >= since]
    return conditions if until is None else [*conditions, USAGE.c.at < until]


def _cost(row: Any, keys: int, grouping: By) -> Cost:
    group = [str(part) for part in row[:keys]]
    if grouping == "day" and group:
        group = [datetime.fromtimestamp(int(group[0]) * DAY, UTC).strftime("%Y-%m-%d")]
    calls, simulated, tokens_in, tokens_out, known, unknown = row[keys:]
    return Cost(tuple(group), calls, simulated, int(tokens_in), int(tokens_out), float(known), unknown)
