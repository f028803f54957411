"""Waits for what another process does, and gives up after a time that only a hang needs."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(holds: Callable[[], object], seconds: float = 60.0) -> None:
    """Returns as soon as it holds; fails where it never does."""
    late = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < late, "it never came to hold"
        time.sleep(0.02)
