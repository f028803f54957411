"""Work off the runs' path: what comes in is queued, one thread does it, and what is too much is given up."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_WAITING = 50_000
MOST_AT_ONCE = 512
GATHER_SECONDS = 0.2
"""What comes within this time is done together."""

log = logging.getLogger(__name__)


class Background(Generic[T]):
    """A queue with one thread behind it, started by the first piece of work."""

    def __init__(self, name: str, work: Callable[[list[T]], None]) -> None:
        self._name = name
        self._work = work
        self._queue: queue.Queue[T | threading.Event] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._hurry = threading.Event()
        self._full = False

    def put(self, piece: T) -> None:
        """Queues a piece of work; returns at once, also where there is no room for it."""
        if self._thread is None:
            self._start()
        try:
            self._queue.put_nowait(piece)
            self._full = False
        except queue.Full:
            if not self._full:
                log.warning("Too much waits for %s; some of it is given up.", self._name)
            self._full = True

    def flush(self, seconds: float) -> bool:
        """Waits until what was queued so far is done, at most so long; whether it is."""
        if self._thread is None:
            return True
        done = threading.Event()
        until = time.monotonic() + seconds
        try:
            self._queue.put(done, timeout=seconds)
        except queue.Full:
            return False
        self._hurry.set()
        return done.wait(max(until - time.monotonic(), 0))

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            pieces, flushes = self._take()
            if pieces:
                try:
                    self._work(pieces)
                except Exception:
                    # The thread serves for good: one piece that breaks must not end it.
                    log.exception("%s failed.", self._name)
            for done in flushes:
                done.set()

    def _take(self) -> tuple[list[T], list[threading.Event]]:
        taken = [self._queue.get()]
        self._hurry.wait(GATHER_SECONDS)
        self._hurry.clear()
        while len(taken) < MOST_AT_ONCE:
            try:
                taken.append(self._queue.get_nowait())
            except queue.Empty:
                break
        flushes = [one for one in taken if isinstance(one, threading.Event)]
        return [one for one in taken if not isinstance(one, threading.Event)], flushes
