"""While much is made that is no garbage, garbage is looked for less often.

What many items or runs make is nearly all kept, as events; what is made of many events to write them goes at once.

The collector belongs to the whole process, so it is set back, as it was found, when they are no longer many.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MADE_BETWEEN = 50_000
"""So many more objects than were let go of, and it is looked for garbage."""
MANY = 100
"""Items, runs and events of which so much is made that the search for garbage among it shows."""


class _Rarely:
    """Counts what is under way, in whichever thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way = 0
        self._before: tuple[int, int, int] | None = None
        """What stood before, where it was changed."""

    def begin(self, count: int) -> None:
        with self._lock:
            self._under_way += count
            if self._under_way < MANY or self._under_way - count >= MANY:
                return
            before = gc.get_threshold()
            # Zero is never; who has set that, or more, wants it so.
            if 0 < before[0] < MADE_BETWEEN:
                self._before = before
                gc.set_threshold(MADE_BETWEEN, *before[1:])

    def end(self, count: int) -> None:
        with self._lock:
            self._under_way -= count
            if self._under_way < MANY and self._before is not None:
                if gc.get_threshold()[0] == MADE_BETWEEN:
                    gc.set_threshold(*self._before)
                self._before = None


_RARELY = _Rarely()


@contextmanager
def collected_rarely(count: int) -> Iterator[None]:
    """Around work on so many items or events, or a run."""
    _RARELY.begin(count)
    try:
        yield
    finally:
        _RARELY.end(count)
