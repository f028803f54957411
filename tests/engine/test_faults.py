"""A full disk, a locked database, damaged rows: one run says so, the others go on, what is saved stays whole."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from chat_app.chat_models.errors import RequestRefused
from chat_app.engine import database
from chat_app.engine.errors import DamagedCheckpoint, StoreFailed
from chat_app.engine.manager import RunManager
from chat_app.engine.runs import ANSWER, POSITION, STEPS
from chat_app.events.run import RunFailed, RunFinished
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import KeptEvents, Make, ToldModel, checked, events_of, run
from tests.engine.hungry import TEXT

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.skipif(sys.platform == "win32", reason="the kernel's bound on files is a Unix one")
def test_a_disk_that_is_really_full_fails_one_run_and_harms_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.hungry", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    told = json.loads(done.stdout)
    assert "could not be saved" in told["failed"] and "disk" in told["help"]
    assert told["ended"] and told["other"] == "finished"
    # Two calls for the run before, two for this one, and the one again whose result found no room.
    assert told["calls"] <= 5
    with closing(sqlite3.connect(tmp_path / "engine.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def locked(path: Path) -> sqlite3.Connection:
    """Another program that holds the database."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


async def test_a_database_that_is_locked_for_a_while_is_waited_for(make: Make, tmp_path: Path) -> None:
    manager = make(ToldModel(lambda request: "x"))
    await events_of(manager, await manager.start(checked(TEXT), {}))
    other = locked(tmp_path / "engine.sqlite")
    starting = asyncio.create_task(manager.start(checked(TEXT), {}))
    await asyncio.sleep(0.3)
    assert not starting.done()
    other.execute("ROLLBACK")
    other.close()
    assert isinstance((await events_of(manager, await starting))[-1], RunFinished)


async def test_a_database_that_stays_locked_fails_the_run_which_goes_on_later(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    said = iter(["first", "second", "third"])
    holding: list[sqlite3.Connection] = []

    def answer(request: object) -> str:
        if not holding:
            holding.append(locked(tmp_path / "engine.sqlite"))
        return next(said)

    manager = make(ToldModel(answer), KeptEvents())
    run_id = await manager.start(checked(TEXT), {})
    failed = (await events_of(manager, run_id))[-1]
    assert isinstance(failed, RunFailed) and "locked" in failed.message
    holding[0].execute("ROLLBACK")
    holding[0].close()
    await manager.resume(run_id)
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)


async def test_a_lock_at_the_moment_of_a_resume_is_told_and_the_run_can_be_resumed_later(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    model = ToldModel(["first", RequestRefused("down", help=""), "second"])
    manager = make(model, KeptEvents())
    run_id = await manager.start(checked(TEXT), {})
    await events_of(manager, run_id)
    other = locked(tmp_path / "engine.sqlite")
    with pytest.raises(StoreFailed, match="locked") as told:
        await manager.resume(run_id)
    assert str(tmp_path / "engine.sqlite") in told.value.message and "Close that program" in told.value.help
    other.execute("ROLLBACK")
    other.close()
    assert manager.status(run_id).state == "failed"
    await manager.resume(run_id)
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)
    assert len(model.asked) == 3


async def test_all_that_wait_for_a_lock_wait_once_and_no_longer(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.5)
    manager = make(ToldModel(lambda request: "x"))
    await events_of(manager, await manager.start(checked(TEXT), {}))
    other = locked(tmp_path / "engine.sqlite")
    # The first is in the thread's hands alone; the others come together after it.
    before = asyncio.get_running_loop().time()
    starts = (manager.start(checked(TEXT), {}) for _ in range(12))
    results = await asyncio.gather(*starts, return_exceptions=True)
    waited = asyncio.get_running_loop().time() - before
    other.execute("ROLLBACK")
    other.close()
    assert all(isinstance(result, StoreFailed) for result in results)
    assert waited < 12 * 0.5 / 2, waited
    assert len(manager.runs()) == 1
    assert isinstance((await events_of(manager, await manager.start(checked(TEXT), {})))[-1], RunFinished)


