"""How the store's values become rows, and rows values again; the same statements on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from chat_app.events.run import Recorded
from chat_app.events.totals import Totals
from chat_app.events.value import names_of
from chat_app.tracing.lines import OfRun, packed, unpacked
from chat_app.tracing.run_row import StoredRun
from chat_app.tracing.step_row import StoredFile
from chat_app.tracing.tables import EVENTS, FILES, RUNS

MOST_IN_A_ROW = 1_000
"""Events; who reads a run from an offset on reads whole rows."""

_TOTALS = names_of(Totals)
_OWN = tuple(name for name in names_of(StoredRun) if name != "totals")
_SIMULATED = _OWN.index("simulated")
_RUN_VALUES = attrgetter(*_OWN)
_TOTAL_VALUES = attrgetter(*_TOTALS)
_FILE = attrgetter(*(one.name for one in fields(StoredFile)))


def event_rows(run_id: str, told: OfRun, kinds: Collection[type[Any]]) -> list[tuple[Any, ...]]:
    """The rows for events of a run, which are of these kinds."""
    return [
        (run_id, part.entries[0].offset, part.entries[-1].offset + 1, packed(kinds, part.lines))
        for part in _in_rows(told)
    ]


def _in_rows(told: OfRun) -> Iterator[OfRun]:
    if 0 < len(told.entries) <= MOST_IN_A_ROW:
        yield told
        return
    for start in range(0, len(told.entries), MOST_IN_A_ROW):
        some = slice(start, start + MOST_IN_A_ROW)
        yield OfRun(told.entries[some], told.lines[some])


def put_runs(connection: Connection, runs: Iterable[StoredRun]) -> None:
    """Writes the rows of runs, in place of those that were there."""
    put_rows(connection, RUNS, [_run_row(run) for run in runs])


def add_files(connection: Connection, files: Iterable[StoredFile]) -> None:
    """Adds files that came and went."""
    add_rows(connection, FILES, [_FILE(one) for one in files])


def known_runs(connection: Connection, run_ids: Sequence[str]) -> list[str]:
    """Those of the runs that have a row; asked plainly, as most that are asked for are new."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    found: list[str] = []
    for part in in_parts(run_ids):
        marks = ", ".join([mark] * len(part))
        query = f"SELECT run_id FROM runs WHERE run_id IN ({marks})"
        found += connection.exec_driver_sql(query, tuple(part)).scalars()
    return found


def select_runs(connection: Connection, choose: Select[Any]) -> list[StoredRun]:
    """The runs that a query over their table chooses."""
    return [_run(row) for row in connection.execute(choose.with_only_columns(*_run_columns()))]


def runs_where(*conditions: ColumnElement[bool]) -> Select[Any]:
    """The query for runs of which all this holds."""
    return select(RUNS).where(*conditions)


def select_events(connection: Connection, run_id: str, offset: int) -> list[Recorded]:
    """A run's events from an offset on, in order."""
    rows = connection.execute(
        select(EVENTS.c.data).where(EVENTS.c.run_id == run_id, EVENTS.c.until > offset).order_by(EVENTS.c.place)
    ).scalars()
    return [entry for data in rows for entry in unpacked(run_id, data) if entry.offset >= offset]


def all_run_ids(connection: Connection) -> list[str]:
    """The ids of all runs that have events."""
    return list(connection.execute(select(EVENTS.c.run_id).distinct()).scalars())


def select_files(connection: Connection, *conditions: ColumnElement[bool]) -> list[StoredFile]:
    """The files of which all this holds."""
    rows = connection.execute(select(FILES).where(*conditions).order_by(FILES.c.place, FILES.c.field))
    return [StoredFile(**row._mapping) for row in rows]


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows; where the key is there already, that row stays as it is."""
    add_rows(connection, table, [tuple(row[column.name] for column in table.columns) for row in rows])


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes whole rows, in place of those with the same keys."""
    put_rows(connection, table, [tuple(row[column.name] for column in table.columns) for row in rows])


def add_rows(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """The same for rows that are tuples already, past SQLAlchemy's reading of each value: they are many."""
    if rows:
        connection.exec_driver_sql(_statement(connection.dialect.name, table, False), rows)


def put_rows(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """The same in place of those with the same keys."""
    if rows:
        connection.exec_driver_sql(_statement(connection.dialect.name, table, True), rows)


def in_parts(values: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    """A long list in parts that fit into one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


@cache
def _statement(dialect: str, table: Table, replace: bool) -> str:
    """The insert of whole rows, with the marks of the database's driver."""
    names = [column.name for column in table.columns]
    marks = ", ".join(["?" if dialect == "sqlite" else "%s"] * len(names))
    keys = ", ".join(column.name for column in table.primary_key.columns)
    rest = [column.name for column in table.columns if not column.primary_key]
    sets = {name: f"excluded.{name}" for name in rest}
    if table is RUNS:
        # Whose a run is comes by itself, before its first event or after.
        sets["owner"] = "CASE WHEN excluded.owner = '' THEN runs.owner ELSE excluded.owner END"
    changed = f"UPDATE SET {', '.join(f'{name} = {new}' for name, new in sets.items())}" if replace else "NOTHING"
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT ({keys}) DO {changed}"


def _run_row(run: StoredRun) -> tuple[Any, ...]:
    values = [*_RUN_VALUES(run), *_TOTAL_VALUES(run.totals)]
    values[_SIMULATED] = int(run.simulated)
    return tuple(values)


def _run_columns() -> list[Any]:
    return [RUNS.c[name] for name in (*_OWN, *_TOTALS)]


def _run(row: Sequence[Any]) -> StoredRun:
    own = dict(zip(_OWN, row, strict=False))
    own["simulated"] = bool(own["simulated"])
    return StoredRun(**own, totals=Totals(**dict(zip(_TOTALS, row[len(_OWN) :], strict=True))))
