"""Wakes those who draw when there is something new, at most ten times a second."""

from __future__ import annotations

import asyncio
import contextlib

PAUSE = 0.1
"""Seconds between two drawings: tokens come faster than a page can show them."""
BEAT = 1.0
"""Seconds after which one looks again though nothing was told: clocks move on, and a closed page is noticed."""


class Signal:
    """Set by one side, awaited by any number of others."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = asyncio.Event()
        self._rests = asyncio.Event()

    def set(self, *, rests: bool = False) -> None:
        """Tells that something is new; where what is told of `rests` now, nobody pauses any more."""
        self.count += 1
        self._changed.set()
        self._changed = asyncio.Event()
        if rests:
            self._rests.set()
        else:
            self._rests.clear()

    async def wait(self, seen: int) -> int:
        """Waits until more than `seen` was told or a beat has passed; returns the new count.

        What comes after a rest is told at once, what comes on its heels after the pause.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PAUSE):
                await self._rests.wait()
        if self.count == seen:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT):
                    await self._changed.wait()
        return self.count
