"""What is handed to the run store's writer beside the events of runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

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


@dataclass(frozen=True, slots=True)
class Traced:
    """A stretch of a run, or a design turn, was written as a trace."""

    target: str
    """Where the traces are kept."""
    kind: Literal["run", "turn"]
    id: str
    part: int
    """The offset after a run's stretch; 0 for a turn."""
    trace: str
    """Empty for what could not be written as a trace."""
    at: float


class Told(NamedTuple):
    """Events that were recorded together, and their lines as the journal keeps them."""

    entries: list[Recorded]
    lines: bytes


@dataclass(frozen=True, slots=True)
class Full:
    """A file of the journal that can go once all before it is in the database."""

    path: Path


Kept = Told | Owned | Saved | Traced | DesignTurn
"""What becomes rows."""
Job = Kept | Full | threading.Event
"""What is queued; an Event is set once all before it was tried."""
