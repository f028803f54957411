"""Stores of older versions, up and down, with data: nothing is lost, and the folds come out as if always kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, inspect, select

from chat_app.events import wire
from chat_app.events.run import (
    Recorded,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    RunWaiting,
    StepFailed,
    StepFinished,
    StepRetried,
    StepStarted,
    Token,
    UsageReported,
)
from chat_app.tracing import costs, database, rows
from chat_app.tracing.call_rows import select_usage
from chat_app.tracing.run_store import RunStore
from chat_app.tracing.step_rows import select_steps
from chat_app.tracing.tables import FILES, FINISHED_STEPS, MODEL_CALLS, REVISION, RUNS, STEPS
from chat_app.tracing.writer import refold

FIRST_LAYOUT = """
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY, owner TEXT NOT NULL, workflow TEXT NOT NULL, text_sha256 TEXT NOT NULL,
    model TEXT NOT NULL, simulated INTEGER NOT NULL, state TEXT NOT NULL, message TEXT NOT NULL,
    started_at REAL NOT NULL, ended_at REAL, next_offset INTEGER NOT NULL, steps INTEGER NOT NULL,
    calls INTEGER NOT NULL, tokens_in INTEGER, tokens_out INTEGER, cost_usd REAL, simulated_calls INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX runs_of_owner ON runs (owner, started_at DESC, run_id);
