"""A run's log: every event gets its offset, goes to the recorder and to all who follow, from any thread's loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence

from chat_app.events.record import Recorder
from chat_app.events.run import ENDINGS, Recorded, RunEvent

Emit = Callable[[RunEvent], None]

_ENDINGS = frozenset(ENDINGS)

_logger = logging.getLogger(__name__)


class RunLog:
    """The events of one run in this process, from `first` on; followers may come late and go early."""

    def __init__(self, run_id: str, recorder: Recorder | None, first: int = 0) -> None:
        self.run_id = run_id
        self.first = first
        self.resting = True
        self._entries: list[Recorded] = []
        self._recorder = recorder
        self._followers: set[_Follower] = set()
        self._writer = 0
        self._told_at = 0.0
        """The time of the last event of this stretch."""

    @property
    def recorded(self) -> bool:
        """Whether somebody keeps the events."""
        return self._recorder is not None

    @property
    def next_offset(self) -> int:
        """The offset that the next event gets."""
        return self.first + len(self._entries)

    @property
    def entries(self) -> Sequence[Recorded]:
        """All events so far."""
        return self._entries

    def open(self) -> Emit:
        """Begins a stretch of the run; what an older stretch still says is no longer heard."""
        self._writer += 1
        writer = self._writer
        self.resting = False
        self._told_at = 0.0

        def emit(event: RunEvent) -> None:
            if writer == self._writer and not self.resting:
                self._append(event)

        return emit

    async def follow(self, offset: int = 0) -> AsyncIterator[Recorded]:
        """Events from an offset on, then those that come; ends when the run is at rest."""
        place = max(offset - self.first, 0)
        follower = _Follower()
        self._followers.add(follower)
        try:
            while True:
                follower.clear()
                while place < len(self._entries):
                    yield self._entries[place]
                    place += 1
                if self.resting and place >= len(self._entries):
                    return
                await follower.wait()
        finally:
            self._followers.discard(follower)

    def _append(self, event: RunEvent) -> None:
        now = time.time()
        if now < self._told_at:
            # The clock was set back: what follows does not come before what it follows from.
            now = self._told_at
        self._told_at = now
        entry = Recorded(self.run_id, self.first + len(self._entries), now, event=event)
        self._entries.append(entry)
        if type(event) in _ENDINGS:
            self.resting = True
        if self._recorder is not None:
            try:
                self._recorder.record(entry)
            except Exception as error:  # noqa: BLE001 - a recorder that fails must not fail the run
                _logger.warning("The recorder failed at event %d of run %s: %s", entry.offset, self.run_id, error)
        for follower in list(self._followers):
            follower.wake()


class _Follower:
    """Waits on its own loop; woken from whichever thread the run lives in."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    def clear(self) -> None:
        self._news.clear()

    async def wait(self) -> None:
        await self._news.wait()

    def wake(self) -> None:
        if self._news.is_set():
            return
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self._news.set()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)
