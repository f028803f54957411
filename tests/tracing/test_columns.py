"""Rows as columns: what is written is read, here and by DuckDB, and what is done again stands there once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from chat_app.events.run import (
    Recorded,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    RunWaiting,
    StepFailed,
    StepFinished,
    StepRetried,
    StepStarted,
    UsageReported,
)
from chat_app.tracing import costs
from chat_app.tracing.query import ask
from chat_app.tracing.run_store import RunStore
from chat_app.tracing.step_row import CALLS, FINISHED
from chat_app.tracing.tables import FINISHED_STEPS, STEPS

STARTED = RunStarted("triage", "ab" * 32, "openai/x", False, {})
AGAIN = RunStarted("triage", "ab" * 32, "openai/x", False, {}, resumed=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
TIMES = st.floats(0, 1e10, allow_nan=False)
STEP_ROWS = st.tuples(
    *(TEXTS, TEXTS, st.sampled_from(["llm", "map"]), st.none() | TEXTS, TIMES, st.none() | TIMES),
    *(st.integers(1, 3), st.sampled_from(["", "timeout"]), st.booleans()),
)


def begins(step: str) -> StepStarted:
    return StepStarted(step, step.partition("#")[0], "llm")


def ends(step: str, seconds: float = 1.0) -> StepFinished:
    return StepFinished(step, step.partition("#")[0], {}, seconds)


def fails(step: str) -> StepFailed:
    return StepFailed(step, step.partition("#")[0], "It broke.", "Mend it.", cause="timeout")


def used(cost: float | None) -> UsageReported:
    return UsageReported("a#1", "a", "openai/x", 5, 5, cost)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    made = RunStore(tmp_path / "runs.sqlite")
    yield made
    made.close()


def told(store: RunStore, batches: list[list[RunEvent]]) -> None:
    """Records a run, batch by batch."""
    place = 0
    for events in batches:
        for event in events:
            store.record(Recorded(place, 100.0 + place, event, "r1"))
            place += 1
        store.flush()


def shown(store: RunStore) -> list[tuple[str, str, float | None]]:
    """The steps of the run as they are found, which is as a question finds them."""
    found = [(one.step, one.state, one.seconds) for one in store.steps("r1")]
    sql = "SELECT step, state, seconds FROM steps ORDER BY started_at, step"
    assert list(store.read(lambda file: ask(file, sql), None).rows) == found
    return found


@given(st.lists(STEP_ROWS, min_size=1, max_size=20))
def test_rows_come_back_as_they_were_here_and_in_duckdb(rows: list[tuple[Any, ...]]) -> None:
    import duckdb

    data = FINISHED.packed(zip(*rows, strict=True))
    assert list(FINISHED.rows_in(data)) == rows
    with duckdb.connect() as asked:
        asked.execute("CREATE TABLE t AS SELECT ? AS data", [data])
        assert [row[1:] for row in asked.execute(FINISHED.select("t", "1")).fetchall()] == rows


def test_what_no_json_can_hold_does_not_stand_in_the_way_of_the_rest() -> None:
    call = (3, 1.0, "a#1", "a", "half \ud800 pair", None, 2**40, math.nan, False)
    assert list(CALLS.rows_in(CALLS.packed(zip(call, strict=True)))) == [
        (*call[:4], "half ? pair", None, 2**40, None, False)
    ]


def test_columns_that_come_and_go_with_versions_do_not_matter() -> None:
    ((step, *_, attempts, cause, simulated),) = FINISHED.rows_in('{"step": ["a#1"], "later": [1]}')
    assert (step, attempts, cause, simulated) == ("a#1", 1, "", False)
    with pytest.raises(ValueError, match="truncated"):
        list(FINISHED.rows_in("{"))


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ([begins("a#1"), ends("a#1")], [ends("a#1", 2.0)], [("a#1", "finished", 2.0)]),
        ([begins("a#1"), ends("a#1"), begins("b#1"), ends("b#1")], [begins("a#1")], None),
        ([begins("a#1"), fails("a#1")], [begins("a#1"), ends("a#1", 3.0)], [("a#1", "finished", 3.0)]),
        ([begins("a#1"), ends("a#1")], [begins("a#1"), fails("a#1")], [("a#1", "failed", 1.0)]),
        ([begins("a#1")], [begins("a#1"), ends("a#1", 4.0)], [("a#1", "finished", 4.0)]),
        ([begins("a#1"), ends("a#1")], [ends("a#2")], [("a#1", "finished", 1.0), ("a#2", "finished", 1.0)]),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_step_that_is_told_of_again_stands_there_once(
    store: RunStore, first: list[RunEvent], second: list[RunEvent], found: Any, together: bool
) -> None:
    batches = [[STARTED, *first, RunStopped("Stop.")], [AGAIN, *second]]
    told(store, [[*batches[0], *batches[1]]] if together else batches)
    if found is None:
        assert [one[:2] for one in shown(store)] == [("b#1", "finished"), ("a#1", "running")]
    else:
        assert shown(store) == found
    store.close()
    again = RunStore(store.place)
    assert again.run("r1") is not None
    assert len(again.steps("r1")) == len(found or "ab")
    again.close()


def test_a_step_keeps_what_was_told_of_it_before_it_was_written(store: RunStore) -> None:
    retried = StepRetried("a#1", "a", 1, "rate_limit", "429", 0.1)
    told(store, [[STARTED, begins("a#1")], [retried], [ends("a#1", 5.0)], [begins("b#1"), RunWaiting(())]])
    kept = [(one.step, one.state, one.kind, one.attempts, one.cause, one.started_at) for one in store.steps("r1")]
    assert kept == [
        ("a#1", "finished", "llm", 2, "rate_limit", 101.0),
        ("b#1", "waiting", "llm", 1, "", 104.0),
    ]
    tables = store.read(lambda file: [len(file.execute(select(one)).all()) for one in (STEPS, FINISHED_STEPS)], [])
    assert tables == [1, 1]


def test_many_steps_that_finish_together_stand_in_several_rows(store: RunStore) -> None:
    steps = [f"a#{n}" for n in range(2_500)]
    told(store, [[STARTED, *map(begins, steps), *map(ends, steps), RunFinished({}, 1.0)]])
    assert sorted(step for step, *_ in shown(store)) == sorted(steps)
    places = store.read(lambda file: file.execute(select(FINISHED_STEPS.c.place)).scalars().all(), [])
    assert list(places) == [0, 1_000, 2_000]


def test_a_months_sum_takes_no_call_of_the_day_before(store: RunStore) -> None:
    first, after = costs.month("2023-11")
    for place, (at, event) in enumerate(
        [
            (first - 2.0, STARTED),
            (first - 1.0, used(1.0)),
            (first, used(2.0)),
            (after - 1.0, used(None)),
            (after, used(4.0)),
            (after, RunFailed("It broke.", "Mend it.")),
        ]
    ):
        store.record(Recorded(place, at, event, "r1"))
    for since, until, known, unknown in ((first, after, 2.0, 1), (None, None, 7.0, 1), (after, None, 4.0, 0)):
        found = store.read(lambda file, since=since, until=until: costs.total(file, since, until), None)
        (by_model,) = store.read(lambda file, since=since, until=until: costs.by(file, "model", since, until), [])
        assert (found.known_usd, found.unknown) == (by_model.known_usd, by_model.unknown) == (known, unknown)
    days = store.read(lambda file: costs.by(file, "day", limit=3), [])
    assert [day.group for day in days] == [("2023-10-31",), ("2023-11-01",), ("2023-11-30",)]
