"""Several recorders as one: the store, which can be read, and those that pass events on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from chat_app.events.record import EventSource, OwnerKeeper, Recorder
from chat_app.events.run import Recorded


class Store(Recorder, EventSource, OwnerKeeper, Protocol):
    """A recorder that can be read and knows whose a run is."""


class Recorders:
    """Tells each event to all; what is read comes from the store."""

    def __init__(self, store: Store, others: Sequence[Recorder]) -> None:
        self._store = store
        self._all: tuple[Recorder, ...] = (store, *others)

    def record(self, entry: Recorded) -> None:
        """Passes an event on."""
        for recorder in self._all:
            recorder.record(entry)

    def events(self, run_id: str) -> Iterable[Recorded]:
        """The events of a run, from the store."""
        return self._store.events(run_id)

    def owned(self, run_id: str, owner: str) -> None:
        """Says whose run it is."""
        self._store.owned(run_id, owner)
