"""The texts that a draft once had, and what a turn has just made of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chat_app.translation import mark

BY_HAND = mark("Edited by hand")
"""What was asked for, where nobody was asked."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that the draft once had, and what was asked for."""

    text: str
    asked: str
    at: float


@dataclass(slots=True)
class Landed:
    """A change of a designer's turn, which may have come while somebody was typing."""

    before: str
    after: str
    edits: tuple[Mapping[str, Any], ...]
    shown_at: float | None = None
    """When the page was first given it, by the clock that only goes on; None: not yet."""

    def shown(self) -> None:
        """The page is given it."""
        self.shown_at = time.monotonic() if self.shown_at is None else self.shown_at
