"""Sums over steps and turns for a dashboard: how long nodes take, what fails and why, how well designers do."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Integer, cast, func, select

from chat_app.tracing.node_days import DAY, FAILED
from chat_app.tracing.tables import NODE_DAYS, RUNS, STEPS, TURNS


@dataclass(frozen=True, slots=True)
class NodeSum:
    """How a node of a workflow did; all steps that came to an end count."""

    workflow: str
    node: str
    kind: str
    steps: int
    failed: int
    retried: int
    mean_seconds: float
    longest_seconds: float


@dataclass(frozen=True, slots=True)
class Failures:
    """How often a node failed for a cause."""

    workflow: str
    node: str
    cause: str
    times: int


@dataclass(frozen=True, slots=True)
class DesignerSum:
    """How a designer's turns with a model did."""

    designer: str
    model: str
    turns: int
    edited: int
    valid: int
    """Turns that left a valid draft."""
    failed: int


def nodes(connection: Connection, since: float | None = None, limit: int = 500) -> list[NodeSum]:
    """The nodes of all workflows, those that took most time in all first; `since` counts whole days."""
    total, took = func.sum(NODE_DAYS.c.steps), func.sum(NODE_DAYS.c.seconds)
    query = (
        select(
            NODE_DAYS.c.workflow,
            NODE_DAYS.c.node,
            func.max(NODE_DAYS.c.kind),
            total,
            func.sum(NODE_DAYS.c.failed),
            func.sum(NODE_DAYS.c.retried),
            took / total,
            func.max(NODE_DAYS.c.longest),
        )
        .where(*([] if since is None else [NODE_DAYS.c.day >= int(since // DAY)]))
        .group_by(NODE_DAYS.c.workflow, NODE_DAYS.c.node)
        .order_by(took.desc())
        .limit(limit)
    )
    return [NodeSum(*row) for row in connection.execute(query)]


def failures(connection: Connection, since: float | None = None, limit: int = 500) -> list[Failures]:
    """What failed and why, the most frequent first."""
    query = (
        select(STEPS.c.workflow, STEPS.c.node, STEPS.c.cause, func.count())
        .where(STEPS.c.state.in_(FAILED), *_since(STEPS.c.started_at, since))
        .group_by(STEPS.c.workflow, STEPS.c.node, STEPS.c.cause)
        .order_by(func.count().desc(), STEPS.c.workflow, STEPS.c.node)
        .limit(limit)
    )
    return [Failures(*row) for row in connection.execute(query)]


def states(connection: Connection, since: float | None = None) -> dict[str, int]:
    """How many runs are in which state."""
    query = select(RUNS.c.state, func.count()).where(*_since(RUNS.c.started_at, since)).group_by(RUNS.c.state)
    return {str(state): int(count) for state, count in connection.execute(query)}


def designers(connection: Connection, since: float | None = None) -> list[DesignerSum]:
    """How the designers did, by model."""
    query = (
        select(
            TURNS.c.designer,
            TURNS.c.model,
            func.count(),
            func.sum(cast(TURNS.c.valid.is_not(None), Integer)),
            func.coalesce(func.sum(TURNS.c.valid), 0),
            func.sum(cast(TURNS.c.state == "failed", Integer)),
        )
        .where(*_since(TURNS.c.started_at, since))
        .group_by(TURNS.c.designer, TURNS.c.model)
        .order_by(func.count().desc())
    )
    return [DesignerSum(*row) for row in connection.execute(query)]


def _since(column: ColumnElement[float], since: float | None) -> list[ColumnElement[bool]]:
    return [] if since is None else [column >= since]
