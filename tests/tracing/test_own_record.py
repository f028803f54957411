"""What a visitor of the page can ask the record: their own rows, in bounds, and nothing else of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_app.events.run import Recorded, RunFinished, RunStarted, UsageReported
from chat_app.tracing import own_record
from chat_app.tracing.own_record import OwnRecord
from chat_app.tracing.query_refused import QueryRefused
from chat_app.tracing.run_store import RunStore

CANARY = "canary-of-bob-7c1d"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    made = RunStore(tmp_path_factory.mktemp("own") / "runs.sqlite")
    for owner, text, cost in (("ann", "hello", 0.5), ("bob", CANARY, None)):
        made.owned(f"of-{owner}", owner)
        for place, event in enumerate(
            (
                RunStarted(f"flow_{owner}", "ab" * 32, "openai/x", False, {"text": text}),
                UsageReported("a#1", "a", "openai/x", 10, 5, cost),
                RunFinished({"text": text}, 2.0),
            )
        ):
            made.record(Recorded(place, 1_700_000_000.0 + place, event, f"of-{owner}"))
    yield made
    made.close()


@pytest.mark.parametrize("table", ["runs", "events", "usage", "costs", "stored_runs", "stored_events"])
async def test_another_owners_rows_are_not_there(store: RunStore, table: str) -> None:
    record = OwnRecord(store)
    # The tables behind the views are there only where a view is asked for.
    view = table.removeprefix("stored_")
    sql = f"SELECT * FROM {table}" if view == table else f"SELECT (SELECT count(*) FROM {view}), * FROM {table}"
    answer = await record.ask("ann", sql)
    assert answer.rows
    assert CANARY not in str(answer) and "bob" not in str(answer)
    assert "of-bob" in str(await record.ask("bob", "SELECT run_id FROM runs"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_blob('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM read_csv('{file}', header=false)",
        "SELECT * FROM query('SELECT * FROM read_text(''{file}'')')",
        "SELECT * FROM sqlite_scan('{store}', 'runs')",
        "SELECT * FROM postgres_scan('host=127.0.0.1', 'public', 'runs')",
        "SELECT * FROM glob('{folder}/*')",
        "EXPLAIN ANALYZE COPY runs TO '{folder}/out.csv'",
        "COPY runs TO '{folder}/out.csv'",
        "ATTACH '{store}' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "PRAGMA enable_external_access = true",
        "CALL pragma_version()",
        "EXPORT DATABASE '{folder}'",
        "SELECT 1; ATTACH '{store}' AS other",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM duckdb_settings()",
        'SELECT * FROM "duckdb_settings" ()',
        "EXPLAIN SELECT current_setting('secret_directory')",
        "SELECT 'secret_directory'.current_setting()",
        "SELECT * FROM query('SELECT * FROM duck' || 'db_settings()')",
        "SELECT * FROM \"query\"/* */('SELECT 1')",
        "SELECT getenv('HOME')",
        "WITH a AS (DELETE FROM runs RETURNING *) SELECT * FROM a",
    ],
)
async def test_no_question_leaves_the_record(store: RunStore, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    with pytest.raises(QueryRefused) as refused:
        await OwnRecord(store).ask("ann", sql.format(file=secret, folder=tmp_path, store=store.place))
    told = refused.value.message + refused.value.help
    assert refused.value.help and CANARY not in told and str(Path.home()) not in told
    assert [path.name for path in await asyncio.to_thread(lambda: list(tmp_path.iterdir()))] == ["secret.txt"]


@pytest.mark.parametrize(
    ("sql", "message", "help"),
    [
        ("SELECT nod FROM steps", "There is no column `nod`.", "Did you mean `node`"),
        ("SELECT cost_usd FROM steps", "There is no column `cost_usd`.", "It is in: `runs`, `usage`, `costs`."),
        ("SELECT * FROM stepps", "There is no table `stepps`.", "Did you mean `steps`?"),
        ("SELECT node FROM steps GROUP BY node HAVIN 1", "syntax error", "`steps` has: run_id, step"),
    ],
)
async def test_a_refusal_tells_where_and_what_was_meant(store: RunStore, sql: str, message: str, help: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        await OwnRecord(store).ask("ann", sql)
    assert message in refused.value.message
    assert help in refused.value.help
    assert refused.value.where.startswith("LINE 1: ") and "^" in refused.value.where


async def test_an_answer_is_bounded(store: RunStore) -> None:
    record = OwnRecord(store, seconds=0.3)
    many = await record.ask("ann", "SELECT * FROM range(5000)")
    assert (len(many.rows), many.cut) == (own_record.MOST_ROWS, True)
    wide = await record.ask("ann", "SELECT repeat('x', 15000) FROM range(900)")
    assert wide.cut and len(str(wide.rows)) < 1.1 * own_record.MOST_CHARACTERS
    long = await record.ask("ann", "SELECT repeat('x', 50000) AS text")
    assert len(long.rows[0][0]) == own_record.LONGEST_CELL + 1
    with pytest.raises(QueryRefused, match=r"longer than 0\.3 seconds"):
        await record.ask("ann", "SELECT sum(a.range * b.range) FROM range(100000000) a, range(1000000) b")
    with pytest.raises(QueryRefused, match="characters"):
        await record.ask("ann", "SELECT " + "1 + " * 10_000 + "1")
    with pytest.raises(QueryRefused):
        await record.ask("ann", "SELECT list(range) FROM range(500000000)")


async def test_an_empty_record_says_so(tmp_path: Path) -> None:
    record = OwnRecord(RunStore(tmp_path / "runs.sqlite"))
    with pytest.raises(QueryRefused, match="Nothing is recorded yet"):
        await record.ask("ann", "SELECT * FROM runs")
    assert record.month("ann") is None
