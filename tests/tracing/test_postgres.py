"""The run store on a real PostgreSQL: the same promises as on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from chat_app.events.run import Recorded, RunFinished, RunStarted, StepFinished, StepStarted, Token, UsageReported
from chat_app.tracing import database
from chat_app.tracing.jobs import Saved
from chat_app.tracing.run_store import RunStore
from chat_app.tracing.writer import refold
from tests.servers.postgres import postgres

pytestmark = pytest.mark.xdist_group("postgres")
TEXT = "version: 1\n"
STARTED = RunStarted(
    "triage", "ab" * 32, "openai/x", False, {"mail": "a \x00 zero"}, text=TEXT, files={"part.yaml": TEXT}
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


def events(run_id: str, count: int = 3) -> list[Recorded]:
    parts = [
        STARTED,
        StepStarted("a#1", "a", "llm"),
        *[Token("a#1", "a", "x \x00 \ud800")] * count,
        UsageReported("a#1", "a", "openai/x", 5, 5, 0.25),
        StepFinished("a#1", "a", {"x": "\x00"}, 0.5),
        RunFinished({}, 1.0),
    ]
    return [Recorded(place, 100.0 + place, event, run_id) for place, event in enumerate(parts)]


def test_runs_are_kept_and_read(url: str) -> None:
    store = RunStore(url)
    store.owned("r1", "ann")
    store.saved(Saved("ann", "triage", 1, 5.0, "Sort mail", TEXT))
    for entry in events("r1"):
        store.record(entry)
        store.record(entry)
    (run,) = store.runs("ann")
    assert store.problem is None
    assert (run.state, run.totals.cost_usd, run.steps, run.next_offset) == ("finished", 0.25, 1, 8)
    assert [step.state for step in store.steps("r1")] == ["finished"]
    assert [one.cost_usd for one in store.usage("r1")] == [0.25]
    assert store.texts("r1") == {"": TEXT, "part.yaml": TEXT}
    store.close()
    again = RunStore(url)
    assert [entry.offset for entry in again.events("r1")] == list(range(8))
    assert again.starting_with("r")[0].run_id == "r1"
    again.close()


def test_migrations_go_down_and_up_with_data(url: str) -> None:
    store = RunStore(url)
    for entry in events("r2"):
        store.record(entry)
    store.close()
    engine = create_engine(database.url_of(url))
    with engine.begin() as connection:
        database.migrate(connection, "0001")
        assert set(inspect(connection).get_table_names()) == {"alembic_version", "runs", "events"}
    engine.dispose()
    again = RunStore(url)
    assert [step.state for step in again.steps("r2")] == ["finished"]
    assert again.problem is None
    again.close()


def test_a_server_that_is_away_fails_no_run(tmp_path: Path) -> None:
    store = RunStore(f"postgresql://chat:hidden-word@/postgres?host={tmp_path}")
    store.record(events("r3")[0])
    assert [entry.offset for entry in store.events("r3")] == [0]
    assert store.problem is not None and "hidden-word" not in store.problem
    store.close()


def test_two_programs_make_the_tables_once(url: str) -> None:
    for _ in range(2):
        database.open_for_writing(database.url_of(url), refold).dispose()
