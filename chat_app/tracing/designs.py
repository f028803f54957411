"""Brings what the library holds into the run store: each revision as it is saved, and those from before."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from chat_app.library import Library, LibraryError, Revision
from chat_app.tracing.jobs import Saved

if TYPE_CHECKING:
    from chat_app.tracing.run_store import RunStore


def saved(revision: Revision, owner: str, text: str) -> Saved:
    """A revision as the run store keeps it."""
    return Saved(owner, revision.name, revision.number, revision.saved_at.timestamp(), revision.asked, text)


def take_in(library: Library, store: RunStore) -> int:
    """Brings in the revisions that the store has not; how many those were. Where none is missing, no file is read."""
    held = {
        (owner, name): library.numbers(name, owner) for owner in library.owners() for name in library.names(owner)
    }
    if not any(held.values()):
        return 0
    from chat_app.tracing import design_rows

    nothing: set[tuple[str, str, int]] = set()
    known = store.read(design_rows.known, nothing)
    if store.problem is not None:
        return 0
    count = 0
    for (owner, name), numbers in held.items():
        missing = {number for number in numbers if (owner, name, number) not in known}
        count += _taken_in(library, store, name, owner, missing) if missing else 0
    return count


def _taken_in(library: Library, store: RunStore, name: str, owner: str, missing: Collection[int]) -> int:
    taken = 0
    for revision in reversed(library.revisions(name, owner)):
        if revision.number in missing:
            try:
                text = library.read(name, owner, revision.number)
            except LibraryError:
                continue  # somebody removed the design meanwhile
            store.saved(saved(revision, owner, text))
            taken += 1
    return taken
