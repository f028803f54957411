"""What a run used in all: a fold over its usage events. What is unknown stays unknown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from chat_app.events.run import Recorded, UsageReported
from chat_app.events.value import Value

N = TypeVar("N", int, float)


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
            tokens_in = _sum(tokens_in, usage.tokens_in)
            tokens_out = _sum(tokens_out, usage.tokens_out)
            # A simulated call costs nothing, and that is known.
            cost = cost if usage.simulated else _sum(cost, usage.cost_usd)
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


def _sum(one: N | None, other: N | None) -> N | None:
    return None if one is None or other is None else one + other
