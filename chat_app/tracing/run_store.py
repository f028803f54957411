"""Keeps every run's events in one database, off the runs' path.

`record` only puts an event into a queue; one thread writes what has come in, many events in one
transaction. What is written outlives a killed process. A disk that fails never fails a run: it is
told once, and the events wait in memory until it works again.
"""

from __future__ import annotations

import atexit
import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chat_app.events.design import DesignTurn
from chat_app.events.record import SortingRecorder
from chat_app.events.run import Recorded
from chat_app.tracing.alarm import Alarm
from chat_app.tracing.behind import Behind
from chat_app.tracing.gathered import Gathered
from chat_app.tracing.jobs import Full, Job, Kept, Owned, Saved, Told, Traced
from chat_app.tracing.journal import Journal, abandoned, left_in
from chat_app.tracing.lines import exact
from chat_app.tracing.run_row import StoredRun

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from chat_app.tracing.step_row import StoredFile, StoredStep, StoredUsage
    from chat_app.tracing.writer import BatchWriter

T = TypeVar("T")

MOST_AT_ONCE = 5_000
"""Pieces in one transaction; one holds the events of a run in a turn of its event loop."""
MOST_WAITING = 100_000
"""Events that wait for a failing disk; beyond, the oldest are given up."""
FLUSH_SECONDS = 30.0
GATHER_SECONDS = 1.0
"""A transaction costs as much as many events, so they are gathered; who reads here does not wait for that."""

log = logging.getLogger(__name__)


