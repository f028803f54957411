"""Keeps every run's events in one SQLite file, off the runs' path.

`record` only puts an event into a queue; one thread writes what has come in, many events in one
transaction. What is written outlives a killed process. A disk that fails never fails a run: it is
told once, and the events wait in memory until it works again.
"""

from __future__ import annotations

import atexit
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from chat_app.events.run import Recorded
from chat_app.tracing import run_file
from chat_app.tracing.run_row import StoredRun

T = TypeVar("T")

MOST_AT_ONCE = 2_000
"""Events in one transaction."""
MOST_WAITING = 100_000
"""Events that wait for a failing disk; beyond, the oldest are given up."""
MOST_HEADS = 1_000
"""Runs whose rows the writer keeps at hand."""
FLUSH_SECONDS = 30.0
GATHER_SECONDS = 0.02
"""A transaction costs as much as many events, so a few are gathered; a flush does not wait for that."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Owned:
    run_id: str
    owner: str


_Job = Recorded | _Owned | threading.Event
"""What is queued; an Event is set once all before it was tried."""


class RunStore:
    """A recorder that can be read; its methods may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._waiting: list[Recorded | _Owned] = []
        """Taken from the queue and not yet written; only the writer changes it."""
        self._heads: dict[str, StoredRun] = {}
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._hurry = threading.Event()
        self.problem: str | None = None
        """Why nothing is written at present; None while all is well."""

    # recording

    def record(self, entry: Recorded) -> None:
        """Keeps an event; returns at once."""
        self._put(entry)

    def owned(self, run_id: str, owner: str) -> None:
        """Says whose run it is, before or after its first event."""
        self._put(_Owned(run_id, owner))

    def flush(self) -> None:
        """Waits until everything recorded so far is written, or the disk has refused it."""
        done = threading.Event()
        with self._lock:
            if self._thread is None:
                return
            self._queue.put(done)
        self._hurry.set()
        done.wait(FLUSH_SECONDS)

    def close(self) -> None:
        """Writes what is still to be written; a later event opens the store again."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._queue.put(None)
                atexit.unregister(self.close)
        self._hurry.set()
        if thread is not None:
            thread.join()

    # reading

    def runs(self, owner: str = "local", limit: int = 100) -> list[StoredRun]:
        """An owner's runs, the newest first."""
        where = "owner = ? ORDER BY started_at DESC, run_id LIMIT ?"
        return self._read(lambda file: run_file.select_runs(file, where, (owner, limit)))

    def find(
        self, *, owner: str | None = None, workflow: str | None = None, state: str | None = None, limit: int = 100
    ) -> list[StoredRun]:
        """The runs that are so, of all owners where none is named, the newest first."""
        wanted = {"owner": owner, "workflow": workflow, "state": state}
        named = {column: value for column, value in wanted.items() if value is not None}
        condition = " AND ".join(f"{column} = ?" for column in named) or "1"
        where = f"{condition} ORDER BY started_at DESC, run_id LIMIT ?"
        return self._read(lambda file: run_file.select_runs(file, where, (*named.values(), limit)))

    def starting_with(self, text: str, limit: int = 10) -> list[StoredRun]:
        """The runs whose ids begin so."""
        where = "substr(run_id, 1, ?) = ? ORDER BY run_id LIMIT ?"
        return self._read(lambda file: run_file.select_runs(file, where, (len(text), text, limit)))

    def run(self, run_id: str) -> StoredRun | None:
        """A run's row; None where there is no such run."""
        found = self._read(lambda file: run_file.select_runs(file, "run_id = ?", (run_id,)))
        return found[0] if found else None

    def events(self, run_id: str, offset: int = 0) -> list[Recorded]:
        """A run's events from an offset on, those still in the queue too."""
        self.flush()
        # Before the file is read: what leaves this list meanwhile is in the file.
        waiting = [one for one in list(self._waiting) if isinstance(one, Recorded) and one.run_id == run_id]
        found = {entry.offset: entry for entry in waiting if entry.offset >= offset}
        written = self._read(lambda file: run_file.select_events(file, run_id, offset))
        found |= {entry.offset: entry for entry in written}
        return [found[place] for place in sorted(found)]

    def _read(self, query: Callable[[sqlite3.Connection], list[T]]) -> list[T]:
        self.flush()
        if not self._path.is_file():
            return []
        try:
            with closing(run_file.open_for_reading(self._path)) as file:
                return query(file)
        except sqlite3.Error as error:
            self._tell(error)
            return []

    # the writer's thread

    def _put(self, job: _Job) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="run-store", daemon=True)
                self._thread.start()
                # What was recorded is written even where nobody closes the store.
                atexit.register(self.close)
            self._queue.put(job)

    def _work(self) -> None:
        file: sqlite3.Connection | None = None
        try:
            while True:
                flushes, last = self._take()
                try:
                    file = file or run_file.open_for_writing(self._path)
                    self._write(file)
                    self._well()
                except (sqlite3.Error, OSError) as error:
                    self._tell(error)
                    self._heads.clear()
                    if file is not None:
                        file.close()
                        file = None
                    self._give_up_oldest()
                for done in flushes:
                    done.set()
                if last:
                    return
        finally:
            if file is not None:
                file.close()

    def _take(self) -> tuple[list[threading.Event], bool]:
        """Moves what has come in to what waits; the flushes among it, and whether the store is closing."""
        flushes: list[threading.Event] = []
        job = self._queue.get()
        self._hurry.wait(GATHER_SECONDS)
        self._hurry.clear()
        for _ in range(MOST_AT_ONCE):
            if job is None:
                return flushes, True
            if isinstance(job, threading.Event):
                flushes.append(job)
            else:
                self._waiting.append(job)
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return flushes, False
        # One more was taken than is written at once.
        if isinstance(job, threading.Event):
            flushes.append(job)
        elif job is not None:
            self._waiting.append(job)
        return flushes, job is None

    def _write(self, file: sqlite3.Connection) -> None:
        """All that waits, in one transaction: the events, and the rows of their runs."""
        if not self._waiting:
            return
        batch = list(self._waiting)
        file.execute("BEGIN IMMEDIATE")
        try:
            changed = {run_id: self._head(file, run_id).after(entries) for run_id, entries in _by_run(batch).items()}
            for one in batch:
                if isinstance(one, _Owned):
                    changed[one.run_id] = replace(changed[one.run_id], owner=one.owner)
            run_file.insert_events(file, (one for one in batch if isinstance(one, Recorded)))
            run_file.put_runs(file, changed.values())
            file.execute("COMMIT")
        except BaseException:
            if file.in_transaction:
                file.execute("ROLLBACK")
            raise
        # Only now: a reader looks here first and then into the file, and must find each event.
        del self._waiting[: len(batch)]
        self._keep_heads(changed)

    def _head(self, file: sqlite3.Connection, run_id: str) -> StoredRun:
        known = self._heads.get(run_id)
        if known is not None:
            return known
        found = run_file.select_runs(file, "run_id = ?", (run_id,))
        return found[0] if found else StoredRun(run_id)

    def _keep_heads(self, changed: dict[str, StoredRun]) -> None:
        """A run at rest may go on in another process, so its row is read anew then."""
        self._heads |= changed
        for run_id, head in changed.items():
            if head.ended_at is not None:
                del self._heads[run_id]
        while len(self._heads) > MOST_HEADS:
            del self._heads[next(iter(self._heads))]

    def _well(self) -> None:
        if self.problem is not None:
            log.warning("Runs are recorded again.")
            self.problem = None

    def _tell(self, error: Exception) -> None:
        """Says once that nothing is written, and why."""
        if self.problem is None:
            log.error(
                "Runs are not recorded: %s: %s. They go on all the same; check the disk and the file.",
                self._path.name,
                error,
            )
        self.problem = str(error)

    def _give_up_oldest(self) -> None:
        if len(self._waiting) > MOST_WAITING:
            log.error("Too many events wait for the disk; the oldest are given up.")
            del self._waiting[: len(self._waiting) - MOST_WAITING]


def _by_run(batch: list[Recorded | _Owned]) -> dict[str, list[Recorded]]:
    """The events of each run named in the batch, in their order."""
    runs: dict[str, list[Recorded]] = {}
    for one in batch:
        entries = runs.setdefault(one.run_id, [])
        if isinstance(one, Recorded):
            entries.append(one)
    return runs
