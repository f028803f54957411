"""The engine's SQLite file: its tables, one connection to it, many small writes as one transaction.

WAL and `synchronous=NORMAL`: what was committed outlives a killed process at any moment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from chat_app.files.write_ahead import log_writes

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]

DATABASE = "engine.sqlite"
BUSY_SECONDS = 30.0
LOG_BYTES = 4_000_000
"""The log of writes (WAL) is copied into the file when it has grown by so much."""

_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    created REAL NOT NULL,
    status TEXT NOT NULL,
    process TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_of_owner ON runs (owner, created);
CREATE INDEX IF NOT EXISTS runs_running ON runs (created) WHERE status = 'running';
CREATE TABLE IF NOT EXISTS checkpoints (
    thread_id TEXT NOT NULL,
    checkpoint_ns TEXT NOT NULL,
    checkpoint_id TEXT NOT NULL,
    parent_id TEXT,
    type TEXT NOT NULL,
    checkpoint BLOB NOT NULL,
    metadata TEXT NOT NULL,
    PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS writes (
    thread_id TEXT NOT NULL,
    checkpoint_ns TEXT NOT NULL,
    checkpoint_id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    idx INTEGER NOT NULL,
    task_path TEXT NOT NULL,
    channel TEXT NOT NULL,
    type TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
    run_id TEXT NOT NULL,
    step TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run_id, step, kind)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (
    batch TEXT NOT NULL,
    place INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (batch, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cache (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    created REAL NOT NULL,
    writes TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
"""


class Database:
    """One connection; one thread at a time uses it."""

    def __init__(self, path: Path) -> None:
        """Opens the file, made where there is none. Raises sqlite3.Error, OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._log = path.with_name(f"{path.name}-wal")
        self._copied_at = 0
        """How large the log was when it was last copied."""
        self._waits = True
        self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        # A text with a bit that has changed must not keep others, which are read with it, from being read.
        self._connection.text_factory = lambda text: text.decode("utf-8", "replace")
        try:
            log_writes(self._connection)
            self._connection.execute("PRAGMA synchronous=NORMAL")
            # Copying waits for the disk, so that a commit must not begin it; and a log of which all is copied is
            # cut off, so that its size tells how much is not.
            self._connection.execute("PRAGMA wal_autocheckpoint=0")
            self._connection.execute("PRAGMA journal_size_limit=0")
            self._connection.executescript(_TABLES)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Closes it; the last connection to a file takes its log away."""
        self._connection.close()

    def write(self, jobs: Sequence[Job[Any]], *, waits: bool) -> list[Any]:
        """The results of all jobs, in one transaction, or none; `waits` for who has the file locked."""
        if waits is not self._waits:
            self._connection.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000) if waits else 0}")
            self._waits = waits
        return self._within("BEGIN IMMEDIATE", jobs)

    def read(self, job: Job[T]) -> T:
        """What a job reads, of one moment; who writes does not hold it up."""
        (result,) = self._within("BEGIN", [job])
        found: T = result
        return found

    def _within(self, begin: str, jobs: Sequence[Job[Any]]) -> list[Any]:
        connection = self._connection
        connection.execute(begin)
        try:
            results = [job(connection) for job in jobs]
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return results

    def has_long_log(self) -> bool:
        """Whether it is time to copy the log."""
        try:
            size = self._log.stat().st_size
        except OSError:
            return False
        self._copied_at = min(self._copied_at, size)
        return size - self._copied_at >= LOG_BYTES

    def copy_log(self) -> None:
        """Copies the log into the file, as far as nobody reads from it. Waits for the disk; raises sqlite3.Error."""
        self._copied_at = self._log.stat().st_size
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        # The first write after it begins the log anew, and waits for the disk too.
        self._connection.execute("PRAGMA user_version=1")
