"""Several recorders as one: the store, which can be read, and those that pass events on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from chat_app.events.record import DurableRecorder, EventSource, OwnerKeeper, Recorder
from chat_app.events.run import Recorded


class Store(Recorder, EventSource, OwnerKeeper, DurableRecorder, Protocol):
    """A recorder that can be read, outlives a kill and knows whose a run is."""


class Recorders:
    """Tells each event to all; what is read comes from the store."""

    def __init__(self, store: Store, others: Sequence[Recorder]) -> None:
        self._store = store
        self._recording = tuple(one.record for one in (store, *others))

    def record(self, entry: Recorded) -> None:
        """Passes an event on."""
        for record in self._recording:
            record(entry)

    def events(self, run_id: str) -> Iterable[Recorded]:
        """The events of a run, from the store."""
        return self._store.events(run_id)

    def owned(self, run_id: str, owner: str) -> None:
        """Says whose run it is."""
        self._store.owned(run_id, owner)

    def lost(self) -> int | None:
        """How often the store could not keep something against a kill; None where it keeps nothing so."""
        return self._store.lost()

    async def kept(self) -> int | None:
        """The same, once the store has all that was recorded so far."""
        return await self._store.kept()

    def exact(self, value: Any) -> bool:
        """Whether the store gives the value back as it is."""
        return self._store.exact(value)
