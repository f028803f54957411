"""SQL over a store with runs and design turns in it; nothing can be changed by it, nor anything else be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_app.events.design import DesignTurn, Edited, ModelUsed, TurnFailed
from chat_app.events.run import (
    Recorded,
    RouteTaken,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    StepFailed,
    StepFinished,
    StepStarted,
    Token,
    UsageReported,
)
from chat_app.tracing.lines import by_run, objects, of_kind, packed, plain, told
from chat_app.tracing.query import Answer, ask, columns_of
from chat_app.tracing.query_refused import QueryRefused
from chat_app.tracing.query_views import EXAMPLES, VIEWS
from chat_app.tracing.run_store import RunStore

STARTED = RunStarted("triage", "ab" * 32, "openai/x", False, {})
MANUAL = Path(__file__).parents[2] / "docs" / "runs.md"


def run_of(*events: RunEvent) -> list[RunEvent]:
    return [STARTED, *events]


RUNS = {
    "r1": run_of(
        StepStarted("a#1", "a", "llm"),
        UsageReported("a#1", "a", "openai/x", 10, 5, 0.5),
        StepFinished("a#1", "a", {}, 2.0),
        RouteTaken("a", ("b",), 0, "state.x == 1"),
        RunFinished({}, 2.0),
    ),
    "r2": run_of(
        StepStarted("a#1", "a", "llm"),
        UsageReported("a#1", "a", "local/y", None, None, None),
        StepFailed("a#1", "a", "Too many requests.", "Wait.", cause="rate_limit"),
        RunFailed("Too many requests.", "Wait.", "a"),
    ),
}


def turn(number: int, *events: Any) -> DesignTurn:
    told = tuple((float(place), event) for place, event in enumerate(events))
    return DesignTurn(f"t{number}", "c1", number, "ann", "openai/x", "openai/x", "do it", 0.0, 1.0, told)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    made = RunStore(tmp_path_factory.mktemp("store") / "runs.sqlite")
    for run_id, events in RUNS.items():
        made.owned(run_id, "ann" if run_id == "r1" else "bob")
        for place, event in enumerate(events):
            made.record(Recorded(place, 1_700_000_000.0 + place, event, run_id))
    edited = Edited("version: 1\n", ({"op": "add_node"},), ("added a",))
    made.turned(turn(1, ModelUsed("openai/x", 1, 1, 0.25), edited))
    made.turned(turn(2, Edited("version: 1\nx: 1\n", (), (), ("quoted b",), False)))
    made.turned(turn(3, TurnFailed("Away.", "Wait.")))
    yield made
    made.close()


def asked(store: RunStore, sql: str, **more: Any) -> Answer:
    return store.read(lambda file: ask(file, sql, **more), Answer((), ()))


@pytest.mark.parametrize(("title", "sql"), EXAMPLES)
def test_every_example_is_answered(store: RunStore, title: str, sql: str) -> None:
    answer = asked(store, sql)
    assert answer.columns and answer.rows


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_can_be_read(store: RunStore, name: str) -> None:
    answer = asked(store, f"SELECT * FROM {name}")
    assert [column for column, _ in columns_of()[name]] == list(answer.columns)


def test_the_manual_names_every_view() -> None:
    text = MANUAL.read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \| [^|]*\| `SELECT", text, re.MULTILINE)) | set(VIEWS) == set(VIEWS)
    for view in VIEWS.values():
        assert f"| `{view.name}` | {view.about} |" in text


def test_sums_are_right(store: RunStore) -> None:
    assert asked(store, "SELECT node, steps, mean, longest FROM durations").rows == (("a", 1, 2.0, 2.0),)
    assert asked(store, "SELECT node, cause, times FROM failures").rows == (("a", "rate_limit", 1),)
    assert asked(store, "SELECT model, calls, cost_usd, unknown_calls FROM costs").rows == (
        ("openai/x", 2, 0.75, 0),
        ("local/y", 1, None, 1),
    )
    assert asked(store, "SELECT turns, edited, valid, share, failed FROM designer_validity").rows == (
        (3, 2, 1, 0.5, 1),
    )
    assert asked(store, "SELECT node, route, condition, times FROM coverage").rows == (("a", 0, "state.x == 1", 1),)
    assert asked(store, "SELECT year(started_at), simulated FROM runs WHERE run_id = 'r1'").rows == ((2023, False),)


def test_events_of_one_kind_are_found_among_all_of_every_version() -> None:
    taken = RouteTaken("a", ("b",), 1, 'state.x == "\n[route_taken"')
    entries = [Recorded(0, 1.0, STARTED, "r1"), Recorded(1, 2.0, taken, "r1")]
    entries.append(Recorded(2, 3.0, Token("a#1", "a", '\n["route_taken",9,9.0,[]]'), "r1"))
    entries.append(Recorded(3, 3.0, StepFinished("a#1", "a", {"x": ["b", ["route_taken", 9]]}, 0.5), "r1"))
    (of_run,) = by_run([told(entries)]).values()
    data = packed({type(entry.event) for entry in entries}, of_run.lines)
    (found,) = of_kind(RouteTaken, data)
    way = ["route_taken", "a", ["b"], 1, 'state.x == "\n[route_taken"', None, None]
    assert json.loads(found) == [1, 2.0, way, "r1"]
    assert of_kind(StepFailed, data) == []
    older = b'{"route_taken":["targets","gone","source"]}\n[4,1.0,["route_taken",["c"],7,"b"],"r1"]\n'
    way = ["route_taken", "b", ["c"], None, None, None, None]
    assert [json.loads(one)[2] for one in of_kind(RouteTaken, older)] == [way]
    mixed = data + older
    singly = [(place, at, name, json.loads(text)) for place, at, name, text in objects(mixed)]
    assert singly == [(place, at, name, {"event": name, **values}) for name, place, at, values in plain(mixed)]
    assert [json.loads(one)[0] for one in of_kind(RouteTaken, mixed)] == [1, 4]


def test_an_owner_sees_their_own_rows_alone(store: RunStore) -> None:
    for name, of_ann, of_all in (
        ("runs", 1, 2),
        ("steps", 1, 2),
        ("usage", 2, 3),
        ("turns", 3, 3),
        ("events", 6, 11),
    ):
        sql = f"SELECT count(*) FROM {name}"
        assert (asked(store, sql, owner="ann").rows, asked(store, sql).rows) == (((of_ann,),), ((of_all,),))
    assert asked(store, "SELECT count(*) FROM turns", owner="bob").rows == ((0,),)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("DELETE FROM runs", "DELETE is not allowed"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("CREATE TABLE x AS SELECT 1", "CREATE is not allowed"),
        ("COPY runs TO '/tmp/x.csv'", "COPY is not allowed"),
        ("INSTALL httpfs", "not allowed"),
        ("ATTACH '/tmp/x.db'", "ATTACH is not allowed"),
        ("SET memory_limit = '1TB'", "SET is not allowed"),
        ("SELECT * FROM read_csv('/etc/passwd')", "files, the network"),
        ("SELECT * FROM '/etc/passwd'", "does not exist"),
        ("SELECT * FROM glob('/etc/*')", "files, the network"),
        ("SELECT * FROM stepps", "There is no table `stepps`"),
        ("SELECT nod FROM steps", "no column `nod`"),
        ("SELEC 1", "syntax error"),
        ("", "0 statements"),
    ],
)
def test_what_is_refused_says_why(store: RunStore, sql: str, told: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        asked(store, sql)
    assert told.lower() in refused.value.message.lower()
    assert refused.value.help


def test_a_question_without_end_is_ended(store: RunStore) -> None:
    endless = "SELECT sum(a.range * b.range) FROM range(100000000) a, range(1000000) b"
    with pytest.raises(QueryRefused, match=r"longer than 0\.2 seconds"):
        asked(store, endless, seconds=0.2)


def test_many_rows_are_cut(store: RunStore) -> None:
    answer = asked(store, "SELECT * FROM range(50)", most_rows=20)
    assert (len(answer.rows), answer.cut) == (20, True)
