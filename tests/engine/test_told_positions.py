"""A position that the record tells is not saved beside it; where the record cannot tell it, it is."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from chat_app.chat_models.protocol import ChatRequest
from chat_app.engine.errors import BudgetSpent, RecordMissing
from chat_app.engine.manager import RunManager
from chat_app.events.run import CheckpointSaved, Recorded, RunFinished, RunStarted
from chat_app.tracing.recorders import Recorders
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import KeptEvents, Make, OneModel, ToldModel, checked, events_of, of_type
from tests.engine.test_kill import killed
from tests.engine.victim import DeadlyDurable, answering

CHAIN = """
state: {one: {type: string}, two: {type: string}, three: {type: string}}
outputs: [three]
nodes:
  - {id: first, kind: llm, prompt: one, writes: [one]}
  - {id: second, kind: llm, prompt: "two {{ state.one }}", writes: [two]}
  - {id: third, kind: llm, prompt: "three {{ state.two }}", writes: [three]}
"""
KEPT_OPEN = Recorded(0, 1.0, RunStarted("other", "", "", False, {}), "other")
IN_A_LOOP = 102
"""The event at which the victim is in the second round of its loop, long after its last checkpoint."""


def saved(folder: Path) -> int:
    """How many positions are saved beside LangGraph's checkpoints."""
    with closing(sqlite3.connect(folder / "engine.sqlite")) as database:
        return int(database.execute("SELECT count(*) FROM journal WHERE kind = 'position'").fetchone()[0])


class Watching(ToldModel):
    """Notes at each call how many positions are saved."""

    def __init__(self, folder: Path, said: str = "x") -> None:
        super().__init__(self._answer)
        self.folder, self.said, self.found = folder, said, list[int]()

    def _answer(self, request: ChatRequest) -> str:
        self.found.append(saved(self.folder))
        return f"{self.said} {len(self.found)}"


async def whole_run(manager: RunManager, model: Watching) -> list[int]:
    events = await events_of(manager, await manager.start(checked(CHAIN), {}))
    assert events[-1] == RunFinished({"three": f"{model.said} 3"}, events[-1].seconds)  # type: ignore[union-attr]
    told = [one.checkpoint for one in of_type(events, CheckpointSaved)]
    assert [name for name in told if name.startswith("after-")] == ["after-1", "after-2", "after-3"]
    return model.found


async def test_what_the_record_tells_is_not_saved_beside_it(make: Make, tmp_path: Path) -> None:
    store, model = RunStore(tmp_path / "runs.sqlite"), Watching(tmp_path)
    assert await whole_run(make(model, Recorders(store, [KeptEvents()])), model) == [0, 0, 0]
    store.close()


async def test_what_the_record_cannot_hold_is_saved(make: Make, tmp_path: Path) -> None:
    store, model = RunStore(tmp_path / "runs.sqlite"), Watching(tmp_path, "half a \ud800 pair")
    assert await whole_run(make(model, store), model) == [0, 1, 1]
    store.close()


async def test_where_the_record_is_not_kept_against_a_kill_positions_are_saved(make: Make, tmp_path: Path) -> None:
    (tmp_path / "runs.unwritten").write_text("in the way", encoding="utf-8")
    store, model = RunStore(tmp_path / "runs.sqlite"), Watching(tmp_path)
    assert await whole_run(make(model, store), model) == [0, 1, 1]
    store.close()
    model = Watching(tmp_path)
    assert await whole_run(make(model, KeptEvents()), model) == [0, 1, 1]


