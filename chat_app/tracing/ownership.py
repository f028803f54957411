"""Whose rows are whose."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table, or_, select

from chat_app.tracing.tables import (
    CONVERSATIONS,
    DESIGNS,
    EVENTS,
    FILES,
    FINISHED_STEPS,
    MODEL_CALLS,
    REVISIONS,
    RUNS,
    STEPS,
    TURNS,
)


def owned_by(table: Table, owner: str) -> ColumnElement[bool]:
    """The condition under which a row of a table belongs to an owner."""
    runs = select(RUNS.c.run_id).where(RUNS.c.owner == owner)
    talks = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.owner == owner)
    turns = select(TURNS.c.turn).where(TURNS.c.conversation.in_(talks))
    if table in (RUNS, CONVERSATIONS, DESIGNS, REVISIONS):
        return table.c.owner == owner
    if table in (EVENTS, STEPS, FINISHED_STEPS, FILES):
        return table.c.run_id.in_(runs)
    if table is TURNS:
        return table.c.conversation.in_(talks)
    if table is MODEL_CALLS:
        return or_(table.c.id.in_(runs), table.c.id.in_(turns))
    raise AssertionError(f"{table.name} has no owner")