async def test_a_file_that_is_no_database_is_told_with_its_path_and_left_alone(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "engine.sqlite"
    path.write_bytes(b"this is no database" * 100)
    manager = make(ToldModel([]))
    for attempt in (manager.start(checked(TEXT), {}), manager.resume("any"), asyncio.to_thread(manager.runs)):
        with pytest.raises(StoreFailed, match="damaged") as told:
            await attempt
        assert str(path) in told.value.message and "Move that file away" in told.value.help
    assert path.read_bytes() == b"this is no database" * 100
    path.unlink()
    manager = make(ToldModel(lambda request: "x"))
    assert isinstance((await events_of(manager, await manager.start(checked(TEXT), {})))[-1], RunFinished)


WAITS = """
state: {a: {type: string}, b: {type: string}}
outputs: [a]
nodes:
  - {id: write, kind: llm, prompt: Write, writes: [b]}
  - {id: ask, kind: human, ask: "{{ state.b }}?", writes: [a]}
"""


async def waiting(make: Make, count: int) -> tuple[RunManager, list[str]]:
    """Runs that wait, and whose steps are saved."""
    manager = make(ToldModel(lambda request: "a text that is somewhat longer"))
    run_ids = [await manager.start(checked(WAITS), {}) for _ in range(count)]
    for run_id in run_ids:
        await events_of(manager, run_id)
    return manager, run_ids


async def test_a_checkpoint_with_bytes_overwritten_anywhere_is_told_and_harms_no_other(make: Make) -> None:
    manager, run_ids = await waiting(make, 25)

    def overwrite(database: sqlite3.Connection) -> None:
        for place, run_id in enumerate(run_ids[:-1]):
            query = "SELECT checkpoint FROM checkpoints WHERE thread_id = ? ORDER BY checkpoint_id DESC"
            whole = bytearray(database.execute(query, (run_id,)).fetchone()[0])
            at = place * len(whole) // (len(run_ids) - 1)
            # A bit of one byte, or a few bytes.
            whole[at : at + 1 + place % 3] = bytes(byte ^ 1 for byte in whole[at : at + 1 + place % 3])
            database.execute("UPDATE checkpoints SET checkpoint = ? WHERE thread_id = ?", (bytes(whole), run_id))

    await manager._store.do(overwrite)
    for run_id in run_ids:
        await manager.answer(run_id, {"ask": {"a": "this"}})
    for run_id in run_ids[:-1]:
        failed = (await events_of(manager, run_id))[-1]
        assert isinstance(failed, RunFailed) and f"of run {run_id} cannot be read" in failed.message
        assert "runs rerun" in failed.help
    assert isinstance((await events_of(manager, run_ids[-1]))[-1], RunFinished)


@pytest.mark.parametrize("damage", ["substr(metadata, 1, 5)", "CAST(x'7bff22' AS TEXT)"])
async def test_a_checkpoint_whose_place_cannot_be_read_is_told_and_no_older_one_is_taken(
    make: Make, damage: str
) -> None:
    manager, (broken, whole) = await waiting(make, 2)
    newest = "SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?"
    query = f"UPDATE checkpoints SET metadata = {damage} WHERE checkpoint_id = ({newest})"
    await manager._store.do(lambda one: one.execute(query, (broken,)))
    for run_id in (broken, whole):
        await manager.answer(run_id, {"ask": {"a": "this"}})
    failed = (await events_of(manager, broken))[-1]
    assert isinstance(failed, RunFailed) and f"of run {broken} cannot be read" in failed.message
    assert isinstance((await events_of(manager, whole))[-1], RunFinished)


@pytest.mark.parametrize(
    "damage",
    [
        "substr(data, 1, 40)",
        "'[]'",
        "x'7bff22'",
        "CAST(x'7bff22' AS TEXT)",
        "CAST(replace(data, 'write', CAST(x'77f2697465' AS TEXT)) AS TEXT)",
        "replace(data, 'owner', 'ovner')",
        "replace(data, 'ask', 'asc')",
        "json_set({unsummed}, '$.spent', 'much')",
        "json_set({unsummed}, '$.spent', json('[1]'))",
        "json_set({unsummed}, '$.spent.stebs', 1)",
        "json_set({unsummed}, '$.spent.steps', '1')",
        "json_set({unsummed}, '$.limits', json('{\"stebs\": 1}'))",
        "json_set({unsummed}, '$.limits', 7)",
        "json_set({unsummed}, '$.state', 'walking')",
        "json_set({unsummed}, '$.inputs', 7)",
        "json_set({unsummed}, '$.files', json('{\"part.yaml\": 7}'))",
        "json_set({unsummed}, '$.text', 7)",
        "json_set({unsummed}, '$.created', 'then')",
        "json_set({unsummed}, '$.model', 7)",
        "json_set({unsummed}, '$.questions', json('[7]'))",
        "json_set({unsummed}, '$.questions[0].fields', 7)",
    ],
)
async def test_a_damaged_row_of_a_run_hides_no_other(make: Make, damage: str) -> None:
    manager, (broken, whole) = await waiting(make, 2)
    # Rows of earlier versions have no sum at their end.
    damage = damage.replace("{unsummed}", "substr(data, 1, length(data) - 9)")
    await manager._store.do(lambda one: one.execute(f"UPDATE runs SET data = {damage} WHERE run_id = ?", (broken,)))
    later = make(ToldModel([]))
    found = {run.run_id: run for run in later.runs()}
    assert found[whole].state == "waiting"
    assert found[broken].state == "failed" and "cannot be read" in found[broken].message
    with pytest.raises(DamagedCheckpoint, match=broken):
        later.status(broken)
    with pytest.raises(DamagedCheckpoint, match=broken):
        await later.answer(broken, {"ask": {"a": "this"}})
    with pytest.raises(DamagedCheckpoint, match=broken):
        await later.resume(broken)
    await later.answer(whole, {"ask": {"a": "this"}})
    assert isinstance((await events_of(later, whole))[-1], RunFinished)
    await later.forget([broken])
    assert [run.run_id for run in later.runs()] == [whole]


async def test_a_row_of_an_earlier_version_has_no_sum_and_is_read(make: Make) -> None:
    manager, (run_id,) = await waiting(make, 1)
    await manager._store.do(lambda one: one.execute("UPDATE runs SET data = substr(data, 1, length(data) - 9)"))
    later = make(ToldModel([]))
    assert later.status(run_id).state == "waiting"
    await later.answer(run_id, {"ask": {"a": "this"}})
    assert isinstance((await events_of(later, run_id))[-1], RunFinished)


ASKS_FIRST = """
state: {a: {type: string}, b: {type: string}, c: {type: string}}
outputs: [b, c]
nodes:
  - {id: ask, kind: human, ask: What?, writes: [a]}
  - {id: both, kind: parallel, max_concurrency: 1, subtasks: [say, write]}
  - {id: say, kind: llm, prompt: "Say {{ state.a }}", writes: [b]}
  - {id: write, kind: llm, prompt: "Write {{ state.a }}", writes: [c]}
"""


async def cut_short(make: Make, count: int) -> tuple[RunManager, ToldModel, list[str]]:
    """Runs that have kept an answer, a position and a step, and failed in the next."""
    down = RequestRefused("down", help="")
    model = ToldModel(["this", down] * count)
    manager = make(model)
    run_ids = [await manager.start(checked(ASKS_FIRST), {}) for _ in range(count)]
    for run_id in run_ids:
        await events_of(manager, run_id)
        await manager.answer(run_id, {"ask": {"a": "this"}})
        assert isinstance((await events_of(manager, run_id))[-1], RunFailed)
    model.reply = lambda request: "done"
    return manager, model, run_ids


async def changed(manager: RunManager, change: str, run_id: str, kind: str) -> int:
    """How many rows of the journal were changed."""
    query = f"UPDATE journal SET {change} WHERE run_id = ? AND kind = ?"
    return await manager._store.do(lambda one: one.execute(query, (run_id, kind)).rowcount)


@pytest.mark.parametrize("kind", [ANSWER, STEPS, POSITION])
@pytest.mark.parametrize(
    "damage",
    [
        "data = '{no json'",
        "data = replace(data, 'this', 'thiz')",
        "data = CAST(replace(data, 'this', CAST(x'f4686973' AS TEXT)) AS TEXT)",
        "data = substr(data, 1, length(data) - 1)",
        "data = x'7bff22'",
        "kind = kind || 't'",
        "step = step || 't'",
    ],
)
async def test_a_damaged_journal_fails_its_run_alone(make: Make, kind: str, damage: str) -> None:
    manager, model, (broken, whole) = await cut_short(make, 2)
    assert await changed(manager, damage, broken, kind) == 1
    asked = len(model.asked)
    for run_id in (broken, whole):
        await manager.resume(run_id)
    failed = (await events_of(manager, broken))[-1]
    assert isinstance(failed, RunFailed) and f"of run {broken} cannot be read" in failed.message
    finished = (await events_of(manager, whole))[-1]
    assert isinstance(finished, RunFinished) and finished.outputs == {"b": "this", "c": "done"}
    assert len(model.asked) == asked + 1


async def test_a_journal_of_an_earlier_version_is_read(make: Make) -> None:
    manager, model, (run_id,) = await cut_short(make, 1)
    for kind in (ANSWER, STEPS, POSITION):
        assert await changed(manager, "data = substr(data, 1, length(data) - 9)", run_id, kind) == 1
    rows = await manager._store.do(lambda one: one.execute("SELECT data FROM journal").fetchall())
    assert all(json.loads(data) for (data,) in rows)
    await manager.resume(run_id)
    finished = (await events_of(manager, run_id))[-1]
    assert isinstance(finished, RunFinished) and finished.outputs == {"b": "this", "c": "done"}
    assert len(model.asked) == 3


def bytes_in(folder: Path, pattern: str) -> int:
    """Of all files that are named so, at whatever depth; one that goes away meanwhile counts nothing."""
    found = 0
    for path in folder.rglob(pattern):
        try:
            found += path.stat().st_size
        except FileNotFoundError:
            continue
    return found


LOOP = """
inputs: {big: {type: string}}
state: {n: {type: integer, default: 0}, last: {type: string, default: ""}}
outputs: [n]
limits: {steps: 1000, tokens: 100000000}
nodes: [{id: count, kind: llm, prompt: "{{ state.n }} TOLD", writes: [n, last]}]
edges:
  - {from: START, to: count}
  - {from: count, routes: [{to: count, max_times: 999}, {to: END}]}
"""


@pytest.mark.parametrize(
    ("recorded", "told", "written"),
    [(False, "", 1), (False, "", 5_000), (True, "", 1), (True, "{{ state.big }}", 1), (True, "", 5_000)],
    ids=["alone", "alone-rewritten", "recorded", "recorded-in-each-prompt", "recorded-rewritten"],
)
async def test_a_loop_of_a_thousand_steps_over_a_big_state_stays_small_on_disk(
    make: Make, tmp_path: Path, recorded: bool, told: str, written: int
) -> None:
    record = RunStore(tmp_path / "record" / "runs.sqlite") if recorded else None
    sizes: list[int] = []

    def answer(request: object) -> str:
        sizes.append(max(bytes_in(tmp_path, "engine.sqlite*"), bytes_in(tmp_path, "runs.sqlite*")))
        return f'{{"n": 1, "last": "{str(len(sizes) % 10) * written}"}}'

    manager = make(ToldModel(answer), record, folder=tmp_path / "engine")
    events = await run(manager, LOOP.replace("TOLD", told), {"big": "x" * 10_000})
    assert isinstance(events[-1], RunFinished)
    assert len(sizes) == 1_000
    if record is not None:
        record.close()
    assert max(sizes) < 20_000_000, max(sizes)
    # Both databases together, with what the record keeps beside its own until it is written.
    assert bytes_in(tmp_path, "*") < 20_000_000, bytes_in(tmp_path, "*")