class RunStore(SortingRecorder):
    """A recorder that can be read; its methods may be called from any thread.

    Its place is a SQLite file, or the URL of a database. Nothing of a database is loaded before it is used.
    """

    def __init__(self, place: Path | str, unwritten: Path | None = None) -> None:
        self.place = place
        self._unwritten = (
            place.with_suffix(".unwritten") if unwritten is None and isinstance(place, Path) else unwritten
        )
        """The folder that keeps what is not yet in the database; None: nothing is kept against a kill."""
        self._journal = None if self._unwritten is None else Journal(self._unwritten)
        self._alarm = Alarm()
        self._behind = Behind(self._alarm.ring)
        self._gathered = Gathered(self._journal, self._put, self._behind)
        self.takes = self._gathered.takes
        """Keeps an event; returns at once, and what follows a step runs after the step is on file."""
        self.hears = self._gathered.hears
        self.lost = self._gathered.lost
        """How often something could not be kept against a kill; None where nothing is."""
        self.exact = exact
        """Whether a value is read from the record as it is."""
        self.kept = self._gathered.kept
        """The same, once all that this event loop has recorded so far is on file."""
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._waiting: list[Kept | Full] = []
        """Taken from the queue and not yet written; only the writer changes it."""
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self.problem: str | None = None
        """Why nothing is written at present; None while all is well."""

    # recording

    def owned(self, run_id: str, owner: str) -> None:
        """Says whose run it is, before or after its first event."""
        self._gathered.own(Owned(run_id, owner))

    def saved(self, saved: Saved) -> None:
        """Keeps a revision of a design."""
        self._put(saved)

    def turned(self, turn: DesignTurn) -> None:
        """Keeps a design turn."""
        self._put(turn)

    def traced(self, traced: Traced) -> None:
        """Keeps where a trace is."""
        self._put(traced)

    def flush(self) -> None:
        """Waits until everything recorded so far is written, or the disk has refused it."""
        self._gathered.pass_on()
        done = threading.Event()
        with self._lock:
            if self._thread is None:
                return
            self._queue.put(done)
        self._alarm.ring()
        done.wait(FLUSH_SECONDS)

    def close(self) -> None:
        """Writes what is still to be written; a later event opens the store again."""
        self._gathered.pass_on()
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._queue.put(None)
                atexit.unregister(self.close)
        self._alarm.ring()
        if thread is not None:
            thread.join()
        if self._journal is not None:
            self._journal.close(done=not self._waiting)
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    # reading

    def runs(self, owner: str = "local", limit: int = 100) -> list[StoredRun]:
        """An owner's runs, the newest first."""
        return self.find(owner=owner, limit=limit)

    def find(
        self,
        *,
        owner: str | None = None,
        workflow: str | None = None,
        state: str | None = None,
        limit: int = 100,
        before: tuple[float, str] | None = None,
    ) -> list[StoredRun]:
        """The runs that are so, of all owners where none is named, the newest first.

        `before` is the start and the id of the last run of the page that was read before this one.
        """
        from chat_app.tracing import found

        wanted = {"owner": owner, "workflow": workflow, "state": state}
        return self.read(lambda file: found.runs(file, wanted, limit, before), [])

    def starting_with(self, text: str, limit: int = 10) -> list[StoredRun]:
        """The runs whose ids begin so."""
        from chat_app.tracing import found

        return self.read(lambda file: found.starting_with(file, text, limit), [])

    def run(self, run_id: str) -> StoredRun | None:
        """A run's row; None where there is no such run."""
        from chat_app.tracing import found

        return self.read(lambda file: found.run(file, run_id), None)

    def events(self, run_id: str, offset: int = 0) -> list[Recorded]:
        """A run's events from an offset on, those still in the queue too."""
        from chat_app.tracing import rows

        self.flush()
        # Before the file is read: what leaves this list meanwhile is in the file.
        told = [one for one in list(self._waiting) if isinstance(one, Told)]
        waiting = [entry for one in told for entry in one.entries if entry.run_id == run_id]
        entries = {entry.offset: entry for entry in waiting if entry.offset >= offset}
        try:
            written: list[Recorded] = self.read(lambda file: rows.select_events(file, run_id, offset), [])
        except (ValueError, KeyError, TypeError) as error:
            # Half of what a run did would pass for all of it.
            log.error("What run %s did cannot be read any more: %s. The other runs are whole.", run_id, error)
            return []
        entries |= {entry.offset: entry for entry in written}
        return [entries[place] for place in sorted(entries)]

    def steps(self, run_id: str) -> list[StoredStep]:
        """A run's steps, in the order in which they began."""
        from chat_app.tracing import found

        return self.read(lambda file: found.steps(file, run_id), [])

    def usage(self, run_id: str) -> list[StoredUsage]:
        """What the model calls of a run used."""
        from chat_app.tracing import found

        return self.read(lambda file: found.usage(file, run_id), [])

    def files(self, run_id: str) -> list[StoredFile]:
        """The files that a run was given, wrote and returned."""
        from chat_app.tracing import found

        return self.read(lambda file: found.files(file, run_id), [])

    def file_digests(self) -> set[str] | None:
        """The digests of the files of all recorded runs; None where the record can't be read."""
        from chat_app.tracing import database, found

        digests: set[str] | None = self.read(found.file_digests, None)
        return set() if digests is None and not database.exists(database.url_of(self.place)) else digests

    def texts(self, run_id: str) -> dict[str, str]:
        """The texts that a run runs, by path; its own workflow's under the empty one."""
        from chat_app.tracing import found

        return self.read(lambda file: found.texts(file, run_id), {})

    def read(self, query: Callable[[Connection], T], nothing: T) -> T:
        """What a query finds in all that was recorded so far; `nothing` where the store cannot be read."""
        from sqlalchemy.exc import SQLAlchemyError

        from chat_app.tracing import database

        self.flush()
        try:
            left = self._left()
            if not left and not database.exists(database.url_of(self.place)):
                return nothing
            with self._lock:
                if self._engine is None:
                    self._engine = opened_for_reading(self.place, self._unwritten)
                elif left:
                    # Another process has died meanwhile: a run of it may be gone on with here.
                    writer = opened_for_writing(self.place, None)
                    try:
                        for path in left:
                            take_up(path, writer)
                    finally:
                        writer.close()
            with self._engine.connect() as connection:
                return query(connection)
        except (SQLAlchemyError, OSError) as error:
            self._tell(error)
            return nothing

    def _left(self) -> list[Path]:
        """What other processes left when they died; its own files its writer has, and twice would be too much."""
        if self._unwritten is None or self._journal is None:
            return []
        return [path for path in abandoned(self._unwritten) if not self._journal.wrote(path)]

    def for_upkeep(self) -> Engine:
        """The database for work on what is kept; who asked for it disposes of it. Raises SQLAlchemyError."""
        from chat_app.tracing.database import open_for_writing, url_of
        from chat_app.tracing.writer import refold

        return open_for_writing(url_of(self.place), refold)

    # the writer's thread

    def _put(self, job: Job) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="run-store", daemon=True)
                self._thread.start()
                # What was recorded is written even where nobody closes the store.
                atexit.register(self.close)
            self._queue.put(job)
        self._alarm.came(GATHER_SECONDS)

    def _work(self) -> None:
        from sqlalchemy.exc import SQLAlchemyError

        writer: BatchWriter | None = None
        try:
            while True:
                flushes, last = self._take()
                try:
                    writer = writer or opened_for_writing(self.place, self._unwritten)
                    self._write(writer)
                    self._well()
                except (SQLAlchemyError, OSError) as error:
                    self._tell(error)
                    if writer is not None:
                        writer.close()
                        writer = None
                    self._give_up_oldest()
                    self._behind.stuck()
                for done in flushes:
                    done.set()
                if last:
                    return
        finally:
            if writer is not None:
                writer.close()

    def _take(self) -> tuple[list[threading.Event], bool]:
        """Moves what has come in to what waits; the flushes among it, and whether the store is closing."""
        # Not all that a run tells is handed over by itself.
        self._alarm.sleep(GATHER_SECONDS, lambda: self._gathered.goes_on or not self._queue.empty())
        self._gathered.pass_on()
        jobs: list[Job | None] = []
        while not self._queue.empty() and None not in jobs[-1:] and len(jobs) < MOST_AT_ONCE:
            jobs.append(self._queue.get())
        if not self._queue.empty():
            # Somebody may wait for what is left.
            self._alarm.ring()
        self._waiting += [job for job in jobs if job is not None and not isinstance(job, threading.Event)]
        return [job for job in jobs if isinstance(job, threading.Event)], None in jobs

    def _write(self, writer: BatchWriter) -> None:
        while self._waiting:
            batch = self._waiting[:MOST_AT_ONCE]
            writer.write([one for one in batch if not isinstance(one, Full)])
            # Only now: a reader looks here first and then into the file, and must find each event.
            del self._waiting[: len(batch)]
            self._behind.went(batch, written=True)
            for one in batch:
                if isinstance(one, Full):
                    one.path.unlink(missing_ok=True)

    def _well(self) -> None:
        if self.problem is not None:
            log.warning("Runs are recorded again.")
            self.problem = None

    def _tell(self, error: Exception) -> None:
        """Says once that nothing is written, and why."""
        from chat_app.tracing.database import name_of

        reason = str(getattr(error, "orig", None) or error)
        if self.problem is None:
            log.error(
                "Runs are not recorded: %s: %s. They go on all the same; check the disk and the database.",
                name_of(self.place),
                reason,
            )
        self.problem = reason

    def _give_up_oldest(self) -> None:
        events = sum(len(one.entries) if isinstance(one, Told) else 1 for one in self._waiting)
        if events > MOST_WAITING:
            log.error("Too many events wait for the disk; the oldest are given up.")
            self._gathered.lose()
        while events > MOST_WAITING:
            oldest = self._waiting.pop(0)
            self._behind.went([oldest], written=False)
            events -= len(oldest.entries) if isinstance(oldest, Told) else 1


