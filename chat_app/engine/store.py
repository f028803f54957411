"""Who writes to the engine's database: many small writes share one transaction, any loop may wait for its own.

What a turn of an event loop asks for is written by that loop itself, when the turn ends: that takes less than to hand
it to a thread and back. A thread does what could hold the loop up: it opens the file, waits for who has it locked,
finds out which of several jobs has failed, copies the log, and serves while the disk is slow.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from chat_app.engine.database import Database, Job
from chat_app.engine.errors import sqlite_code, store_failed

T = TypeVar("T")

MOST_AT_ONCE = 500
"""Jobs in one transaction."""
SLOW_SECONDS = 0.05
"""A transaction that takes longer holds a loop up."""
SPARED_SECONDS = 10.0
"""So long, loops are then spared."""

_logger = logging.getLogger(__name__)


class Store:
    """Opens its file with the first job; closed, it opens again with the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        """Of what waits, and of the thread."""
        self._waiting: list[_Queued] = []
        self._thread: threading.Thread | None = None
        self._calls: queue.SimpleQueue[bool] = queue.SimpleQueue()
        """To the thread: there is something to do, or (False) it is to end."""
        self._due_in: asyncio.AbstractEventLoop | None = None
        """The loop whose present turn ends with a write; only that loop takes its name away."""
        self._writing = threading.Lock()
        """Who has it may use the database, and do what waits."""
        self._database: Database | None = None
        self._spared_until = 0.0
        self._log_is_long = False
        """The thread has the next turn: loops that go on writing would keep it from copying the log."""
        self._reading = threading.Lock()
        self._read_from: Database | None = None

    def add(self, job: Job[T]) -> asyncio.Future[T]:
        """The job's result, once it is committed; jobs are done in their order, whoever has stopped waiting."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._lock:
            self._waiting.append(_Queued(job, loop, future))
        if self._due_in is not loop:
            self._due_in = loop
            loop.call_soon(self._turn_ends, loop)
        return future

    async def do(self, job: Job[T]) -> T:
        """Does a job and waits for it."""
        return await self.add(job)

    def read(self, job: Job[T]) -> T:
        """What a job reads of what is committed, at once. Raises StoreFailed."""
        with self._reading:
            try:
                if self._read_from is None:
                    self._read_from = Database(self._path)
                return self._read_from.read(job)
            except (sqlite3.Error, OSError) as error:
                raise store_failed(self._path, error) or error from error

    def close(self) -> None:
        """Waits until all jobs are done, and closes the file."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._calls.put(False)
        if thread is not None:
            thread.join()
        with self._writing:
            self._do_waiting()
            if self._database is not None:
                self._database.close()
                self._database = None
        with self._reading:
            if self._read_from is not None:
                self._read_from.close()
                self._read_from = None

    # on a loop

    def _turn_ends(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._due_in is loop:
            self._due_in = None
        spared = self._log_is_long or time.monotonic() < self._spared_until
        if not spared and self._writing.acquire(blocking=False):
            try:
                done = self._done_here(loop)
            finally:
                self._writing.release()
            if done:
                return
        self._call_thread()

    def _done_here(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Does what waits, if that can be done at once; whether nothing is left for the thread."""
        database = self._database
        if database is None:
            return False
        batch = self._taken()
        if not batch:
            return True
        began = time.monotonic()
        try:
            results = database.write([one.job for one in batch], waits=False)
        except Exception:  # noqa: BLE001 - the thread tries again, with patience, and says what is wrong
            with self._lock:
                self._waiting[:0] = batch
            return False
        for one, result in zip(batch, results, strict=True):
            one.result = result
        _tell(batch, loop)
        ended = time.monotonic()
        if ended - began > SLOW_SECONDS:
            self._spared_until = ended + SPARED_SECONDS
        self._log_is_long = database.has_long_log()
        return not self._waiting and not self._log_is_long

    def _taken(self) -> list[_Queued]:
        with self._lock:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
        return batch

    # the thread

    def _call_thread(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="engine-store", daemon=True)
                self._thread.start()
            self._calls.put(True)

    def _work(self) -> None:
        while self._calls.get():
            with self._writing:
                self._copy_log()
                self._do_waiting()

    def _do_waiting(self) -> None:
        while batch := self._taken():
            try:
                self._database = self._database or Database(self._path)
            except (sqlite3.Error, OSError) as error:
                self._fail(batch, error)
            else:
                self._commit(self._database, batch)
            _tell(batch)
            # Not only at the end: who was told may bring the next job at once, and so on.
            self._copy_log()

    def _commit(self, database: Database, batch: list[_Queued]) -> None:
        """One transaction for all; where one job fails, each gets a transaction of its own."""
        try:
            results = database.write([one.job for one in batch], waits=True)
        except Exception as error:  # noqa: BLE001 - whose fault it is shows when each is tried alone
            if len(batch) == 1 or sqlite_code(error) == sqlite3.SQLITE_BUSY:
                # A lock was waited for already, and holds up the next job just as long.
                self._fail(batch, error)
                return
            for one in batch:
                self._commit(database, [one])
        else:
            for one, result in zip(batch, results, strict=True):
                one.result = result

    def _fail(self, batch: list[_Queued], error: Exception) -> None:
        for one in batch:
            one.error = store_failed(self._path, error) or error

    def _copy_log(self) -> None:
        if self._database is None or not self._database.has_long_log():
            return
        try:
            self._database.copy_log()
        except (sqlite3.Error, OSError) as error:
            # All is in the log as well, and it is tried again.
            _logger.warning("The log of %s could not be copied into it: %s", self._path, error)
        self._log_is_long = False


class _Queued:
    """A job, what it came to, and who waits for that."""

    __slots__ = ("error", "future", "job", "loop", "result")

    def __init__(self, job: Job[Any], loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any]) -> None:
        self.job = job
        self.loop = loop
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None

    def tell(self) -> None:
        """On the loop: the caller goes on, if it still waits."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


def _tell(done: Iterable[_Queued], here: asyncio.AbstractEventLoop | None = None) -> None:
    """Lets the callers go on; those of one loop together, as each call into a loop is dear."""
    elsewhere: dict[asyncio.AbstractEventLoop, list[_Queued]] = {}
    for one in done:
        if one.loop is here:
            one.tell()
        else:
            elsewhere.setdefault(one.loop, []).append(one)
    for loop, told in elsewhere.items():
        try:
            loop.call_soon_threadsafe(_tell, told, loop)
        except RuntimeError:
            # The loop has ended: nobody waits there any more, and the job is done.
            continue
