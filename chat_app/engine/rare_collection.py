"""While many items are worked through, garbage is looked for less often: nearly all that they make is kept as events.

The collector belongs to the whole process, so the last who asked for this sets it back as the first has found it.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MADE_BETWEEN = 50_000
"""So many more objects than were let go of, and it is looked for garbage."""


class _Rarely:
    """Counts who asks for it, in whichever thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking = 0
        self._before: tuple[int, int, int] | None = None
        """What stood before, where it was changed."""

    def begin(self) -> None:
        with self._lock:
            self._asking += 1
            before = gc.get_threshold()
            # Zero is never; who has set that, or more, wants it so.
            if self._asking == 1 and 0 < before[0] < MADE_BETWEEN:
                self._before = before
                gc.set_threshold(MADE_BETWEEN, *before[1:])

    def end(self) -> None:
        with self._lock:
            self._asking -= 1
            if self._asking == 0 and self._before is not None:
                if gc.get_threshold()[0] == MADE_BETWEEN:
                    gc.set_threshold(*self._before)
                self._before = None


_RARELY = _Rarely()


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Around work that makes much and keeps it."""
    _RARELY.begin()
    try:
        yield
    finally:
        _RARELY.end()
