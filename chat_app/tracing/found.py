"""What readers ask the run store: lists of runs, and the parts of one."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select, tuple_

from chat_app.tracing import rows
from chat_app.tracing.call_rows import select_usage
from chat_app.tracing.run_row import StoredRun
from chat_app.tracing.step_row import StoredFile, StoredStep, StoredUsage
from chat_app.tracing.step_rows import select_steps
from chat_app.tracing.tables import FILES, MODEL_CALLS, RUNS, SOURCES, TEXTS


def runs(
    connection: Connection, wanted: Mapping[str, str | None], limit: int, before: tuple[float, str] | None = None
) -> list[StoredRun]:
    """Runs that are so, the newest first, from a place in that order on."""
    conditions = [RUNS.c[name] == value for name, value in wanted.items() if value is not None]
    if before is not None:
        started_at, run_id = before
        later = tuple_(-RUNS.c.started_at, RUNS.c.run_id) > tuple_(-started_at, run_id)
        conditions += [RUNS.c.started_at <= started_at, later]
    chosen = rows.runs_where(*conditions).order_by(RUNS.c.started_at.desc(), RUNS.c.run_id).limit(limit)
    return rows.select_runs(connection, chosen)


def starting_with(connection: Connection, text: str, limit: int) -> list[StoredRun]:
    """Runs whose ids begin so."""
    begins = func.substr(RUNS.c.run_id, 1, len(text)) == text
    return rows.select_runs(connection, rows.runs_where(begins).order_by(RUNS.c.run_id).limit(limit))


def run(connection: Connection, run_id: str) -> StoredRun | None:
    """One run; None where there is none of this id."""
    found = rows.select_runs(connection, rows.runs_where(RUNS.c.run_id == run_id))
    return found[0] if found else None


def steps(connection: Connection, run_id: str) -> list[StoredStep]:
    """The steps of a run."""
    return select_steps(connection, run_id)


def usage(connection: Connection, run_id: str) -> list[StoredUsage]:
    """What a run used."""
    return select_usage(connection, MODEL_CALLS.c.id == run_id)


def files(connection: Connection, run_id: str) -> list[StoredFile]:
    """The files of a run."""
    return rows.select_files(connection, FILES.c.run_id == run_id)


def file_digests(connection: Connection) -> set[str]:
    """The digests of the files of all runs."""
    return set(connection.execute(select(FILES.c.sha256).distinct()).scalars())


def texts(connection: Connection, run_id: str) -> dict[str, str]:
    """The texts of a run, by path."""
    query = (
        select(SOURCES.c.path, TEXTS.c.text)
        .join(TEXTS, TEXTS.c.sha256 == SOURCES.c.sha256)
        .where(SOURCES.c.run_id == run_id)
    )
    return {str(path): str(text) for path, text in connection.execute(query)}
