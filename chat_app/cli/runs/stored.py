"""The run store as the commands read it, and the run that an id on the command line means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chat_app.cli.exits import Misuse

if TYPE_CHECKING:
    from chat_app.engine.manager import RunManager
    from chat_app.tracing.run_row import StoredRun
    from chat_app.tracing.run_store import RunStore


@contextmanager
def opened() -> Iterator[RunStore]:
    """The run store of this machine's settings; nothing else of the app is built."""
    from chat_app.cli.building import settings_here
    from chat_app.tracing.run_store import RunStore

    settings = settings_here()
    store = RunStore(settings.store, settings.data / "runs.unwritten")
    try:
        yield store
        if store.problem is not None:
            raise Misuse(f"the run store cannot be read: {store.problem}")
    finally:
        store.close()


def chosen(store: RunStore, named: str) -> StoredRun:
    """The run with this id, or the only one whose id begins so; `last` is the newest. Raises Misuse."""
    if named == "last":
        found = store.find(limit=1)
        if not found:
            raise Misuse("there are no runs yet; make one with `workflow-chat run FILE`")
        return found[0]
    found = store.starting_with(named)
    exact = [run for run in found if run.run_id == named]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        raise Misuse(
            f"several runs begin with {named!r}: {', '.join(run.run_id for run in found[:5])}; give more of it"
        )
    raise Misuse(f"there is no run {named!r}; see `workflow-chat runs list`")


def started_here(runs: RunManager, named: str) -> str:
    """The id of the run that is meant, as `chosen`, from the engine's own list: it knows of a run before the record
    does, so that one killed at once can be resumed too. Raises Misuse."""
    found = runs.find("" if named == "last" else named)
    if named in found:
        return named
    if found and (named == "last" or len(found) == 1):
        return found[0]
    if found:
        raise Misuse(f"several runs begin with {named!r}: {', '.join(found[:5])}; give more of it")
    raise Misuse(f"there is no run {named!r} to go on with; see `workflow-chat runs list`")
