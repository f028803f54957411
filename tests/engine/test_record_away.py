"""A killed run whose record is a server that is away: refused with the reason, and gone on with when it is back."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from chat_app.engine.errors import RecordMissing
from chat_app.engine.manager import RunManager
from chat_app.events.run import RunFinished, RunStarted
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import OneModel, events_of, of_type
from tests.engine.test_kill import killed
from tests.engine.test_told_positions import IN_A_LOOP
from tests.engine.victim import DeadlyDurable, answering
from tests.servers.postgres import postgres

pytestmark = pytest.mark.xdist_group("postgres")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@contextmanager
def away(server: str) -> Iterator[None]:
    """Nobody can connect meanwhile."""
    door = Path(str(make_url(server).query["host"])) / ".s.PGSQL.5432"
    aside = door.with_name("aside")
    door.rename(aside)
    try:
        yield
    finally:
        aside.rename(door)


def closed_port() -> str:
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        return f"postgresql://chat:hidden-word@127.0.0.1:{there.getsockname()[1]}/postgres"


def manager_on(folder: Path, server: str) -> tuple[RunManager, RunStore]:
    store = RunStore(server, folder / "runs.unwritten")
    return RunManager(OneModel(answering(folder / "calls")), folder, store), store


async def refused(manager: RunManager, store: RunStore, folder: Path) -> None:
    """A resume says why it is none, and changes nothing."""
    calls = (folder / "calls").read_text(encoding="utf-8")
    left = sorted((folder / "runs.unwritten").iterdir())
    (run,) = manager.runs()
    with pytest.raises(RecordMissing, match=f"run {run.run_id} .* out of reach") as told:
        await manager.resume(run.run_id)
    assert "resume again" in told.value.help
    # The log and the dashboard name the cause.
    assert store.problem is not None and "onnect" in store.problem and "hidden-word" not in store.problem
    assert manager.status(run.run_id).state == "interrupted"
    assert (folder / "calls").read_text(encoding="utf-8") == calls
    assert sorted((folder / "runs.unwritten").iterdir()) == left


async def goes_on(manager: RunManager, store: RunStore, folder: Path) -> None:
    """The run comes to its end, does nothing twice, and its record is whole."""
    (run,) = manager.runs()
    await manager.resume(run.run_id)
    assert isinstance((await events_of(manager, run.run_id))[-1], RunFinished)
    calls = (folder / "calls").read_text(encoding="utf-8").split("\n")
    assert calls.count("again 0") == calls.count("again 1") == 1
    entries = store.events(run.run_id)
    assert [entry.offset for entry in entries] == list(range(len(entries)))
    assert len(of_type([entry.event for entry in entries], RunStarted)) == 2 and store.problem is None


@pytest.mark.parametrize("known", [False, True], ids=["new store", "store that had read"])
async def test_a_killed_run_waits_for_the_server_that_has_its_record(
    tmp_path: Path, server: str, known: bool
) -> None:
    killed(tmp_path, IN_A_LOOP, DeadlyDurable, server)
    manager, store = manager_on(tmp_path, server)
    if known:
        # What the killed process left is taken up: all is on the server.
        (run,) = manager.runs()
        assert store.events(run.run_id)
        assert list((tmp_path / "runs.unwritten").iterdir()) == []
    with away(server):
        for _ in range(2):
            await refused(manager, store, tmp_path)
    await goes_on(manager, store, tmp_path)
    await manager.close()
    store.close()


async def test_a_killed_run_is_refused_where_nobody_listens_and_goes_on_where_its_record_is(
    tmp_path: Path, server: str
) -> None:
    killed(tmp_path, IN_A_LOOP, DeadlyDurable, server)
    manager, store = manager_on(tmp_path, closed_port())
    await refused(manager, store, tmp_path)
    await manager.close()
    store.close()
    manager, store = manager_on(tmp_path, server)
    await goes_on(manager, store, tmp_path)
    await manager.close()
    store.close()
