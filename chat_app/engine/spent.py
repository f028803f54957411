"""What a run has used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass
from typing import Any

from chat_app.events.run import Recorded, RunStarted, StepStarted, UsageReported


@dataclass
class Spent:
    """What a run has used, kept over resumes."""

    steps: int = 0
    seconds: float = 0.0
    tokens: int = 0
    cost_usd: float = 0.0
    file_bytes: int = 0
    """Of the files that it made."""

    def at_least(self, other: Spent) -> Spent:
        """The greater of both, sum by sum."""
        return Spent(*map(max, astuple(self), astuple(other)))

    def as_json(self) -> dict[str, Any]:
        """The sums as plain data."""
        return asdict(self)


def spent_by(entries: Iterable[Recorded]) -> Spent:
    """What events tell that a run has used: for one whose process died before it could say so itself."""
    spent = Spent()
    began = last = 0.0
    for entry in entries:
        match entry.event:
            case RunStarted():
                spent.seconds += last - began
                began = entry.at
            case StepStarted():
                spent.steps += 1
            case UsageReported(tokens_in=tokens_in, tokens_out=tokens_out, cost_usd=cost):
                spent.tokens += (tokens_in or 0) + (tokens_out or 0)
                spent.cost_usd += cost or 0.0
        last = entry.at
    spent.seconds += last - began
    return spent
