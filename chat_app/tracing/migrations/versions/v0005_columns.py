"""Finished steps and model calls as columns of JSON, many in a row; sums by node and day, which nobody reads, go."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_REAL: Any = sa.Double().with_variant(sa.REAL(), "sqlite")
_BIG: Any = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DAY = 86_400
MOST = 1_000
"""Steps or calls in a row."""
OF_STEP = ("step", "node", "kind", "parent", "started_at", "seconds", "attempts", "cause", "simulated")
OF_CALL = ("place", "at", "step", "node", "model", "tokens_in", "tokens_out", "cost_usd", "simulated")
USUAL: dict[str, Any] = {"parent": None, "attempts": 1, "cause": "", "simulated": False}
STEPS = sa.table("steps", *map(sa.column, ("run_id", "workflow", "state", "message", *OF_STEP)))
USAGE = sa.table("usage", *map(sa.column, ("id", "source", "design", *OF_CALL)))
NODE_DAY = ("day", "workflow", "node", "kind", "steps", "failed", "retried", "simulated", "seconds", "longest")

Rows = Iterable[Any]
Row = dict[str, Any]


def _key(name: str, kind: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, nullable=False, autoincrement=False)


def _column(name: str, kind: Any = sa.Text, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def upgrade() -> None:
    """Packs what is finished."""
    finished = op.create_table(
        "finished_steps", _key("run_id"), _key("place", sa.Integer), _column("workflow"), _column("data")
    )
    calls = op.create_table(
        "model_calls",
        _key("id"),
        _key("place", sa.Integer),
        _column("source"),
        _column("at", _REAL),
        _column("design"),
        *(_column(name, sa.Integer) for name in ("calls", "simulated")),
        *(_column(name, _BIG) for name in ("tokens_in", "tokens_out")),
        _column("known_usd", _REAL),
        *(_column("unknown", sa.Integer), _column("data")),
    )
    op.create_index("model_calls_by_time", "model_calls", ["at"])
    steps = _read(sa.select(STEPS).where(STEPS.c.state == "finished").order_by(STEPS.c.run_id, STEPS.c.started_at))
    _write(finished, _finished(steps))
    op.get_bind().execute(sa.delete(STEPS).where(STEPS.c.state == "finished"))
    _write(calls, _calls(_read(sa.select(USAGE).order_by(USAGE.c.id, USAGE.c.place))))
    op.drop_table("usage")
    op.drop_table("node_days")


def downgrade() -> None:
    """Unpacks it, and sums by node and day what is there."""
    _make_old_tables()
    packed = sa.table("finished_steps", *map(sa.column, ("run_id", "workflow", "place", "data")))
    _write(STEPS, _single_steps(_read(sa.select(packed))))
    calls = sa.table("model_calls", *map(sa.column, ("id", "place", "source", "design", "data")))
    _write(USAGE, _single_calls(_read(sa.select(calls))))
    _write(sa.table("node_days", *map(sa.column, NODE_DAY)), _by_day(_read(sa.select(STEPS))))
    op.drop_table("finished_steps")
    op.drop_table("model_calls")


def _make_old_tables() -> None:
    op.create_table(
        "usage",
        _key("id"),
        _key("place", sa.Integer),
        _column("source"),
        _column("at", _REAL),
        *map(_column, ("design", "step", "node", "model")),
        *(_column(name, _BIG, null=True) for name in ("tokens_in", "tokens_out")),
        _column("cost_usd", _REAL, null=True),
        _column("simulated", sa.Integer),
        sqlite_with_rowid=False,
    )
    op.create_index("usage_by_time", "usage", ["at"])
    op.create_table(
        "node_days",
        _key("day", sa.Integer),
        *map(_key, ("workflow", "node", "kind")),
        *(_column(name, sa.Integer) for name in ("steps", "failed", "retried", "simulated")),
        *(_column(name, _REAL) for name in ("seconds", "longest")),
        sqlite_with_rowid=False,
    )


def _read(query: Any) -> Rows:
    return iter(op.get_bind().execute(query, execution_options={"stream_results": True}))


def _write(table: Any, rows: Iterator[Row]) -> None:
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == MOST:
            op.get_bind().execute(sa.insert(table), some)
            some = []
    if some:
        op.get_bind().execute(sa.insert(table), some)


def _finished(steps: Rows) -> Iterator[Row]:
    for run_id, rows in groupby(steps, lambda row: row.run_id):
        for place, some in _in_parts(list(rows)):
            data = _packed(OF_STEP, some)
            yield {"run_id": run_id, "place": place, "workflow": some[0].workflow, "data": data}


def _calls(calls: Rows) -> Iterator[Row]:
    for (id, _), rows in groupby(calls, lambda row: (row.id, row.at // DAY)):
        for _, some in _in_parts(list(rows)):
            first = some[0]
            yield {
                "id": id,
                "place": first.place,
                "source": first.source,
                "at": first.at,
                "design": first.design,
                "calls": len(some),
                "simulated": sum(one.simulated for one in some),
                "tokens_in": sum(one.tokens_in or 0 for one in some),
                "tokens_out": sum(one.tokens_out or 0 for one in some),
                "known_usd": sum((one.cost_usd or 0.0 for one in some), 0.0),
                "unknown": sum(one.cost_usd is None for one in some),
                "data": _packed(OF_CALL, some),
            }


def _in_parts(rows: list[Any]) -> Iterator[tuple[int, list[Any]]]:
    for start in range(0, len(rows), MOST):
        yield start, rows[start : start + MOST]


def _packed(names: Iterable[str], rows: list[Any]) -> str:
    parts = {name: [getattr(row, name) for row in rows] for name in names}
    parts["simulated"] = [bool(one) for one in parts["simulated"]]
    told = {name: values for name, values in parts.items() if name not in USUAL or set(values) != {USUAL[name]}}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _unpacked(names: Iterable[str], data: str) -> Iterator[Row]:
    parts = json.loads(data)
    for place in range(max(map(len, parts.values()), default=0)):
        row = {name: parts[name][place] if name in parts else USUAL.get(name) for name in names}
        yield row | {"simulated": int(bool(row["simulated"]))}


def _single_steps(packed: Rows) -> Iterator[Row]:
    for row in packed:
        beside = {"run_id": row.run_id, "workflow": row.workflow, "state": "finished", "message": ""}
        yield from (beside | step for step in _unpacked(OF_STEP, row.data))


def _single_calls(packed: Rows) -> Iterator[Row]:
    for row in packed:
        beside = {"id": row.id, "source": row.source, "design": row.design}
        yield from (beside | call for call in _unpacked(OF_CALL, row.data))


def _by_day(steps: Rows) -> Iterator[Row]:
    sums: dict[tuple[Any, ...], list[Any]] = {}
    for step in steps:
        if step.state in ("finished", "failed", "continued"):
            key = int(step.started_at // DAY), step.workflow, step.node, step.kind
            sum_of = sums.setdefault(key, [0, 0, 0, 0, 0.0, 0.0])
            took = step.seconds or 0.0
            more = (1, step.state != "finished", step.attempts > 1, step.simulated, took)
            sum_of[:5] = [one + other for one, other in zip(sum_of, more, strict=False)]
            sum_of[5] = max(sum_of[5], took)
    return (dict(zip(NODE_DAY, (*key, *row), strict=True)) for key, row in sums.items())
