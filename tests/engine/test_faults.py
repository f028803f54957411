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

from chat_app.engine import store
from chat_app.events.run import RunFailed, RunFinished
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
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.2)
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


async def test_a_damaged_journal_fails_its_run_alone(make: Make) -> None:
    text = """
state: {a: {type: string}}
outputs: [a]
nodes: [{id: ask, kind: human, ask: What?, writes: [a]}]
"""
    manager = make(ToldModel([]))
    runs = [await manager.start(checked(text), {}) for _ in range(2)]
    for run_id in runs:
        await events_of(manager, run_id)
    row = (runs[0], "ask#9", "step", "{no json")
    await manager._store.do(lambda one: one.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", row))
    for run_id in runs:
        await manager.answer(run_id, {"ask": {"a": "this"}})
    failed = (await events_of(manager, runs[0]))[-1]
    assert isinstance(failed, RunFailed) and "cannot be read" in failed.message
    assert isinstance((await events_of(manager, runs[1]))[-1], RunFinished)


async def test_a_loop_of_a_thousand_steps_over_a_big_state_stays_small_on_disk(make: Make, tmp_path: Path) -> None:
    text = """
inputs: {big: {type: string}}
state: {n: {type: integer, default: 0}}
outputs: [n]
limits: {steps: 1000, tokens: 100000000}
nodes: [{id: count, kind: llm, prompt: "{{ state.n }}", writes: [n]}]
edges:
  - {from: START, to: count}
  - {from: count, routes: [{to: count, max_times: 999}, {to: END}]}
"""
    sizes: list[int] = []

    def answer(request: object) -> str:
        sizes.append(sum(path.stat().st_size for path in tmp_path.glob("engine.sqlite*")))
        return '{"n": 1}'

    events = await run(make(ToldModel(answer)), text, {"big": "x" * 10_000})
    assert isinstance(events[-1], RunFinished)
    assert len(sizes) == 1_000
    assert max(sizes) < 20_000_000, max(sizes)