CREATE TABLE events (
    run_id TEXT NOT NULL, place INTEGER NOT NULL, at REAL NOT NULL, event TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (run_id, place)
);
PRAGMA user_version=1;
"""

FILE = {"name": "a.pdf", "media_type": "application/pdf", "sha256": "ab" * 32, "size": 12}
RUNS_OF_OLD: dict[str, list[RunEvent]] = {
    "good": [
        RunStarted("triage", "ab" * 32, "openai/x", False, {"mail": "hi", "scan": FILE}),
        StepStarted("a#1", "a", "llm"),
        Token("a#1", "a", "hel"),
        UsageReported("a#1", "a", "openai/x", 5, None, None),
        StepFinished("a#1", "a", {"x": [1, {"f": FILE}]}, 0.5),
        RunFinished({"x": 1}, 1.0),
    ],
    "bad": [
        RunStarted("triage", "ab" * 32, "openai/x", False, {}),
        StepStarted("a#1", "a", "http"),
        StepRetried("a#1", "a", 1, "rate_limit", "429", 0.1),
        StepFailed("a#1", "a", "It \x00 broke.", "Mend it.", cause="rate_limit"),
        RunFailed("It broke.", "Mend it."),
    ],
    "asks": [
        RunStarted("ask", "cd" * 32, "", False, {}),
        StepStarted("each#1", "each", "map"),
        StepStarted("each#1[0]/ask#1", "ask", "human", "each#1"),
        RunWaiting(()),
    ],
}


def entries(run_id: str) -> list[Recorded]:
    return [Recorded(place, 100.0 + place, event, run_id) for place, event in enumerate(RUNS_OF_OLD[run_id])]


def old_store(path: Path) -> None:
    """A file as the first version of the program left it."""
    with closing(sqlite3.connect(path)) as file:
        file.executescript(FIRST_LAYOUT)
        for run_id in RUNS_OF_OLD:
            row = (run_id, f"owner of {run_id}", "w", "s", "m", 0, "running", "", 1.0, None, 0, 0, 0, 0, 0, 0.0, 0)
            file.execute(f"INSERT INTO runs VALUES ({', '.join('?' * 17)})", row)
            for entry in entries(run_id):
                data = wire.event_to_json(entry.event)
                text = json.dumps(data)
                file.execute(
                    "INSERT INTO events VALUES (?, ?, ?, ?, ?)", (run_id, entry.offset, entry.at, data["event"], text)
                )
        file.commit()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    old_store(tmp_path / "runs.sqlite")
    return tmp_path / "runs.sqlite"


@pytest.fixture
def connection(path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def everything(store: RunStore) -> dict[str, Any]:
    return {
        run_id: (
            store.run(run_id),
            store.events(run_id),
            store.steps(run_id),
            store.usage(run_id),
            store.files(run_id),
        )
        for run_id in RUNS_OF_OLD
    }


def test_an_old_store_is_read_with_all_that_is_in_it(path: Path) -> None:
    store = RunStore(path)
    found = everything(store)
    assert store.problem is None
    store.close()
    assert {run_id: entries(run_id) for run_id in RUNS_OF_OLD} == {
        run_id: parts[1] for run_id, parts in found.items()
    }
    assert {run.owner for run, *_ in found.values()} == {f"owner of {run_id}" for run_id in RUNS_OF_OLD}
    good, bad, asks = (found[run_id] for run_id in ("good", "bad", "asks"))
    assert [(step.node, step.kind, step.state, step.seconds) for step in good[2]] == [("a", "llm", "finished", 0.5)]
    assert [(one.model, one.tokens_in, one.cost_usd) for one in good[3]] == [("openai/x", 5, None)]
    assert [(file.role, file.field, file.size) for file in good[4]] == [
        ("input", "scan", 12),
        ("written", "x[1].f", 12),
    ]
    assert [(step.state, step.cause, step.attempts) for step in bad[2]] == [("failed", "rate_limit", 2)]
    assert [step.state for step in asks[2]] == ["waiting", "waiting"]


def test_an_old_store_is_written_on(path: Path) -> None:
    store = RunStore(path)
    store.record(Recorded(4, 200.0, RunStarted("ask", "cd" * 32, "", False, {}, resumed=True), "asks"))
    store.record(Recorded(5, 201.0, StepFinished("each#1[0]/ask#1", "ask", {}, 0.1), "asks"))
    store.record(Recorded(6, 202.0, RunFinished({}, 1.0), "asks"))
    store.close()
    run, steps = store.run("asks"), store.steps("asks")
    store.close()
    assert run is not None and (run.state, run.next_offset, run.started_at) == ("finished", 7, 100.0)
    assert [(step.step, step.state) for step in steps] == [("each#1", "stopped"), ("each#1[0]/ask#1", "finished")]


def test_what_is_folded_as_it_comes_is_what_the_events_alone_rebuild(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "new.sqlite")
    for run_id in RUNS_OF_OLD:
        store.owned(run_id, f"owner of {run_id}")
        for entry in entries(run_id):
            store.record(entry)
            store.flush()
    kept = everything(store)
    store.close()
    engine = database.open_for_writing(database.url_of(tmp_path / "new.sqlite"), refold)
    with engine.begin() as connection:
        for table in (STEPS, FINISHED_STEPS, MODEL_CALLS, FILES):
            connection.execute(table.delete())
        connection.execute(RUNS.update().values(state="lost", steps=99, started_at=0, model="", next_offset=0))
        refold(connection)
    engine.dispose()
    assert everything(store) == kept
    store.close()


def test_down_and_up_again_loses_nothing(path: Path, connection: Connection) -> None:
    database.migrate(connection, REVISION)
    refold(connection)
    before = [rows.select_events(connection, run_id, 0) for run_id in RUNS_OF_OLD]
    steps = [select_steps(connection, run_id) for run_id in RUNS_OF_OLD]
    database.migrate(connection, "0001")
    assert set(inspect(connection).get_table_names()) == {"alembic_version", "runs", "events"}
    assert connection.exec_driver_sql("PRAGMA user_version").scalar() == 1
    assert single_events(connection) == [entry for run in before for entry in run]
    database.migrate(connection, REVISION)
    refold(connection)
    assert [rows.select_events(connection, run_id, 0) for run_id in RUNS_OF_OLD] == before
    assert [select_steps(connection, run_id) for run_id in RUNS_OF_OLD] == steps


def single_events(connection: Connection) -> list[Recorded]:
    """The events as stores before 0004 keep them."""
    found = connection.exec_driver_sql("SELECT run_id, place, at, event, data FROM events").all()
    for _, _, _, name, data in found:
        assert json.loads(data)["event"] == name
    entries = [
        Recorded(place, at, wire.event_from_json(json.loads(data)), run_id) for run_id, place, at, _, data in found
    ]
    order = list(RUNS_OF_OLD)
    return sorted(entries, key=lambda entry: (order.index(entry.run_id), entry.offset))


def test_events_of_many_versions_and_long_runs_are_packed_and_unpacked(path: Path, connection: Connection) -> None:
    more = [
        (place, json.dumps({"event": "token", "step": "a#1", "node": "a", "text": "é"})) for place in range(4, 2_500)
    ]
    more[7] = (11, json.dumps({"event": "token", "text": "x", "node": "a", "step": "a#1", "gone": [1, {"a": 2**70}]}))
    rows_of_old = [("asks", place, 0.1 * place, "token", text) for place, text in more]
    connection.exec_driver_sql("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows_of_old)
    table = "SELECT run_id, place, at, event, data FROM events ORDER BY run_id, place"
    before = connection.exec_driver_sql(table).all()
    database.migrate(connection, "0004")
    assert connection.exec_driver_sql("SELECT count(*) FROM events WHERE run_id = 'asks'").scalar() == 3
    parted = connection.exec_driver_sql("SELECT data FROM events ORDER BY run_id, place").all()
    database.migrate(connection, REVISION)
    assert [entry.offset for entry in rows.select_events(connection, "asks", 1_700)] == list(range(1_700, 2_500))
    found = rows.select_events(connection, "asks", 0)
    assert [one.event for one in found[4:]] == [Token("a#1", "a", "x" if place == 11 else "é") for place, _ in more]
    assert rows.select_events(connection, "good", 0) == entries("good")
    database.migrate(connection, "0004")
    assert connection.exec_driver_sql("SELECT data FROM events ORDER BY run_id, place").all() == parted
    database.migrate(connection, "0003")
    after = connection.exec_driver_sql(table).all()
    assert [(*row[:4], json.loads(row[4])) for row in after] == [(*row[:4], json.loads(row[4])) for row in before]


def test_steps_and_calls_are_packed_and_unpacked(connection: Connection) -> None:
    database.migrate(connection, "0004")
    ends = {17: ("failed", "timeout", "It broke."), 18: ("running", "", ""), 19: ("continued", "any", "Go on.")}
    steps = [
        ("long", f"a#{n}", "w", "a", "llm", None if n % 2 else "p#1", *_ended(n, *ends.get(n, ("finished", "", ""))))
        for n in range(2_300)
    ]
    calls = [
        (
            "long",
            n,
            "run",
            86_000.0 + n,
            "w",
            f"a#{n}",
            "a",
            f"m{n % 3}",
            n or None,
            2**40,
            0.5 if n % 5 else None,
            n % 2,
        )
        for n in range(1_500)
    ]
    calls.append(("turn", 0, "design", 1.0, "", "", "decide", "m", None, None, None, 0))
    for table, rows_of_old in (("steps", steps), ("usage", calls)):
        marks = ", ".join("?" * len(rows_of_old[0]))
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", rows_of_old)
    database.migrate(connection, "0005")
    packed = "SELECT count(*) FROM finished_steps", "SELECT count(*) FROM steps", "SELECT count(*) FROM model_calls"
    assert [connection.exec_driver_sql(one).scalar() for one in packed] == [3, 3, 4]
    found = select_steps(connection, "long")
    assert {(*one[:-1], int(one.simulated)) for one in found} == set(steps)
    assert [(*one[:-1], int(one.simulated)) for one in select_usage(connection)] == sorted(calls, key=_time_and_place)
    _first_day, second = costs.by(connection, "day", 0.0, 2 * 86_400.0)
    assert (second.calls, second.unknown) == (1_100, 220)
    assert costs.total(connection, 86_400.0) == replace(second, group=())
    database.migrate(connection, "0004")
    for table, rows_of_old in (("steps", steps), ("usage", calls)):
        after = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
        assert set(map(tuple, after)) == set(rows_of_old)
    days = connection.exec_driver_sql("SELECT * FROM node_days ORDER BY day").all()
    again = [sum(n % 7 < 4 for n in some) for some in (range(400), range(400, 2_300))]
    assert [row[4:8] for row in days] == [(399, 2, again[0], 0), (1_900, 0, again[1], 0)]
    assert days[0].longest == 39.9


def _ended(n: int, state: str, cause: str, message: str) -> tuple[Any, ...]:
    return state, 86_000.0 + n, None if state == "running" else n / 10, 2 if n % 7 < 4 else 1, cause, message, 0


def _time_and_place(call: tuple[Any, ...]) -> tuple[Any, Any]:
    return call[3], call[1]


def test_a_new_store_and_a_migrated_one_have_the_same_tables(path: Path, tmp_path: Path) -> None:
    RunStore(path).runs()
    new = RunStore(tmp_path / "new.sqlite")
    new.record(entries("good")[0])
    new.close()
    assert shape(path) == shape(tmp_path / "new.sqlite")


def shape(path: Path) -> dict[str, Any]:
    engine = create_engine(f"sqlite:///{path}")
    found = inspect(engine)
    told = {
        table: (
            [(column["name"], column["nullable"], str(column["type"])) for column in found.get_columns(table)],
            found.get_pk_constraint(table)["constrained_columns"],
            sorted((index["name"], tuple(index["column_names"])) for index in found.get_indexes(table)),
        )
        for table in found.get_table_names()
    }
    engine.dispose()
    return told


def test_a_store_of_a_later_migration_is_left_alone(path: Path) -> None:
    RunStore(path).runs()
    with closing(sqlite3.connect(path)) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
        file.commit()
    store = RunStore(path)
    assert store.runs() == []
    assert store.problem is not None and "later version" in store.problem
    store.close()


def test_a_kill_during_a_migration_leaves_the_old_store(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(connection: Connection) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        database.open_for_writing(database.url_of(path), killed)
    with closing(sqlite3.connect(path)) as file:
        assert {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")} == {
            "runs",
            "events",
        }
    store = RunStore(path)
    assert store.events("good") == entries("good")
    store.close()


def test_all_runs_can_be_chosen(connection: Connection) -> None:
    database.migrate(connection, REVISION)
    assert sorted(connection.execute(select(RUNS.c.run_id)).scalars()) == sorted(RUNS_OF_OLD)
