"""Writes batches of what was recorded: events as they are, and the rows folded from them, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, delete

from chat_app.events.design import DesignTurn
from chat_app.events.rare_collection import collected_rarely
from chat_app.tracing import rows
from chat_app.tracing.call_rows import add_calls, call_rows
from chat_app.tracing.design_rows import put_saved
from chat_app.tracing.fold import Changes, RunFold
from chat_app.tracing.jobs import Kept, Owned, Saved, Told, Traced
from chat_app.tracing.lines import OfRun, by_run
from chat_app.tracing.run_row import StoredRun, plain_text
from chat_app.tracing.step_row import StoredStep
from chat_app.tracing.step_rows import (
    add_finished,
    drop_steps,
    finished_rows,
    forget_finished,
    put_steps,
    unfinished,
)
from chat_app.tracing.tables import EVENTS, FILES, FINISHED_STEPS, MODEL_CALLS, RUNS, SOURCES, STEPS, TEXTS
from chat_app.tracing.texts import digest
from chat_app.tracing.traced import put_traced
from chat_app.tracing.turn_row import put_turns

MOST_HEADS = 1_000
"""Runs whose folds the writer keeps at hand."""


class BatchWriter:
    """Knows the runs that go on, so that their rows are not read before each write. One thread uses it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection = engine.connect()
        self._folds: dict[str, RunFold] = {}

    def close(self) -> None:
        """Closes the database."""
        self._connection.close()
        self._engine.dispose()

    def write(self, batch: Sequence[Kept], *, anew: bool = False) -> None:
        """Writes a batch whole or not at all; `anew`: some of it may have been written before."""
        folds: dict[str, RunFold] = {}
        try:
            count = sum(len(one.entries) for one in batch if isinstance(one, Told))
            with collected_rarely(count), self._connection.begin():
                self._write_runs(batch, folds, anew)
                put_turns(self._connection, [one for one in batch if isinstance(one, DesignTurn)])
                put_saved(self._connection, [one for one in batch if isinstance(one, Saved)])
                put_traced(self._connection, [one for one in batch if isinstance(one, Traced)])
        except BaseException:
            # What was folded in memory is not on disk: it is read anew.
            self._folds.clear()
            raise
        self._keep(folds)

    def _write_runs(self, batch: Sequence[Kept], folds: dict[str, RunFold], anew: bool) -> None:
        told = by_run(one for one in batch if isinstance(one, Told))
        owned = [one for one in batch if isinstance(one, Owned)]
        named = dict.fromkeys((*told, *(one.run_id for one in owned)))
        folds |= {run_id: self._folds[run_id] for run_id in named if run_id in self._folds}
        if not anew:
            # Before a run's first event there is nothing but whose it is, and that stays where it is not told again.
            begun = [run_id for run_id, part in told.items() if not part.entries[0].offset and run_id not in folds]
            folds |= {run_id: RunFold(StoredRun(run_id)) for run_id in begun}
        folds |= read_folds(self._connection, [run_id for run_id in named if run_id not in folds])
        events: list[tuple[Any, ...]] = []
        for run_id, part in told.items():
            # Both at once, while what they look at is at hand.
            new = _unseen(part, folds[run_id].run.next_offset)
            events += rows.event_rows(run_id, new, folds[run_id].add(new.entries))
        for one in owned:
            folds[one.run_id].own(one.owner)
        rows.add_rows(self._connection, EVENTS, events)
        write_folds(self._connection, folds.values())

    def _keep(self, folds: dict[str, RunFold]) -> None:
        """A run at rest may go on in another process, so its row is read anew then."""
        self._folds |= folds
        for run_id, fold in folds.items():
            if fold.run.ended_at is not None:
                del self._folds[run_id]
        while len(self._folds) > MOST_HEADS:
            del self._folds[next(iter(self._folds))]


def read_folds(connection: Connection, run_ids: Sequence[str]) -> dict[str, RunFold]:
    """Runs as they stand, with their open steps; empty where there is no such run yet."""
    runs = {run_id: StoredRun(run_id) for run_id in run_ids}
    steps: dict[str, list[StoredStep]] = {}
    for part in rows.in_parts(rows.known_runs(connection, run_ids)):
        for run in rows.select_runs(connection, rows.runs_where(RUNS.c.run_id.in_(part))):
            runs[run.run_id] = run
        for step in unfinished(connection, part):
            steps.setdefault(step.run_id, []).append(step)
    return {run_id: RunFold(run, steps.get(run_id, ())) for run_id, run in runs.items()}


def write_folds(connection: Connection, folds: Iterable[RunFold]) -> None:
    """Writes what the folds changed."""
    taken = [(fold.run, fold.goes_on, fold.take_changes()) for fold in folds]
    rows.put_runs(connection, [run for run, *_ in taken])
    for run, goes_on, changed in taken:
        if changed.gone:
            drop_steps(connection, run.run_id, changed.gone)
        if goes_on and (changed.finished or changed.steps):
            forget_finished(connection, run.run_id, {*changed.finished, *changed.steps})
    put_steps(connection, [step for _, _, changed in taken for step in changed.steps.values()])
    add_finished(connection, [row for run, _, changed in taken for row in _finished(run, changed)])
    add_calls(connection, [row for run, _, changed in taken for row in _calls(run, changed)])
    rows.add_files(connection, [one for _, _, changed in taken for one in changed.files])
    put_sources(connection, [(run.run_id, changed.texts) for run, _, changed in taken if changed.texts])


def _finished(run: StoredRun, changed: Changes) -> Iterable[tuple[str, int, str, str]]:
    return finished_rows(run.run_id, run.workflow, changed.place, list(changed.finished.values()))


def _calls(run: StoredRun, changed: Changes) -> Iterable[tuple[Any, ...]]:
    return call_rows(run.run_id, "run", run.workflow, changed.calls)


def refold(connection: Connection) -> None:
    """Builds the rows of runs anew from their events; whose they are is all that the events do not tell."""
    for run_id in rows.all_run_ids(connection):
        known = rows.select_runs(connection, rows.runs_where(RUNS.c.run_id == run_id))
        for table in (STEPS, FINISHED_STEPS, FILES, SOURCES):
            connection.execute(delete(table).where(table.c.run_id == run_id))
        connection.execute(delete(MODEL_CALLS).where(MODEL_CALLS.c.id == run_id))
        fold = RunFold(StoredRun(run_id, owner=known[0].owner if known else ""))
        fold.add(rows.select_events(connection, run_id, 0))
        write_folds(connection, [fold])


def put_sources(connection: Connection, sources: Sequence[tuple[str, Mapping[str, str]]]) -> None:
    """Keeps each text once, and which run runs it."""
    names = {text: digest(text) for text in {text for _, texts in sources for text in texts.values()}}
    rows.add_rows(connection, TEXTS, [(name, plain_text(text)) for text, name in names.items()])
    paths = [(run_id, plain_text(path), names[text]) for run_id, texts in sources for path, text in texts.items()]
    rows.add_rows(connection, SOURCES, paths)


def _unseen(told: OfRun, offset: int) -> OfRun:
    """What is told from an offset on, each event once: a journal may tell what is in the database."""
    entries = told.entries
    if entries[0].offset >= offset and entries[-1].offset - entries[0].offset == len(entries) - 1:
        return told
    new = OfRun([], [])
    for entry, line in zip(entries, told.lines, strict=True):
        if entry.offset >= offset:
            new.entries.append(entry)
            new.lines.append(line)
            offset = entry.offset + 1
    return new
