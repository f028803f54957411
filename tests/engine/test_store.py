"""The engine's database: shared transactions, faults that stay where they belong, strict checkpoints."""

from __future__ import annotations

import asyncio
import math
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from langgraph.checkpoint.base import empty_checkpoint

from chat_app.engine import store as store_module
from chat_app.engine.database import LOG_BYTES
from chat_app.engine.errors import DamagedCheckpoint, StoreFailed
from chat_app.engine.saver import StoreSaver
from chat_app.engine.store import Store
from chat_app.events.run import RunFailed, RunFinished
from tests.engine.conftest import Make, ToldModel, checked, events_of


def insert(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("INSERT INTO runs VALUES (?, 'me', 0, 'running', '', '{}')", (name,))


async def test_jobs_of_many_tasks_are_all_committed(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    await asyncio.gather(*(store.do(lambda one, n=n: insert(one, str(n))) for n in range(200)))
    store.close()
    with sqlite3.connect(tmp_path / "db") as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (200,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


async def test_a_job_that_fails_takes_no_other_with_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    names = ["a", "b", "a", "c"]
    results = await asyncio.gather(
        *(store.do(lambda one, name=name: insert(one, name)) for name in names), return_exceptions=True
    )
    assert [isinstance(result, sqlite3.IntegrityError) for result in results] == [False, False, True, False]
    assert await store.do(lambda one: one.execute("SELECT count(*) FROM runs").fetchone()) == (3,)
    store.close()


def where(connection: sqlite3.Connection) -> str:
    """A job that tells in which thread it is done."""
    return threading.current_thread().name


async def comes_back_to_the_loop(store: Store) -> None:
    """Waits until the thread, which has a last look around, leaves the database to the loop."""
    while await store.do(where) != threading.current_thread().name:
        pass


async def test_what_a_loop_asks_for_it_writes_itself_in_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "SLOW_SECONDS", math.inf)
    store = Store(tmp_path / "db")
    here = threading.current_thread().name
    # The file is opened by the thread.
    assert await store.do(where) != here
    await comes_back_to_the_loop(store)
    seen: list[int] = []

    def counted(connection: sqlite3.Connection) -> None:
        seen.append(connection.total_changes)
        insert(connection, f"n{len(seen)}")

    waiting = [store.add(counted) for _ in range(3)]
    assert seen == [] and not any(one.done() for one in waiting)
    assert [await one for one in waiting] == [None] * 3
    assert await store.do(where) == here
    with closing(sqlite3.connect(tmp_path / "db")) as other:
        assert other.execute("SELECT count(*) FROM runs").fetchone() == (3,)
    store.close()


async def test_a_lock_is_waited_for_by_the_thread_and_the_loop_goes_on(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    await store.do(lambda one: insert(one, "before"))
    turns: list[int] = []
    with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        first = store.add(lambda one: insert(one, "first"))
        for turn in range(100):
            await asyncio.sleep(0.001)
            turns.append(turn)
        second = store.add(lambda one: one.execute("SELECT count(*) FROM runs").fetchone())
        assert not first.done()
        # What is committed can be read meanwhile.
        assert store.read(lambda one: one.execute("SELECT count(*) FROM runs").fetchone()) == (1,)
        other.execute("ROLLBACK")
        await first
        assert await second == (2,)
    store.close()


async def test_a_loop_is_spared_while_the_disk_is_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "db")
    here = threading.current_thread().name
    monkeypatch.setattr(store_module, "SLOW_SECONDS", math.inf)
    await comes_back_to_the_loop(store)
    monkeypatch.setattr(store_module, "SLOW_SECONDS", 0.0)
    assert await store.do(where) == here
    assert [await store.do(where) == here for _ in range(5)] == [False] * 5
    monkeypatch.setattr(store, "_spared_until", 0.0)
    await comes_back_to_the_loop(store)
    store.close()


async def test_jobs_of_several_loops_are_done_in_their_order_and_each_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    done: dict[str, list[int]] = {"one": [], "two": []}

    async def many(name: str) -> list[int]:
        def job(number: int) -> int:
            done[name].append(number)
            return number

        found = []
        for start in range(0, 400, 4):
            some = [store.add(lambda _, n=n: job(n)) for n in range(start, start + 4)]
            found += [await one for one in some]
        return found

    results = await asyncio.gather(
        asyncio.to_thread(lambda: asyncio.run(many("one"))), asyncio.to_thread(lambda: asyncio.run(many("two")))
    )
    assert results == [list(range(400))] * 2
    # One that found the file locked was tried again.
    assert [list(dict.fromkeys(numbers)) for numbers in done.values()] == results
    store.close()


async def test_a_job_whose_turn_never_ends_is_done_when_the_store_closes(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    await store.do(lambda one: insert(one, "before"))
    store.add(lambda one: insert(one, "last"))
    store.close()
    with closing(sqlite3.connect(tmp_path / "db")) as other:
        assert other.execute("SELECT count(*) FROM runs").fetchone() == (2,)


async def test_the_log_is_copied_into_the_file_before_it_is_long(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    value, log, longest = "x" * 100_000, tmp_path / "db-wal", 0
    for number in range(300):
        await store.do(
            lambda one, n=number: one.execute("INSERT INTO journal VALUES ('r', ?, 'step', ?)", (n, value))
        )
        longest = max(longest, log.stat().st_size)
    # What is written while it is copied is in it too.
    assert LOG_BYTES <= longest < 2 * LOG_BYTES
    store.close()
    assert (tmp_path / "db").stat().st_size > 300 * 100_000


async def test_a_folder_that_cannot_be_written_fails_the_job_with_its_cause(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "db")
    with pytest.raises(StoreFailed, match="file"):
        await store.do(lambda one: None)
    store.close()


async def test_a_full_disk_fails_the_run_clearly_and_it_goes_on_later(make: Make) -> None:
    manager = make(ToldModel(lambda request: "x" * 200_000))
    text = """
state: {a: {type: string}, b: {type: string}}
outputs: [b]
nodes:
  - {id: one, kind: llm, prompt: One, writes: [a]}
  - {id: two, kind: llm, prompt: "{{ state.a }}", writes: [b]}
"""
    pages = await manager._store.do(lambda one: one.execute("PRAGMA page_count").fetchone()[0])
    await manager._store.do(lambda one: one.execute(f"PRAGMA max_page_count = {pages + 10}").fetchone())
    run_id = await manager.start(checked(text), {})
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], RunFailed)
    assert "full" in events[-1].message
    await manager._store.do(lambda one: one.execute("PRAGMA max_page_count = 1000000").fetchone())
    await manager.resume(run_id)
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)


def saver_of(store: Store) -> StoreSaver:
    return StoreSaver(store, lambda run_id: None)


async def put(
    saver: StoreSaver, parent: dict[str, Any], value: Any, step: int = 1, named: str | None = None
) -> dict[str, Any]:
    checkpoint = empty_checkpoint()
    checkpoint["id"] = named or checkpoint["id"]
    checkpoint["channel_values"]["position"] = value
    return await saver.aput(parent, checkpoint, {"source": "loop", "step": step}, {})


START = {"configurable": {"thread_id": "run", "checkpoint_ns": ""}}


async def test_the_newest_checkpoint_comes_back_with_its_writes(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    saver = saver_of(store)
    first = await put(saver, START, {"n": 1})
    second = await put(saver, first, {"n": 2, "round": ["a", "b"]})
    await saver.aput_writes(second, [("arrived", {"node": "a"})], "task")
    found = await saver.aget_tuple(START)
    assert found is not None
    assert found.checkpoint["channel_values"] == {"position": {"n": 2, "round": ["a", "b"]}}
    assert found.config == second
    assert found.parent_config == first
    assert found.pending_writes == [("task", "arrived", {"node": "a"})]
    assert [one.config async for one in saver.alist(START)] == [second]
    await saver.adelete_thread("run")
    assert await saver.aget_tuple(START) is None
    store.close()


async def test_only_the_last_checkpoints_are_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    saver = saver_of(store)
    config: dict[str, Any] = START
    for number in range(33):
        config = await put(saver, config, number, number)
        await saver.aput_writes(config, [("arrived", number)], "task")
    counts = "SELECT (SELECT count(*) FROM checkpoints), (SELECT count(*) FROM writes)"
    assert await store.do(lambda one: one.execute(counts).fetchone()) == (2, 0)
    store.close()


async def test_the_last_checkpoint_is_the_newest_though_its_id_says_it_is_the_oldest(tmp_path: Path) -> None:
    """Ids rise with the clock, which may be set back while nothing runs."""
    store = Store(tmp_path / "db")
    saver = saver_of(store)
    config: dict[str, Any] = START
    for step in range(5):
        config = await put(saver, config, step, step, f"9{step}")
    for step in range(5, 17):
        config = await put(saver, config, step, step, f"1{step:02}")
        await saver.aput_writes(config, [("arrived", step)], "task")
        found = await saver.aget_tuple(START)
        assert found is not None and found.checkpoint["channel_values"] == {"position": step}
    counts = "SELECT (SELECT count(*) FROM checkpoints), (SELECT count(*) FROM writes)"
    assert await store.do(lambda one: one.execute(counts).fetchone()) == (2, 0)
    store.close()


async def test_a_finished_run_leaves_its_row_and_nothing_else(make: Make) -> None:
    manager = make(ToldModel(["x"]))
    text = "state: {a: {type: string}}\noutputs: [a]\nnodes: [{id: one, kind: llm, prompt: One, writes: [a]}]\n"
    run_id = await manager.start(checked(text), {})
    await events_of(manager, run_id)
    counts = "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM checkpoints), (SELECT count(*) FROM journal)"
    assert await manager._store.do(lambda one: one.execute(counts).fetchone()) == (1, 0, 0)
    assert manager.status(run_id).outputs == {"a": "x"}


async def test_a_forged_checkpoint_runs_nothing(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    call = ormsgpack.packb(("os", "system", f"touch {canary}"))
    forged = ormsgpack.packb({"channel_values": {"position": ormsgpack.Ext(0, call)}})
    store = Store(tmp_path / "db")
    saver = saver_of(store)
    row = ("run", "", "1", None, "msgpack", forged, "{}")
    await store.do(lambda one: one.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)", row))
    await saver.aget_tuple(START)
    assert not os.path.exists(canary)  # noqa: ASYNC240, PTH110 - a look at a file
    pickled = ("run", "", "2", None, "pickle", b"cos\nsystem\n(S'true'\ntR.", "{}")
    await store.do(lambda one: one.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)", pickled))
    with pytest.raises(DamagedCheckpoint):
        await saver.aget_tuple(START)
    store.close()


async def test_a_damaged_checkpoint_fails_its_run_alone(make: Make) -> None:
    text = """
state: {a: {type: string}}
outputs: [a]
nodes: [{id: ask, kind: human, ask: What?, writes: [a]}]
"""
    manager = make(ToldModel([]))
    broken = await manager.start(checked(text), {})
    whole = await manager.start(checked(text), {})
    await events_of(manager, broken)
    await events_of(manager, whole)
    cut = "UPDATE checkpoints SET checkpoint = substr(checkpoint, 1, 20) WHERE thread_id = ?"
    await manager._store.do(lambda one: one.execute(cut, (broken,)))
    for run_id in (broken, whole):
        await manager.answer(run_id, {"ask": {"a": "this"}})
    failed = (await events_of(manager, broken))[-1]
    assert isinstance(failed, RunFailed)
    assert "cannot be read" in failed.message
    assert (await events_of(manager, whole))[-1].outputs == {"a": "this"}
