"""How many nodes of a run may work at once."""

from __future__ import annotations

import asyncio
from collections import deque


class Slots:
    """A semaphore that costs nothing to await where a slot is free; who waits longest is next."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take(self) -> bool:
        """Takes a slot if one is free; there is none free while somebody waits."""
        if self._free == 0:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Returns with a slot."""
        handed = asyncio.get_running_loop().create_future()
        self._waiting.append(handed)
        try:
            await handed
        except asyncio.CancelledError:
            if handed.done() and not handed.cancelled():
                # It was handed over in the same turn as the cancellation came.
                self.give()
            raise

    def give(self) -> None:
        """Gives a slot back: to the next who waits, if anyone still does."""
        while self._waiting:
            handed = self._waiting.popleft()
            if not handed.done():
                handed.set_result(None)
                return
        self._free += 1
