"""What is handed to the run store's writer beside the events of runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from chat_app.events.design import DesignTurn
from chat_app.events.run import Recorded


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose run it is."""

    run_id: str
    owner: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A revision of a design was saved."""

    owner: str
    name: str
    number: int
    saved_at: float
    asked: str
    text: str


Kept = Recorded | Owned | Saved | DesignTurn
"""What becomes rows."""
Job = Kept | threading.Event
"""What is queued; an Event is set once all before it was tried."""
