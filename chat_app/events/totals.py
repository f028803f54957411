"""What a run used in all: a fold over its usage events. What is unknown stays unknown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chat_app.events.run import Recorded, UsageReported
from chat_app.events.value import Value


class Totals(Value, frozen=True):
    """Sums over model calls; None where one call's figure is unknown, never 0 for unknown."""

    calls: int = 0
    tokens_in: int | None = 0
    tokens_out: int | None = 0
    cost_usd: float | None = 0.0
    simulated_calls: int = 0

    def plus(self, *used: UsageReported) -> Totals:
        """The totals after more calls."""
        calls, simulated, cost = self.calls, self.simulated_calls, self.cost_usd
        tokens_in, tokens_out = self.tokens_in, self.tokens_out
        for usage in used:
            calls += 1
            simulated += usage.simulated
            more_in, more_out, more_cost = usage.tokens_in, usage.tokens_out, usage.cost_usd
            tokens_in = None if tokens_in is None or more_in is None else tokens_in + more_in
            tokens_out = None if tokens_out is None or more_out is None else tokens_out + more_out
            # A simulated call costs nothing, and that is known.
            if not usage.simulated:
                cost = None if cost is None or more_cost is None else cost + more_cost
        return Totals(calls, tokens_in, tokens_out, cost, simulated)

    def as_json(self) -> dict[str, Any]:
        """The totals as plain data."""
        return {
            "calls": self.calls,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost_usd": self.cost_usd,
            "simulated_calls": self.simulated_calls,
        }


def total(entries: Iterable[Recorded]) -> Totals:
    """The totals of a run's events."""
    return Totals().plus(*(entry.event for entry in entries if isinstance(entry.event, UsageReported)))
