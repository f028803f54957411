"""What a recorder is: something that keeps the events of runs as they happen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

from chat_app.events.design import DesignTurn
from chat_app.events.run import Recorded


class Recorder(Protocol):
    """Keeps events; a recorder that fails must not fail the run."""

    def record(self, entry: Recorded) -> None: ...


@runtime_checkable
class EventSource(Protocol):
    """Gives back the events of a run, those of earlier processes too, in their order."""

    def events(self, run_id: str) -> Iterable[Recorded]: ...


@runtime_checkable
class OwnerKeeper(Protocol):
    """Keeps whose run it is, so that an owner's list shows it; told before or after its first event."""

    def owned(self, run_id: str, owner: str) -> None: ...


@runtime_checkable
class DurableRecorder(Protocol):
    """Keeps what it is told against the death of the process, so that a run can go on from what was told."""

    def lost(self) -> int | None:
        """How often something could not be kept so; None where nothing is."""

    async def kept(self) -> int | None:
        """The same, once all that this event loop has recorded so far outlives a kill."""

    def exact(self, value: Any) -> bool:
        """Whether the value will be read as it is now."""


class TurnRecorder(Protocol):
    """Keeps design turns; a recorder that fails must not fail the turn."""

    def turned(self, turn: DesignTurn) -> None: ...
