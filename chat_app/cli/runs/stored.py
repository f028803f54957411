"""The run store as the commands read it, and the run that an id on the command line means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chat_app.cli.exits import Misuse
from chat_app.translation import translated

if TYPE_CHECKING:
    from chat_app.engine.manager import RunManager
    from chat_app.engine.runs import RunStatus
    from chat_app.events.run import Recorded
    from chat_app.tracing.run_row import RunState, StoredRun
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
        _must_be_readable(store)
    except Misuse:
        # What was not found may stand where nothing could be read.
        _must_be_readable(store)
        raise
    finally:
        store.close()


def _must_be_readable(store: RunStore) -> None:
    if store.problem is not None:
        raise Misuse(f"the run store cannot be read: {store.problem}")


def listed(store: RunStore, workflow: str | None, state: str | None, limit: int) -> list[StoredRun]:
    """The runs that are so, the newest first; those too of which the record has not heard before a kill."""
    going = _going()
    if state in ("running", "interrupted"):
        found = [_as_known(store, run) for run in going.values()]
        if state == "running":
            found += [
                run for run in store.find(workflow=workflow, state=state, limit=limit) if run.run_id not in going
            ]
    else:
        recorded = {run.run_id: run for run in store.find(workflow=workflow, state=state, limit=limit + len(going))}
        unheard = () if state else (run for name, run in going.items() if name not in recorded)
        found = [_standing(run, going) for run in recorded.values()] + [_as_known(store, run) for run in unheard]
    fitting = [run for run in found if workflow in (None, run.workflow) and state in (None, run.state)]
    return sorted(fitting, key=lambda run: (-run.started_at, run.run_id))[:limit]


def chosen(store: RunStore, named: str) -> StoredRun:
    """The run with this id, or the only one whose id begins so; `last` is the newest. Raises Misuse."""
    if named == "last":
        newest = listed(store, None, None, 1)
        if not newest:
            raise Misuse("there are no runs yet; make one with `workflow-chat run FILE`")
        return newest[0]
    going = _going()
    recorded = {run.run_id: _standing(run, going) for run in store.starting_with(named)}
    unheard = [run for name, run in going.items() if name.startswith(named) and name not in recorded]
    found = [*recorded.values(), *(_as_known(store, run) for run in unheard)]
    exact = [run for run in found if run.run_id == named]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        raise Misuse(
            f"several runs begin with {named!r}: {', '.join(run.run_id for run in found[:5])}; give more of it"
        )
    raise Misuse(f"there is no run {named!r}; see `workflow-chat runs list`")


def events_of(store: RunStore, run: StoredRun) -> list[Recorded]:
    """What a run did; raises Misuse where that is damaged."""
    entries = store.events(run.run_id)
    if not entries and run.next_offset:
        raise Misuse(f"what run {run.run_id} did cannot be read; its record is damaged. The other runs are whole")
    return entries


def _going() -> dict[str, RunStatus]:
    """What the engine on this machine knows to run or to have been cut off, by id."""
    from chat_app.cli.building import settings_here
    from chat_app.engine.errors import StoreFailed
    from chat_app.engine.open_runs import open_runs

    try:
        return open_runs(settings_here().data)
    except StoreFailed as problem:
        raise Misuse(f"{translated(problem.message)} {translated(problem.help)}") from None


def _standing(run: StoredRun, going: Mapping[str, RunStatus]) -> StoredRun:
    """A recorded run; whether it goes on, the engine knows better."""
    from chat_app.events.value import replace

    open_run = going.get(run.run_id)
    if open_run is None:
        return run
    state: RunState = "interrupted" if open_run.state == "interrupted" else "running"
    return replace(run, state=state, message="", ended_at=None)


def _as_known(store: RunStore, run: RunStatus) -> StoredRun:
    """A run that the engine has open, with what the record has heard of it, if anything."""
    from chat_app.tracing.run_row import StoredRun

    bare = StoredRun(run.run_id, run.owner, run.workflow, model=run.model or "", started_at=run.created)
    return _standing(store.run(run.run_id) or bare, {run.run_id: run})


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
