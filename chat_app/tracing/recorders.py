"""Several recorders as one: the store, which can be read, and those that pass events on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chat_app.events.record import SortingRecorder, Take
from chat_app.events.run import Recorded
from chat_app.tracing.run_store import RunStore


class Recorders(SortingRecorder):
    """Tells each event to all that want it; what is read comes from the store."""

    def __init__(self, store: RunStore, others: Sequence[SortingRecorder]) -> None:
        self._store = store
        every = store, *others
        self.takes = _one_after_the_other([one.takes for one in every if one.takes is not None])
        self.hears = {
            kind: _one_after_the_other([one.hears[kind] for one in every if kind in one.hears])
            for kind in {kind for one in every for kind in one.hears}
        }

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


def _one_after_the_other(takes: Sequence[Take]) -> Take:
    if len(takes) == 1:
        return takes[0]

    def all_of_them(entry: Recorded) -> None:
        for take in takes:
            take(entry)

    return all_of_them
