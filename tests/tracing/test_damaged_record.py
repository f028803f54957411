"""A record whose disk is full or whose rows are damaged: told, nothing else is harmed, no run is taken for new."""

from __future__ import annotations

import logging
import resource
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from chat_app.engine.errors import EngineError
from chat_app.events.run import Recorded, RunFinished, RunStarted, StepFinished, StepStarted, Token
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import Make, ToldModel, checked, events_of, make

__all__ = ["make"]

TEXT = """
state: {a: {type: string}, b: {type: string}}
outputs: [b]
nodes:
  - {id: one, kind: llm, prompt: One, writes: [a]}
  - {id: ask, kind: human, ask: "{{ state.a }}?", writes: [b]}
"""


def entries_of(run_id: str) -> list[Recorded]:
    told = [
        RunStarted("flow", "0" * 64, "m", False, {}, text="version: 1"),
        StepStarted("a#1", "a", "llm"),
        StepFinished("a#1", "a", {"said": "something \N{SNOWMAN}"}, 0.1),
        RunFinished({}, 1.0),
    ]
    return [Recorded(place, 1.0 + place, event, run_id) for place, event in enumerate(told)]


@pytest.mark.parametrize(
    "damage", ["substr(data, 1, 90)", "x'7b22ff'", "replace(CAST(data AS TEXT), 'run_started', 'run_strated')"]
)
def test_damaged_events_of_a_run_are_told_and_those_of_others_are_read(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "runs.sqlite"
    store = RunStore(path)
    for run_id in ("broken", "whole"):
        for entry in entries_of(run_id):
            store.record(entry)
    store.close()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(f"UPDATE events SET data = CAST({damage} AS BLOB) WHERE run_id = 'broken'")
    store = RunStore(path)
    assert store.events("broken") == []
    assert "What run broken did cannot be read any more" in caplog.text
    assert store.events("whole") == entries_of("whole")
    assert {run.run_id for run in store.find()} == {"broken", "whole"} and store.problem is None
    store.close()


async def test_a_run_whose_record_is_damaged_goes_on_only_where_nothing_is_done_twice(
    make: Make, tmp_path: Path
) -> None:
    path = tmp_path / "record" / "runs.sqlite"
    model = ToldModel(lambda request: "x")
    store = RunStore(path)
    dead = make(model, store)
    run_ids = [await dead.start(checked(TEXT), {}) for _ in range(2)]
    for run_id in run_ids:
        await events_of(dead, run_id)
        # As if its process had died while it ran.
        await dead._rows.save(replace(dead.status(run_id), state="running"))
    await dead.close()
    store.close()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE events SET data = x'7b22ff' WHERE run_id = ?", (run_ids[0],))
    asked = len(model.asked)
    later = make(model, RunStore(path))
    with pytest.raises(EngineError, match=run_ids[0]) as told:
        await later.resume(run_ids[0])
    assert told.value.help
    await later.resume(run_ids[1])
    await events_of(later, run_ids[1])
    await later.answer(run_ids[1], {"ask": {"b": "yes"}})
    assert isinstance((await events_of(later, run_ids[1]))[-1], RunFinished)
    assert len(model.asked) == asked


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX's")
def test_a_record_on_a_full_disk_keeps_all_and_writes_it_once_there_is_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "runs.sqlite"
    store = RunStore(path)
    for entry in entries_of("before"):
        store.record(entry)
    store.flush()
    more = [Recorded(place, 1.0, Token("a#1", "a", "x" * 5_000), "big") for place in range(200)]
    more.append(Recorded(len(more), 2.0, RunFinished({}, 1.0), "big"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))
    try:
        with caplog.at_level(logging.WARNING):
            for entry in more:
                store.record(entry)
            store.flush()
            assert store.problem is not None
            assert "Runs are not recorded" in caplog.text and "check the disk" in caplog.text
            assert store.events("before") == entries_of("before")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    store.record(Recorded(0, 1.0, RunFinished({}, 1.0), "after"))
    store.flush()
    assert store.problem is None
    store.close()
    again = RunStore(path)
    assert again.events("big") == more
    assert again.events("before") == entries_of("before") and len(again.events("after")) == 1
    again.close()
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
