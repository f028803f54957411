"""How much of what happened is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keep:
    """Bounds on what is kept; None: no bound."""

    days: float | None = None
    """Runs that came to rest within so many days."""
    megabytes: float | None = None
    """So much of the newest runs."""

    @property
    def bounded(self) -> bool:
        """Whether anything is ever forgotten."""
        return self.days is not None or self.megabytes is not None
