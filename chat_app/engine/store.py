"""The engine's SQLite file: one thread writes, many small writes share one transaction, any loop may wait.

WAL and `synchronous=NORMAL`: what was committed outlives a killed process at any moment.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol, TypeVar

from chat_app.engine.errors import sqlite_code, store_failed

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]


class Waiter(Protocol):
    """Who hears of a job's end; called on the store's thread."""

    def set_result(self, result: Any) -> None: ...

    def set_exception(self, error: BaseException) -> None: ...


_Queued = tuple[Job[Any], Waiter]

DATABASE = "engine.sqlite"
BUSY_SECONDS = 30.0
MOST_AT_ONCE = 500
"""Jobs in one transaction."""

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


class Store:
    """Opens its file with the first job; closed, it opens again with the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[_Queued | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def submit(self, job: Job[T]) -> Future[T]:
        """Queues a job; jobs are done in their order."""
        future: Future[T] = Future()
        self._queue(job, future)
        return future

    async def do(self, job: Job[T]) -> T:
        """The job's result, once it is committed; it is done even if the caller is cancelled meanwhile."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue(job, _OnLoop(loop, future))
        return await future

    def _queue(self, job: Job[Any], waiter: Waiter) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="engine-store", daemon=True)
                self._thread.start()
            self._jobs.put((job, waiter))

    def close(self) -> None:
        """Waits until all queued jobs are done."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._jobs.put(None)
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        try:
            while (first := self._jobs.get()) is not None:
                batch, closing = self._batch(first)
                try:
                    connection = connection or _opened(self._path)
                except (sqlite3.Error, OSError) as error:
                    self._fail(batch, error)
                else:
                    self._commit(connection, batch)
                _wake(waiter for _, waiter in batch)
                if closing:
                    return
        finally:
            if connection is not None:
                connection.close()

    def _commit(self, connection: sqlite3.Connection, batch: list[_Queued]) -> None:
        """One transaction for all; where one job fails, each gets a transaction of its own."""
        try:
            results = _transaction(connection, [job for job, _ in batch])
        except Exception as error:  # noqa: BLE001 - whose fault it is shows when each is tried alone
            if len(batch) == 1 or sqlite_code(error) == sqlite3.SQLITE_BUSY:
                # A lock was waited for already, and holds up the next job just as long.
                self._fail(batch, error)
                return
            for one in batch:
                self._commit(connection, [one])
        else:
            for (_, waiter), result in zip(batch, results, strict=True):
                waiter.set_result(result)

    def _fail(self, batch: list[_Queued], error: Exception) -> None:
        for _, waiter in batch:
            waiter.set_exception(store_failed(self._path, error) or error)

    def _batch(self, first: _Queued) -> tuple[list[_Queued], bool]:
        """All that has come in meanwhile, and whether the store is closing."""
        batch = [first]
        while len(batch) < MOST_AT_ONCE:
            try:
                following = self._jobs.get_nowait()
            except queue.Empty:
                break
            if following is None:
                return batch, True
            batch.append(following)
        return batch, False


class _OnLoop:
    """Keeps a result for a loop; those of one batch are handed over together, as each call into a loop is dear."""

    __slots__ = ("error", "future", "loop", "result")

    def __init__(self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any]) -> None:
        self.loop = loop
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None

    def set_result(self, result: Any) -> None:
        self.result = result

    def set_exception(self, error: BaseException) -> None:
        self.error = error

    def tell(self) -> None:
        """On the loop: the caller goes on, if it still waits."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


def _wake(waiters: Iterable[Waiter]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_OnLoop]] = {}
    for waiter in waiters:
        if isinstance(waiter, _OnLoop):
            by_loop.setdefault(waiter.loop, []).append(waiter)
    for loop, told in by_loop.items():
        try:
            loop.call_soon_threadsafe(_tell, told)
        except RuntimeError:
            # The loop has ended: nobody waits there any more, and the job is done.
            continue


def _tell(waiters: list[_OnLoop]) -> None:
    for waiter in waiters:
        waiter.tell()


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.executescript(_TABLES)
    return connection


def _transaction(connection: sqlite3.Connection, jobs: list[Job[Any]]) -> list[Any]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        results = [job(connection) for job in jobs]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results