def opened_for_writing(place: Path | str, unwritten: Path | None) -> BatchWriter:
    """The writer of a store, made or migrated where that is needed; what killed processes left is taken up."""
    from chat_app.tracing.database import open_for_writing, url_of
    from chat_app.tracing.writer import BatchWriter, refold

    writer = BatchWriter(open_for_writing(url_of(place), refold))
    try:
        for path in [] if unwritten is None else abandoned(unwritten):
            take_up(path, writer)
    except BaseException:
        writer.close()
        raise
    return writer


def take_up(path: Path, writer: BatchWriter) -> None:
    """Writes what a killed process left; of a file that is damaged, what stands before, and it is set aside."""
    left: list[Told | Owned] = []
    aside: Path | None = None
    try:
        left.extend(left_in(path))
    except FileNotFoundError:
        # Another process was quicker.
        return
    except (ValueError, KeyError) as error:
        aside = path.with_suffix(".damaged")
        log.error("Not all that a killed process left can be read: %s; it is kept as %s.", error, aside)
    writer.write(left, anew=True)
    if aside is None:
        path.unlink(missing_ok=True)
    else:
        path.replace(aside)


def opened_for_reading(place: Path | str, unwritten: Path | None) -> Engine:
    """A store for readers; one of an older version is migrated first, and what killed processes left is taken up."""
    from chat_app.tracing.database import open_for_reading, stands_at_head, url_of

    engine = open_for_reading(url_of(place))
    with engine.connect() as connection:
        ready = stands_at_head(connection)
    if not ready or (unwritten is not None and abandoned(unwritten)):
        opened_for_writing(place, unwritten).close()
    return engine
