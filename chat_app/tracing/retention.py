"""Forgets old runs and design turns, by age and by size. What calls cost is kept: sums and budgets need it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, exists, func, select, text

from chat_app.tracing.keep import Keep
from chat_app.tracing.rows import in_parts
from chat_app.tracing.tables import (
    CONVERSATIONS,
    EVENTS,
    FILES,
    FINISHED_STEPS,
    REVISIONS,
    RUNS,
    SOURCES,
    STEPS,
    TEXTS,
    TRACES,
    TURN_EVENTS,
    TURNS,
)

DAY = 86_400.0
AT_ONCE = 200
"""Runs in one transaction, so that who records at the same time never waits for long."""
ROUNDS = 50
"""How often the size is measured and more is forgotten, at most."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten, or would be."""

    runs: tuple[str, ...]
    turns: int
    bytes_before: int
    bytes_after: int


def prune(engine: Engine, keep: Keep, *, dry: bool = False) -> Forgotten:
    """Forgets what is not to be kept. Runs that wait for a person stay, however old; with `dry`, nothing is done."""
    with engine.begin() as connection:
        before = size(connection)
        old = [] if keep.days is None else old_runs(connection, time.time() - keep.days * DAY)
        turns = 0 if keep.days is None else count_turns(connection, time.time() - keep.days * DAY)
        if dry:
            # Of what is too much, as many as by the first estimate; really, the size is measured as runs go.
            both = dict.fromkeys([*old, *_oldest_beyond(connection, keep)])
            return Forgotten(tuple(both), turns, before, before)
    forget(engine, old)
    if keep.days is not None:
        forget_turns(engine, time.time() - keep.days * DAY)
    gone = [*old, *_too_much(engine, keep)]
    with engine.begin() as connection:
        drop_unused_texts(connection)
        return Forgotten(tuple(gone), turns, before, size(connection))


def compact(engine: Engine) -> None:
    """Gives the room that is free now back to the disk."""
    with engine.connect() as connection:
        # Past the transaction that a connection begins: a VACUUM stands outside all of them.
        driver = connection.connection.driver_connection
        assert driver is not None
        if engine.dialect.name == "postgresql":
            driver.autocommit = True
        driver.execute("VACUUM")


def size(connection: Connection) -> int:
    """Bytes of what is kept, without the room that is free."""
    if connection.dialect.name == "sqlite":
        pages, free, page = (
            int(connection.execute(text(f"PRAGMA {name}")).scalar_one())
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * page
    tables = [table.name for table in (RUNS, EVENTS, STEPS, FINISHED_STEPS, FILES, TEXTS, TURN_EVENTS)]
    query = text("SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(CAST(:tables AS text[])) AS name")
    return int(connection.execute(query, {"tables": tables}).scalar_one())


def old_runs(connection: Connection, before: float) -> list[str]:
    """The runs that came to rest before a time, or began before it and never did; the oldest first."""
    last = func.coalesce(RUNS.c.ended_at, RUNS.c.started_at)
    query = select(RUNS.c.run_id).where(RUNS.c.state != "waiting", last < before).order_by(RUNS.c.started_at)
    return list(connection.execute(query).scalars())


def count_turns(connection: Connection, before: float) -> int:
    """How many design turns are older."""
    return int(connection.execute(select(func.count()).where(TURNS.c.started_at < before)).scalar_one())


def forget(engine: Engine, run_ids: Sequence[str]) -> None:
    """Takes runs out of the store; what their calls used stays."""
    for part in in_parts(run_ids, AT_ONCE):
        with engine.begin() as connection:
            for table in (EVENTS, STEPS, FINISHED_STEPS, FILES, SOURCES, RUNS):
                connection.execute(delete(table).where(table.c.run_id.in_(part)))
            connection.execute(delete(TRACES).where(TRACES.c.kind == "run", TRACES.c.id.in_(part)))


def forget_turns(engine: Engine, before: float) -> None:
    """Takes older design turns out, and conversations of which none is left."""
    with engine.begin() as connection:
        old = select(TURNS.c.turn).where(TURNS.c.started_at < before)
        connection.execute(delete(TURN_EVENTS).where(TURN_EVENTS.c.turn.in_(old)))
        connection.execute(delete(TURNS).where(TURNS.c.started_at < before))
        left = exists().where(TURNS.c.conversation == CONVERSATIONS.c.id)
        connection.execute(delete(CONVERSATIONS).where(~left))


def drop_unused_texts(connection: Connection) -> None:
    """Drops the texts that no run, revision or turn names any more."""
    named = [
        exists().where(column == TEXTS.c.sha256)
        for column in (SOURCES.c.sha256, REVISIONS.c.text_sha256, TURNS.c.text_sha256)
    ]
    condition = ~named[0]
    for one in named[1:]:
        condition &= ~one
    connection.execute(delete(TEXTS).where(condition))


def _too_much(engine: Engine, keep: Keep) -> list[str]:
    """Forgets the oldest runs until the rest is small enough; the ids of those that went."""
    gone: list[str] = []
    for _ in range(ROUNDS if keep.megabytes is not None else 0):
        with engine.begin() as connection:
            oldest = _oldest_beyond(connection, keep)
        if not oldest:
            break
        forget(engine, oldest)
        gone += oldest
        if engine.dialect.name == "postgresql":
            compact(engine)
    return gone


def _oldest_beyond(connection: Connection, keep: Keep) -> list[str]:
    """The oldest runs at rest, as large a share of them as the store is too large; none where it is not."""
    now = size(connection)
    if keep.megabytes is None or now <= (most := int(keep.megabytes * 1_000_000)):
        return []
    at_rest = RUNS.c.ended_at.is_not(None) & (RUNS.c.state != "waiting")
    count = int(connection.execute(select(func.count()).where(at_rest)).scalar_one())
    share = max(1, round(count * (1 - most / now)))
    query = select(RUNS.c.run_id).where(at_rest).order_by(RUNS.c.started_at).limit(share)
    return list(connection.execute(query).scalars())
