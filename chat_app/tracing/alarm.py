"""When a thread begins with what has come: at once for who waits for it, else after a while, when more has come.

Nothing that comes wakes the thread where a loop runs: each time that the loop lets go of the interpreter, for a write
or a look at its sockets, the thread would wake up and find it taken again. A timer of the loop wakes it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable


class Alarm:
    """One thread sleeps; any thread wakes it."""

    def __init__(self) -> None:
        self._news = threading.Event()
        self._hurry = threading.Event()
        self._ticks = False
        """Whether the thread wakes up by itself before long."""
        self._timer: asyncio.AbstractEventLoop | None = None
        """The loop that wakes it before long."""

    def ring(self) -> None:
        """Wakes the thread now."""
        self._hurry.set()
        self._news.set()

    def came(self, seconds: float) -> None:
        """Something has come, and may wait for so long; said when it is where the thread will look."""
        if self._ticks or (self._timer is not None and not self._timer.is_closed()):
            return
        try:
            self._timer = asyncio.get_running_loop()
        except RuntimeError:
            self._news.set()
        else:
            self._timer.call_later(seconds, self.ring)

    def sleep(self, seconds: float, goes_on: Callable[[], bool]) -> None:
        """Returns when the thread is to begin; where it goes on, before long without being woken."""
        self._ticks = True
        # Looked at only now: what came before has woken nobody.
        if not goes_on():
            self._ticks = False
            # Once more, as it may have begun between the two.
            if not goes_on():
                self._news.wait()
        self._hurry.wait(seconds)
        self._hurry.clear()
        self._news.clear()
        self._timer = None
