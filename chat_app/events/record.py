"""What a recorder is: something that keeps the events of runs as they happen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, final, runtime_checkable

from chat_app.events.design import DesignTurn
from chat_app.events.run import Recorded

Take = Callable[[Recorded], object]
"""What is done with an event."""
Hears = Mapping[type[Any], Take]
"""What is done with an event of a kind."""


class Recorder(Protocol):
    """Keeps events; a recorder that fails must not fail the run."""

    def record(self, entry: Recorded) -> None: ...


class SortingRecorder:
    """A recorder that says what it does with which events, so that a run asks nothing of it for the others."""

    takes: Take | None = None
    """What it does with each event; None: nothing."""
    hears: Hears = MappingProxyType({})
    """What it does after that with those of some kinds."""

    @final
    def record(self, entry: Recorded) -> None:
        """Does with an event what is to be done; runs do not call it."""
        if self.takes is not None:
            self.takes(entry)
        if (hears := self.hears.get(type(entry.event))) is not None:
            hears(entry)


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
