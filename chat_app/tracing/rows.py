"""How the store's values become rows, and rows values again; the same statements on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Select, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from chat_app.events import wire
from chat_app.events.run import Logged, Recorded
from chat_app.events.totals import Totals
from chat_app.tracing.run_row import StoredRun
from chat_app.tracing.step_row import StoredFile, StoredStep, StoredUsage
from chat_app.tracing.tables import EVENTS, FILES, RUNS, STEPS, USAGE

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

_TOTALS = tuple(one.name for one in fields(Totals))
_OWN = tuple(one.name for one in fields(StoredRun) if one.name != "totals")
_STEP = tuple(one.name for one in fields(StoredStep))
_USAGE = tuple(one.name for one in fields(StoredUsage))
_FILE = tuple(one.name for one in fields(StoredFile))


def insert_events(connection: Connection, entries: Iterable[Recorded]) -> None:
    """Adds events; one that is there already stays as it is."""
    add(connection, EVENTS, [_event_row(entry) for entry in entries])


def put_runs(connection: Connection, runs: Iterable[StoredRun]) -> None:
    """Writes the rows of runs, in place of those that were there."""
    put(connection, RUNS, [_run_row(run) for run in runs])


def put_steps(connection: Connection, steps: Iterable[StoredStep]) -> None:
    """Writes the rows of steps, in place of those that were there."""
    put(connection, STEPS, [_values(step, _STEP) for step in steps])


def add_usage(connection: Connection, usage: Iterable[StoredUsage]) -> None:
    """Adds what model calls used; what is there already stays."""
    add(connection, USAGE, [_values(one, _USAGE) for one in usage])


def add_files(connection: Connection, files: Iterable[StoredFile]) -> None:
    """Adds files that came and went."""
    add(connection, FILES, [_values(one, _FILE) for one in files])


def select_runs(connection: Connection, choose: Select[Any]) -> list[StoredRun]:
    """The runs that a query over their table chooses."""
    return [_run(row) for row in connection.execute(choose.with_only_columns(*_run_columns()))]


def runs_where(*conditions: ColumnElement[bool]) -> Select[Any]:
    """The query for runs of which all this holds."""
    return select(RUNS).where(*conditions)


def select_events(connection: Connection, run_id: str, offset: int) -> list[Recorded]:
    """A run's events from an offset on, in order."""
    columns = (EVENTS.c.place, EVENTS.c.at, EVENTS.c.data)
    rows = connection.execute(
        select(*columns).where(EVENTS.c.run_id == run_id, EVENTS.c.place >= offset).order_by(EVENTS.c.place)
    )
    return [Recorded(run_id, place, at, event=wire.event_from_json(json.loads(data))) for place, at, data in rows]


def all_run_ids(connection: Connection) -> list[str]:
    """The ids of all runs that have events."""
    return list(connection.execute(select(EVENTS.c.run_id).distinct()).scalars())


def select_steps(connection: Connection, *conditions: ColumnElement[bool]) -> list[StoredStep]:
    """The steps of which all this holds, in the order in which they began."""
    rows = connection.execute(
        select(*(STEPS.c[name] for name in _STEP)).where(*conditions).order_by(STEPS.c.started_at, STEPS.c.step)
    )
    return [StoredStep(**{**row._mapping, "simulated": bool(row.simulated)}) for row in rows]


def select_usage(connection: Connection, *conditions: ColumnElement[bool]) -> list[StoredUsage]:
    """What the model calls used of which all this holds, in their order."""
    rows = connection.execute(
        select(*(USAGE.c[name] for name in _USAGE)).where(*conditions).order_by(USAGE.c.at, USAGE.c.place)
    )
    return [StoredUsage(**{**row._mapping, "simulated": bool(row.simulated)}) for row in rows]


def select_files(connection: Connection, *conditions: ColumnElement[bool]) -> list[StoredFile]:
    """The files of which all this holds."""
    rows = connection.execute(
        select(*(FILES.c[name] for name in _FILE)).where(*conditions).order_by(FILES.c.place, FILES.c.field)
    )
    return [StoredFile(**row._mapping) for row in rows]


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows; where the key is there already, that row stays as it is."""
    if rows:
        connection.execute(_statement(connection.dialect.name, table, False), list(rows))


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes whole rows, in place of those with the same keys."""
    if rows:
        connection.execute(_statement(connection.dialect.name, table, True), list(rows))


def in_parts(values: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    """A long list in parts that fit into one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


@cache
def _statement(dialect: str, table: Table, replace: bool) -> Executable:
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    keys = list(table.primary_key.columns)
    rest = {column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key}
    if replace and rest:
        return insert.on_conflict_do_update(index_elements=keys, set_=rest)
    return insert.on_conflict_do_nothing(index_elements=keys)


def _event_row(entry: Recorded) -> dict[str, Any]:
    try:
        data = wire.event_to_json(entry.event)
        text = _encode(data)
    except (RecursionError, ValueError, TypeError) as error:
        # No gap in the log: what can't be kept is at least named.
        data = wire.event_to_json(Logged(f"A {type(entry.event).__name__} could not be kept: {error}", "error"))
        text = _encode(data)
    return {"run_id": entry.run_id, "place": entry.offset, "at": entry.at, "event": data["event"], "data": text}


def _values(one: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}


def _run_row(run: StoredRun) -> dict[str, Any]:
    return _values(run, _OWN) | _values(run.totals, _TOTALS)


def _run_columns() -> list[Any]:
    return [RUNS.c[name] for name in (*_OWN, *_TOTALS)]


def _run(row: Sequence[Any]) -> StoredRun:
    own = dict(zip(_OWN, row, strict=False))
    own["simulated"] = bool(own["simulated"])
    return StoredRun(**own, totals=Totals(**dict(zip(_TOTALS, row[len(_OWN) :], strict=True))))
