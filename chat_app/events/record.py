"""What a recorder is: something that keeps the events of runs as they happen."""

from __future__ import annotations

from typing import Protocol

from chat_app.events.run import Recorded


class Recorder(Protocol):
    """Keeps events; a recorder that fails must not fail the run."""

    def record(self, entry: Recorded) -> None: ...
