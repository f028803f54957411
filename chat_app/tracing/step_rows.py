"""Steps as rows: one for each that is not finished, and one for all that finished together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import Connection, and_, delete, select

from chat_app.tracing.rows import add_rows, in_parts, put_rows
from chat_app.tracing.step_row import FINISHED, FinishedStep, StoredStep
from chat_app.tracing.tables import FINISHED_STEPS, STEPS

MOST_IN_A_ROW = 1_000

FinishedRow = tuple[str, int, str, str]
"""The run, the place, the workflow, and steps as columns."""


def put_steps(connection: Connection, steps: Iterable[StoredStep]) -> None:
    """Writes the rows of steps that are not finished, in place of those that were there."""
    put_rows(connection, STEPS, [(*step[:-1], int(step.simulated)) for step in steps])


def drop_steps(connection: Connection, run_id: str, steps: Sequence[str]) -> None:
    """Drops the rows of steps that are finished now."""
    for part in in_parts(steps):
        connection.execute(delete(STEPS).where(STEPS.c.run_id == run_id, STEPS.c.step.in_(part)))


def finished_rows(run_id: str, workflow: str, place: int, steps: Sequence[FinishedStep]) -> Iterator[FinishedRow]:
    """The rows for steps that finished; `place` is that of the first event which they were told with."""
    for start in range(0, len(steps), MOST_IN_A_ROW):
        columns = zip(*steps[start : start + MOST_IN_A_ROW], strict=True)
        # No two places are alike: from each to the next there are more events than steps.
        yield run_id, place + start, workflow, FINISHED.packed(columns)


def add_finished(connection: Connection, rows: Iterable[FinishedRow]) -> None:
    """Adds finished steps."""
    add_rows(connection, FINISHED_STEPS, list(rows))


def forget_finished(connection: Connection, run_id: str, steps: Collection[str]) -> None:
    """Takes out what is told anew of steps that were finished before: a run that goes on may do them again."""
    query = select(FINISHED_STEPS).where(FINISHED_STEPS.c.run_id == run_id)
    for _, place, _, data in connection.execute(query).all():
        finished = list(FINISHED.rows_in(data))
        left = [one for one in finished if one[0] not in steps]
        here = and_(FINISHED_STEPS.c.run_id == run_id, FINISHED_STEPS.c.place == place)
        if not left:
            connection.execute(delete(FINISHED_STEPS).where(here))
        elif len(left) < len(finished):
            connection.execute(
                FINISHED_STEPS.update().where(here).values(data=FINISHED.packed(zip(*left, strict=True)))
            )


def select_steps(connection: Connection, run_id: str) -> list[StoredStep]:
    """A run's steps in the order in which they began."""
    found = unfinished(connection, [run_id])
    query = select(FINISHED_STEPS.c.workflow, FINISHED_STEPS.c.data).where(FINISHED_STEPS.c.run_id == run_id)
    for workflow, data in connection.execute(query):
        for step, node, kind, parent, began, seconds, attempts, cause, simulated in FINISHED.rows_in(data):
            about = run_id, step, workflow, node, kind, parent
            found.append(StoredStep(*about, "finished", began, seconds, attempts, cause, "", simulated))
    return sorted(found, key=lambda one: (one.started_at, one.step))


def unfinished(connection: Connection, run_ids: Sequence[str]) -> list[StoredStep]:
    """The steps of runs that are not finished."""
    rows = connection.execute(select(STEPS).where(STEPS.c.run_id.in_(run_ids)))
    return [StoredStep(**{**row._mapping, "simulated": bool(row.simulated)}) for row in rows]
