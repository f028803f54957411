"""How far the database is behind what was recorded: all that it has not written yet is held in memory.

Beyond a bound, the steps of runs wait until it has caught up. Nobody waits for a database that fails, or that neither
writes nor fails: what then waits for it in memory is bounded by its events alone.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable

from chat_app.tracing.jobs import Full, Kept, Told

MOST_BYTES = 16_000_000
"""Of lines; with the events that they tell and what is made of them to be written, four times as much in memory."""
PATIENCE = 10.0
"""Seconds that a step waits for a writer that says nothing."""


class Behind:
    """Counts what is handed over and what is written; any thread may tell it, any loop may wait."""

    def __init__(self, hurry: Callable[[], None]) -> None:
        """`hurry` tells the writer that it is waited for."""
        self._hurry = hurry
        self._lock = threading.Lock()
        self._bytes = 0
        self._stuck = False
        """Whether nothing has been written since that was tried last."""
        self._asleep: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    def came(self, told: Told) -> None:
        """Something was handed over to be written."""
        with self._lock:
            self._bytes += len(told.lines)

    def went(self, kept: Iterable[Kept | Full], *, written: bool) -> None:
        """It is no longer held: it is written, or given up."""
        with self._lock:
            self._bytes -= _size(kept)
            self._stuck = self._stuck and not written
        self._wake()

    def stuck(self) -> None:
        """Nothing can be written at present, so nobody is to wait."""
        with self._lock:
            self._stuck = True
        self._wake()

    @property
    def too_far(self) -> bool:
        """Whether it is time to wait."""
        return self._bytes > MOST_BYTES and not self._stuck

    async def caught_up(self) -> None:
        """Waits until it is not, and not for ever."""
        loop = asyncio.get_running_loop()
        written = loop.create_future()
        with self._lock:
            if not self.too_far:
                return
            self._asleep.append((loop, written))
        self._hurry()
        await asyncio.wait([written], timeout=PATIENCE)
        if not written.done():
            self.stuck()

    def _wake(self) -> None:
        with self._lock:
            if self.too_far:
                return
            asleep, self._asleep = self._asleep, []
        for loop, written in asleep:
            try:
                loop.call_soon_threadsafe(_tell, written)
            except RuntimeError:
                # The loop has ended, and who waited there with it.
                continue


def _tell(written: asyncio.Future[None]) -> None:
    if not written.done():
        written.set_result(None)


def _size(kept: Iterable[Kept | Full]) -> int:
    return sum(len(one.lines) for one in kept if isinstance(one, Told))
