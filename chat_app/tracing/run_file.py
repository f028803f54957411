"""The SQLite file of runs and events: its tables, and how rows become values and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from chat_app.events import wire
from chat_app.events.run import Logged, Recorded
from chat_app.events.totals import Totals
from chat_app.tracing.run_row import StoredRun

VERSION = 1
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
BUSY_SECONDS = 30.0

_TOTALS = tuple(one.name for one in fields(Totals))
_OWN = tuple(one.name for one in fields(StoredRun) if one.name != "totals")
_COLUMNS = (*_OWN, *_TOTALS)

_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    workflow TEXT NOT NULL,
    text_sha256 TEXT NOT NULL,
    model TEXT NOT NULL,
    simulated INTEGER NOT NULL,
    state TEXT NOT NULL,
    message TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL,
    next_offset INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    tokens_in INTEGER,
    tokens_out INTEGER,
    cost_usd REAL,
    simulated_calls INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_of_owner ON runs (owner, started_at DESC, run_id);
CREATE TABLE IF NOT EXISTS events (
    run_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    at REAL NOT NULL,
    event TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run_id, place)
);
"""


class WrongVersion(sqlite3.DatabaseError):
    """The file was made by a later version of the program."""


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The file, made where there is none; what is committed outlives a killed process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise WrongVersion(f"{path.name} was made by a later version of the program")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.executescript(_TABLES)
        connection.execute(f"PRAGMA user_version={VERSION}")
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """The file as it is committed now; reading never waits for the writer."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA query_only=1")
    return connection


def insert_events(connection: sqlite3.Connection, entries: Iterable[Recorded]) -> None:
    """Adds events; one that is there already stays as it is."""
    connection.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?)", map(_event_row, entries))


def put_runs(connection: sqlite3.Connection, runs: Iterable[StoredRun]) -> None:
    """Writes the rows of runs, in place of those that were there."""
    marks = ", ".join("?" * len(_COLUMNS))
    rows = (
        [*(getattr(run, name) for name in _OWN), *(getattr(run.totals, name) for name in _TOTALS)] for run in runs
    )
    connection.executemany(f"INSERT OR REPLACE INTO runs ({', '.join(_COLUMNS)}) VALUES ({marks})", rows)


def select_runs(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[StoredRun]:
    """The rows of runs that a condition chooses."""
    found = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM runs WHERE {where}", values)
    return [_run(row) for row in found]


def select_events(connection: sqlite3.Connection, run_id: str, offset: int) -> list[Recorded]:
    """A run's events from an offset on, in order."""
    rows = connection.execute(
        "SELECT place, at, data FROM events WHERE run_id = ? AND place >= ? ORDER BY place", (run_id, offset)
    )
    return [Recorded(run_id, place, at, event=wire.event_from_json(json.loads(data))) for place, at, data in rows]


def _event_row(entry: Recorded) -> tuple[Any, ...]:
    try:
        data = wire.event_to_json(entry.event)
        text = _encode(data)
    except (RecursionError, ValueError, TypeError) as error:
        # No gap in the log: what can't be kept is at least named.
        data = wire.event_to_json(Logged(f"A {type(entry.event).__name__} could not be kept: {error}", "error"))
        text = _encode(data)
    return entry.run_id, entry.offset, entry.at, data["event"], text


def _run(row: Sequence[Any]) -> StoredRun:
    own = dict(zip(_OWN, row, strict=False))
    own["simulated"] = bool(own["simulated"])
    return StoredRun(**own, totals=Totals(**dict(zip(_TOTALS, row[len(_OWN) :], strict=True))))
