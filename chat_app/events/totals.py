"""What a run used in all: a fold over its usage events. What is unknown stays unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from chat_app.events.run import Recorded, UsageReported

N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over model calls; None where one call's figure is unknown, never 0 for unknown."""

    calls: int = 0
    tokens_in: int | None = 0
    tokens_out: int | None = 0
    cost_usd: float | None = 0.0
    simulated_calls: int = 0

    def plus(self, usage: UsageReported) -> Totals:
        """The totals after one more call."""
        return Totals(
            calls=self.calls + 1,
            tokens_in=_sum(self.tokens_in, usage.tokens_in),
            tokens_out=_sum(self.tokens_out, usage.tokens_out),
            # A simulated call costs nothing, and that is known.
            cost_usd=self.cost_usd if usage.simulated else _sum(self.cost_usd, usage.cost_usd),
            simulated_calls=self.simulated_calls + usage.simulated,
        )

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
    totals = Totals()
    for entry in entries:
        if isinstance(entry.event, UsageReported):
            totals = totals.plus(entry.event)
    return totals


def _sum(one: N | None, other: N | None) -> N | None:
    return None if one is None or other is None else one + other
