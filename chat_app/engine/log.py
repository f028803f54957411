"""A run's log: every event gets its offset, goes to the recorder and to all who follow, from any thread's loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing

from chat_app.events.record import Hears, Recorder, SortingRecorder, Take
from chat_app.events.run import ENDINGS, Recorded, RunEvent

Emit = Callable[[RunEvent], None]

Lots = AsyncGenerator[Sequence[Recorded], None]
"""Events as they come, some at a time."""

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
        self._asleep: set[_Follower] = set()
        """The followers that wait for news."""
        self._patient: set[_Follower] = set()
        """Those that let news gather: only the end wakes them."""
        self._writer = 0

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
        self.resting = False
        # Gone through with every event of a run, so what never changes is looked up once.
        writer, entries, asleep, run_id, first = self._writer, self._entries, self._asleep, self.run_id, self.first
        takes, hears = _sorted(self._recorder)
        told_at, recorded = 0.0, self._recorder is not None

        def emit(event: RunEvent) -> None:
            nonlocal told_at
            if writer != self._writer or self.resting:
                return
            now = time.time()
            # Where the clock was set back: what follows does not come before what it follows from.
            told_at = now if now > told_at else told_at
            entry = Recorded(first + len(entries), told_at, event, run_id)
            entries.append(entry)
            kind = type(event)
            if kind in _ENDINGS:
                self.resting = True
                _wake(self._patient)
            if recorded:
                try:
                    if takes is not None:
                        takes(entry)
                    if (heard := hears.get(kind)) is not None:
                        heard(entry)
                except Exception as error:  # noqa: BLE001 - a recorder that fails must not fail the run
                    _logger.warning("The recorder failed at event %d of run %s: %s", entry.offset, run_id, error)
            if asleep:
                _wake(asleep)

        return emit

    async def follow(self, offset: int = 0, earlier: Iterable[Recorded] = (), pause: float = 0.0) -> Lots:
        """What came earlier, events from an offset on, then those that come; ends when the run is at rest.

        A lot is all that there is; after each, news may gather for so many seconds.
        """
        if first := tuple(earlier):
            yield first
        place, entries = max(offset - self.first, 0), self._entries
        follower = _Follower()
        try:
            while True:
                while news := entries[place:]:
                    place += len(news)
                    yield news
                    if pause:
                        await self._gathered(follower, pause)
                if self.resting and place >= len(entries):
                    return
                follower.clear()
                self._asleep.add(follower)
                # Looked at once more, as the run may live in another thread.
                if place >= len(entries) and not self.resting:
                    await follower.wait()
        finally:
            self._asleep.discard(follower)

    async def _gathered(self, follower: _Follower, seconds: float) -> None:
        """Returns after so long, or when the run is at rest."""
        follower.clear()
        self._patient.add(follower)
        try:
            async with asyncio.timeout(seconds):
                # Looked at only now, as the run may live in another thread.
                if not self.resting:
                    await follower.wait()
        except TimeoutError:
            return
        finally:
            self._patient.discard(follower)


async def one_by_one(lots: Lots) -> AsyncIterator[Recorded]:
    """The events of lots."""
    async with aclosing(lots):
        async for lot in lots:
            for entry in lot:
                yield entry


def _sorted(recorder: Recorder | None) -> tuple[Take | None, Hears]:
    """What a recorder does with each event, and with those of a kind."""
    if isinstance(recorder, SortingRecorder):
        return recorder.takes, recorder.hears
    return (None if recorder is None else recorder.record), {}


def _wake(asleep: set[_Follower]) -> None:
    for follower in list(asleep):
        asleep.discard(follower)
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
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self._news.set()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)
