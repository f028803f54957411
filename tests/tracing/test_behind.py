"""A writer that falls behind is waited for, so that memory stays bounded; one that fails or hangs is not."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chat_app.engine.batch import Batch, Row
from chat_app.engine.manager import RunManager
from chat_app.events.run import Recorded, Token
from chat_app.tracing import behind as behind_module
from chat_app.tracing.run_store import RunStore
from chat_app.tracing.writer import BatchWriter
from tests.engine.conftest import OneModel, ToldModel, checked
from tests.engine.many_rows import TEXT

BOUND = 100_000


@pytest.fixture(autouse=True)
def bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little may wait, and who waits does not lose patience."""
    monkeypatch.setattr(behind_module, "MOST_BYTES", BOUND)
    monkeypatch.setattr(behind_module, "PATIENCE", math.inf)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    made = RunStore(tmp_path / "runs.sqlite")
    yield made
    made.close()


def record(store: RunStore, count: int, run_id: str) -> list[Recorded]:
    """So many events of 50,000 bytes."""
    entries = [Recorded(place, 1.0, Token("a#1", "a", "x" * 50_000), run_id) for place in range(count)]
    for entry in entries:
        store.record(entry)
    return entries


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else writes to the database meanwhile, and nobody is told so before a long time is over."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def ends(waiting: asyncio.Task[Any]) -> bool:
    """Whether it does in a while."""
    done, _ = await asyncio.wait([waiting], timeout=0.3)
    return bool(done)


async def test_who_has_recorded_waits_until_the_writer_has_caught_up(store: RunStore, tmp_path: Path) -> None:
    record(store, 1, "before")
    store.flush()
    with locked(tmp_path / "runs.sqlite"):
        entries = record(store, 1, "r1")
        await asyncio.wait_for(store.kept(), 60)
        entries += record(store, 2, "r2")
        waiting = [asyncio.create_task(store.kept()) for _ in range(3)]
        assert not await ends(waiting[0])
        assert store._behind.too_far
    await asyncio.wait_for(asyncio.gather(*waiting), 60)
    assert not store._behind.too_far and store.problem is None
    assert store.events("r1") + store.events("r2") == entries


async def test_nobody_waits_for_a_database_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    path.mkdir()  # no file can be made here, as on a disk that fails
    store = RunStore(path)
    entries = record(store, 4, "r1")
    # The first to wait learns that it is in vain; the others do not begin to.
    await asyncio.wait_for(store.kept(), 60)
    assert store.problem is not None and not store._behind.too_far
    path.rmdir()
    store.flush()
    assert store.problem is None and store.events("r1") == entries
    with locked(path):
        record(store, 4, "r2")
        waiting = asyncio.create_task(store.kept())
        # It works again, so it is waited for again.
        assert not await ends(waiting)
    await asyncio.wait_for(waiting, 60)
    store.close()


async def test_what_is_given_up_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_app.tracing.run_store.MOST_WAITING", 1)
    path = tmp_path / "runs.sqlite"
    path.mkdir()
    store = RunStore(path)
    for number in range(4):
        record(store, 1, f"r{number}")
        store.flush()
    path.rmdir()
    store.flush()
    assert [len(store.events(f"r{number}")) for number in range(4)] == [0, 0, 0, 1]
    assert store._behind._bytes == 0
    store.close()


async def test_a_database_that_hangs_is_waited_for_once(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, 1, "before")
    store.flush()
    monkeypatch.setattr(behind_module, "PATIENCE", 0.1)
    with locked(tmp_path / "runs.sqlite"):
        entries = record(store, 4, "r1")
        await asyncio.wait_for(store.kept(), 60)
        monkeypatch.setattr(behind_module, "PATIENCE", math.inf)
        await asyncio.wait_for(store.kept(), 60)
    assert store.events("r1") == entries


async def test_a_store_that_closes_lets_go_of_who_waits(store: RunStore, tmp_path: Path) -> None:
    record(store, 1, "before")
    store.flush()
    with locked(tmp_path / "runs.sqlite"):
        entries = record(store, 4, "r1")
        waiting = asyncio.create_task(store.kept())
        assert not await ends(waiting)
        closing = asyncio.create_task(asyncio.to_thread(store.close))
        assert not await ends(closing)
    await asyncio.wait_for(asyncio.gather(waiting, closing), 60)
    assert store.events("r1") == entries


async def test_a_loop_that_ends_while_it_waits_holds_up_nobody(store: RunStore, tmp_path: Path) -> None:
    record(store, 1, "before")
    store.flush()

    def gives_up() -> None:
        with pytest.raises(TimeoutError):
            asyncio.run(asyncio.wait_for(store.kept(), 0.1))

    with locked(tmp_path / "runs.sqlite"):
        entries = record(store, 4, "r1")
        await asyncio.to_thread(gives_up)
        waiting = asyncio.create_task(store.kept())
        assert not await ends(waiting)
    await asyncio.wait_for(waiting, 60)
    assert store.events("r1") == entries and store.problem is None


async def test_runs_go_no_faster_than_their_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, write, most = threading.Event(), BatchWriter.write, 0
    store = RunStore(tmp_path / "runs.sqlite")

    def slowly(writer: BatchWriter, batch: Any) -> None:
        nonlocal most
        most = max(most, store._behind._bytes)
        slow.wait(0.02)
        write(writer, batch)

    monkeypatch.setattr(BatchWriter, "write", slowly)
    model = ToldModel(lambda request: request.messages[-1].content)
    manager = RunManager(OneModel(model), tmp_path, store)
    rows = [Row(number, {"text": f"{number} " + "x" * 20_000}) for number in range(1, 101)]
    results = [result async for result in Batch(manager, checked(TEXT), "batch", at_once=4).results(rows)]
    await manager.close()
    assert [result.state for result in results] == ["finished"] * 100
    recorded = sum(len(store.events(result.run_id)) > 0 for result in results)
    store.close()
    # Each of those that run at once tells up to 150,000 bytes before it waits.
    assert recorded == 100 and BOUND < most < BOUND + 4 * 150_000, (most,)
