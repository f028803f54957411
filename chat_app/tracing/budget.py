"""What was spent this month, for a budget: what the store knows, and what has come in since it was asked."""

from __future__ import annotations

import threading
import time

from chat_app.events.design import DesignTurn, ModelUsed
from chat_app.events.record import SortingRecorder
from chat_app.events.run import Recorded, UsageReported
from chat_app.tracing.run_store import RunStore

ASKED_AGAIN = 30.0
"""Seconds until the store is asked again, as other processes spend too."""


class Spending(SortingRecorder):
    """A recorder that adds up; its methods may be called from any thread."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._known = 0.0
        self._since = 0.0
        self._month: float | None = None
        self._asked = 0.0
        self.hears = {UsageReported: self._used}

    def _used(self, entry: Recorded) -> None:
        """Adds what a run's model call cost, where that is known."""
        event = entry.event
        if isinstance(event, UsageReported) and not event.simulated:
            self._add(event.cost_usd)

    def turned(self, turn: DesignTurn) -> None:
        """Adds what a design turn cost."""
        for _, event in turn.events:
            if isinstance(event, ModelUsed):
                self._add(event.cost_usd)

    def this_month(self) -> float:
        """US dollars of the present month (UTC); calls of unknown cost count nothing."""
        from chat_app.tracing import costs

        first, after = costs.month()
        with self._lock:
            fresh = self._month == first and time.monotonic() - self._asked < ASKED_AGAIN
        if not fresh:
            total = self._store.read(lambda file: costs.total(file, first, after), None)
            with self._lock:
                # What came in while the store was asked is in its answer: it writes all before it reads.
                self._known, self._since = (0.0 if total is None else total.known_usd), 0.0
                self._month, self._asked = first, time.monotonic()
        with self._lock:
            return self._known + self._since

    def _add(self, cost: float | None) -> None:
        if cost:
            with self._lock:
                self._since += cost
