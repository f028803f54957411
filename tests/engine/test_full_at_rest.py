"""A run that comes to rest while the disk is really full: what it has done is done, and done once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from chat_app.chat_models.errors import RequestRefused
from chat_app.chat_models.protocol import ChatRequest, Piece
from chat_app.engine.errors import RecordMissing
from chat_app.engine.manager import RunManager
from chat_app.events.run import RunFailed, RunFinished, RunStopped
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import Make, ToldModel, checked, events_of
from tests.engine.test_told_positions import CHAIN, Counting, saved

NO_BOUND = 1_000_000
BIG = "x" * 200_000


async def bound(manager: RunManager, pages: int | None = None) -> None:
    """The database may grow so far; as it is now where nothing is said: its disk is full."""

    def set_bound(connection: sqlite3.Connection) -> None:
        most = pages or connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {most}").fetchone()

    await manager._store.do(set_bound)


class FillsTheDisk(ToldModel):
    """Answers at length; at the first request that begins so, the disk is full, and it fails, or waits for ever."""

    def __init__(self, at: str, *, waits: bool = False) -> None:
        super().__init__(lambda request: BIG)
        self.at, self.waits, self.manager = at, waits, list[RunManager]()
        self.reached = asyncio.Event()

    async def stream(self, request: ChatRequest) -> AsyncIterator[Piece]:  # type: ignore[override]
        if self.manager and request.messages[-1].content.startswith(self.at):
            await bound(self.manager.pop())
            self.reached.set()
            if self.waits:
                await asyncio.Event().wait()
            if self.at == "three":
                raise RequestRefused("down", help="")
        async for piece in super().stream(request):
            yield piece

    @property
    def asked_for(self) -> list[str]:
        return [request.messages[-1].content.split()[0] for request in self.asked]


def row(folder: Path) -> str:
    """How the run's row says that it stands."""
    with closing(sqlite3.connect(folder / "engine.sqlite")) as database:
        return str(database.execute("SELECT status FROM runs").fetchone()[0])


@pytest.mark.parametrize("away", [False, True], ids=["record at hand", "record away"])
async def test_its_last_position_is_saved_when_it_goes_on(make: Make, tmp_path: Path, away: bool) -> None:
    store = RunStore(tmp_path / "runs.sqlite")
    record, model = Counting(store), FillsTheDisk("three")
    manager = make(model, record)
    model.manager.append(manager)
    run_id = await manager.start(checked(CHAIN), {})
    failed = (await events_of(manager, run_id))[-1]
    assert isinstance(failed, RunFailed) and "down" in failed.message
    # Neither its position nor its end found room.
    assert (saved(tmp_path), row(tmp_path), manager.status(run_id).state) == (0, "running", "failed")
    record.away = away
    await manager.resume(run_id)
    failed = (await events_of(manager, run_id))[-1]
    assert isinstance(failed, RunFailed) and "full" in failed.message
    assert saved(tmp_path) == 0
    await bound(manager, NO_BOUND)
    await manager.resume(run_id)
    finished = (await events_of(manager, run_id))[-1]
    assert isinstance(finished, RunFinished) and finished.outputs == {"three": BIG}
    assert model.asked_for == ["one", "two", "three"]
    await manager.close()
    store.close()


async def test_another_process_goes_on_by_what_the_record_tells(make: Make, tmp_path: Path) -> None:
    store, model = RunStore(tmp_path / "runs.sqlite"), FillsTheDisk("three", waits=True)
    manager = make(model, store)
    model.manager.append(manager)
    run_id = await manager.start(checked(CHAIN), {})
    await model.reached.wait()
    await manager.stop(run_id)
    assert isinstance((await events_of(manager, run_id))[-1], RunStopped)
    await manager.close()
    assert (saved(tmp_path), row(tmp_path)) == (0, "running")
    record = Counting(store)
    record.away = True
    other = make(model, record)
    with pytest.raises(RecordMissing):
        await other.resume(run_id)
    record.away = False
    await other.resume(run_id)
    assert isinstance((await events_of(other, run_id))[-1], RunFinished)
    assert model.asked_for == ["one", "two", "three"]
    await other.close()
    store.close()


async def test_a_step_whose_position_found_no_room_is_not_done_again(make: Make, tmp_path: Path) -> None:
    model = FillsTheDisk("two")
    manager = make(model)
    model.manager.append(manager)
    run_id = await manager.start(checked(CHAIN), {})
    failed = (await events_of(manager, run_id))[-1]
    assert isinstance(failed, RunFailed) and "full" in failed.message
    assert (saved(tmp_path), row(tmp_path)) == (1, "running")
    await bound(manager, NO_BOUND)
    await manager.resume(run_id)
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)
    assert model.asked_for == ["one", "two", "three"]