async def test_one_write_that_fails_has_the_position_saved_and_no_more(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore(tmp_path / "runs.sqlite")

    class Failing(Watching):
        def _answer(self, request: ChatRequest) -> str:
            if len(self.found) == 1:
                # The disk takes nothing while the second node ends.
                monkeypatch.setattr("chat_app.tracing.journal.os.write", lambda file, data: 0)
            elif len(self.found) == 2:
                monkeypatch.undo()
            return super()._answer(request)

    model = Failing(tmp_path)
    assert await whole_run(make(model, store), model) == [0, 0, 1]
    store.close()


async def test_a_run_that_comes_to_rest_is_saved(make: Make, tmp_path: Path) -> None:
    store, reached = RunStore(tmp_path / "runs.sqlite"), asyncio.Event()

    class Slow(ToldModel):
        async def stream(self, request):  # type: ignore[no-untyped-def, override]
            if request.messages[-1].content.startswith("three"):
                reached.set()
                await asyncio.Event().wait()
            async for piece in super().stream(request):
                yield piece

    manager = make(Slow(lambda request: "x"), store)
    run_id = await manager.start(checked(CHAIN), {})
    await reached.wait()
    assert saved(tmp_path) == 0
    await manager.stop(run_id)
    assert saved(tmp_path) == 1
    await manager.close()
    store.close()
    # What goes on with it needs no record.
    other = ToldModel(lambda request: "y")
    manager = make(other)
    await manager.resume(run_id)
    events = await events_of(manager, run_id)
    assert len(other.asked) == 1 and isinstance(events[-1], RunFinished)


async def test_that_a_node_has_ended_is_noted_where_only_the_record_tells_it(make: Make, tmp_path: Path) -> None:
    store, found = RunStore(tmp_path / "runs.sqlite"), list[tuple[bool, int]]()

    def answer(request: ChatRequest) -> str:
        found.append((manager._rows.begun("r1"), saved(tmp_path)))
        return "x"

    manager = make(ToldModel(answer), store)
    await manager.start(checked(CHAIN), {}, run_id="r1")
    assert isinstance((await events_of(manager, "r1"))[-1], RunFinished)
    # Without its record, a run that has not come so far may begin anew; one that has may not.
    assert found == [(False, 0), (True, 0), (True, 0)]
    await manager.close()
    store.close()


async def test_a_killed_run_without_its_record_does_nothing_twice(tmp_path: Path) -> None:
    killed(tmp_path, IN_A_LOOP, DeadlyDurable)
    before = (tmp_path / "calls").read_text(encoding="utf-8")
    aside = tmp_path / "aside"
    aside.mkdir()
    for part in ("runs.sqlite", "runs.unwritten"):
        if (tmp_path / part).exists():
            shutil.move(tmp_path / part, aside)
    for recorder in (None, KeptEvents(), RunStore(tmp_path / "empty.sqlite")):
        manager = RunManager(OneModel(answering(tmp_path / "calls")), tmp_path, recorder)
        (run,) = manager.runs()
        with pytest.raises(RecordMissing, match="out of reach"):
            await manager.resume(run.run_id)
        assert manager.status(run.run_id).state == "interrupted"
        await manager.close()
    assert (tmp_path / "calls").read_text(encoding="utf-8") == before
    shutil.rmtree(tmp_path / "runs.unwritten", ignore_errors=True)
    for part in aside.iterdir():
        shutil.move(part, tmp_path)
    store = RunStore(tmp_path / "runs.sqlite")
    manager = RunManager(OneModel(answering(tmp_path / "calls")), tmp_path, store)
    await manager.resume(run.run_id)
    assert isinstance((await events_of(manager, run.run_id))[-1], RunFinished)
    await manager.close()
    entries = store.events(run.run_id)
    store.close()
    assert [entry.offset for entry in entries] == list(range(len(entries)))
    place = of_type([entry.event for entry in entries], RunStarted)[-1].place
    assert place is not None and place.ran["again"] == 3


async def test_a_process_that_has_the_record_open_takes_over_what_a_killed_one_left(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs.sqlite")
    manager = RunManager(OneModel(answering(tmp_path / "calls")), tmp_path, store)
    store.record(KEPT_OPEN)
    assert store.events("other") == [KEPT_OPEN]
    killed(tmp_path, IN_A_LOOP, DeadlyDurable)
    (run,) = manager.runs()
    await manager.resume(run.run_id)
    events = await events_of(manager, run.run_id)
    assert isinstance(events[-1], RunFinished)
    await manager.close()
    store.close()
    calls = (tmp_path / "calls").read_text(encoding="utf-8").split("\n")
    assert calls.count("again 0") == calls.count("again 1") == 1


class Counting(Recorders):
    """Counts how often a run is read; may be out of reach."""

    def __init__(self, store: RunStore) -> None:
        super().__init__(store, [])
        self.read, self.away = 0, False

    def events(self, run_id: str) -> Iterable[Recorded]:
        self.read += 1
        return () if self.away else super().events(run_id)


async def test_a_resume_reads_the_record_once(tmp_path: Path) -> None:
    killed(tmp_path, IN_A_LOOP, DeadlyDurable)
    store = RunStore(tmp_path / "runs.sqlite")
    record = Counting(store)
    manager = RunManager(OneModel(answering(tmp_path / "calls")), tmp_path, record)
    (run,) = manager.runs()
    await manager.resume(run.run_id)
    assert record.read == 1
    await manager.close()
    store.close()


async def test_a_killed_run_that_was_refused_once_still_needs_its_record(tmp_path: Path) -> None:
    killed(tmp_path, IN_A_LOOP, DeadlyDurable)
    before = (tmp_path / "calls").read_text(encoding="utf-8")
    store = RunStore(tmp_path / "runs.sqlite")
    record, spent = Counting(store), [True]

    def budget() -> None:
        if spent.pop():
            raise BudgetSpent("The budget is spent.", help="Wait.")

    manager = RunManager(OneModel(answering(tmp_path / "calls")), tmp_path, record, budget=budget)
    (run,) = manager.runs()
    with pytest.raises(BudgetSpent):
        await manager.resume(run.run_id)
    record.away, spent[:] = True, [False]
    with pytest.raises(RecordMissing, match="out of reach"):
        await manager.resume(run.run_id)
    assert (tmp_path / "calls").read_text(encoding="utf-8") == before
    record.away, spent[:] = False, [False]
    await manager.resume(run.run_id)
    assert isinstance((await events_of(manager, run.run_id))[-1], RunFinished)
    calls = (tmp_path / "calls").read_text(encoding="utf-8").split("\n")
    assert calls.count("again 0") == calls.count("again 1") == 1
    await manager.close()
    store.close()
