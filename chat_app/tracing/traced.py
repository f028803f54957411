"""What has become a trace, and what has not yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, and_, func, or_, select

from chat_app.tracing import rows
from chat_app.tracing.jobs import Traced
from chat_app.tracing.tables import RUNS, TRACES, TURNS


def put_traced(connection: Connection, traced: Sequence[Traced]) -> None:
    """Keeps where traces are."""
    rows.put(connection, TRACES, [asdict(one) for one in traced])


def untraced_runs(connection: Connection, target: str, limit: int) -> list[str]:
    """Runs at rest of which something is not traced there yet, the oldest first."""
    done = (
        select(TRACES.c.id, func.max(TRACES.c.part).label("part"))
        .where(TRACES.c.target == target, TRACES.c.kind == "run")
        .group_by(TRACES.c.id)
        .subquery()
    )
    query = (
        select(RUNS.c.run_id)
        .outerjoin(done, done.c.id == RUNS.c.run_id)
        .where(RUNS.c.ended_at.is_not(None), or_(done.c.part.is_(None), done.c.part < RUNS.c.next_offset))
        .order_by(RUNS.c.ended_at, RUNS.c.run_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def untraced_turns(connection: Connection, target: str, limit: int) -> list[str]:
    """Design turns that are not traced there yet, the oldest first."""
    here = and_(TRACES.c.target == target, TRACES.c.kind == "turn", TRACES.c.id == TURNS.c.turn)
    query = (
        select(TURNS.c.turn)
        .outerjoin(TRACES, here)
        .where(TRACES.c.id.is_(None))
        .order_by(TURNS.c.started_at, TURNS.c.turn)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def parts(connection: Connection, target: str, run_id: str) -> list[Traced]:
    """The traces of a run, in the order of its stretches."""
    query = select(TRACES).where(TRACES.c.target == target, TRACES.c.kind == "run", TRACES.c.id == run_id)
    return [Traced(**row._mapping) for row in connection.execute(query.order_by(TRACES.c.part))]
