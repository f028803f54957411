"""`query_table`: SQL that answers, and SQL that tries to get out."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_app.tools import queries
from chat_app.tools.errors import ToolFailed
from chat_app.tools.isolated.sql import answer
from chat_app.tools.network import Network
from chat_app.tools.processes import SCRIPTS
from chat_app.tools.queries import QueryArguments, query_table
from chat_app.tools.tool import ToolContext

CONTEXT = ToolContext(Network())
ROWS = [
    {"city": "Ulm", "amount": 2, "on": "2024-02-03", "tags": ["a"]},
    {"city": "Bonn", "amount": 3.5, "on": "2024-03-01", "tags": None},
    {"city": "Ulm", "amount": None, "on": None, "tags": ["b", "c"]},
]


async def ask(sql: str, rows: Any = ROWS, seconds: float = 20.0, **tables: Any) -> list[dict[str, Any]]:
    context = ToolContext(Network(), seconds)
    return await query_table(QueryArguments(sql=sql, rows=rows, tables=tables), context)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT count(*) AS n, sum(amount) AS s FROM data", [{"n": 3, "s": 5.5}]),
        ("SELECT city FROM data WHERE amount > 2", [{"city": "Bonn"}]),
        ("FROM data SELECT DISTINCT city ORDER BY city", [{"city": "Bonn"}, {"city": "Ulm"}]),
        ('SELECT max("on"::date) AS last FROM data', [{"last": "2024-03-01"}]),
        ("SELECT tags FROM data WHERE city = 'Ulm'", [{"tags": ["a"]}, {"tags": ["b", "c"]}]),
        ("SELECT 1 AS a, 2 AS a", [{"a": 1, "a_2": 2}]),
        ("SELECT 1.50::DECIMAL(4,2) AS d, 2::HUGEINT AS h, 'NaN'::DOUBLE AS x", [{"d": 1.5, "h": 2, "x": None}]),
        ("SELECT {'a': [1, 2]} AS s, interval 1 day AS i, '\\xAA'::BLOB AS b", None),
        ("PIVOT data ON city USING sum(amount) GROUP BY tags", None),
        ("SELECT 1 WHERE false", []),
    ],
)
async def test_answers(sql: str, expected: list[dict[str, Any]] | None) -> None:
    found = await ask(sql)
    if expected is None:
        assert found
    else:
        assert found == expected


async def test_several_tables_are_joined_and_odd_columns_read() -> None:
    people = [{"id": 1, "na me": 'a"b'}, {"id": 2, "na me": "é中"}]
    orders = [{"who": 2, "mixed": 1}, {"who": 2, "mixed": "x"}]
    sql = 'SELECT p."na me" AS n, o.mixed FROM people p JOIN orders o ON o.who = p.id ORDER BY o.mixed'
    assert await ask(sql, None, people=people, orders=orders) == [
        {"n": "é中", "mixed": "1"},
        {"n": "é中", "mixed": "x"},
    ]
    assert await ask("SELECT count(*) AS n FROM data", []) == [{"n": 0}]
    assert await ask("SELECT a, b FROM data", [{"a": 2**70, "b": True}]) == [{"a": float(2**70), "b": True}]


async def test_many_rows_are_quick() -> None:
    rows = [{"n": number, "text": f"row {number}", "half": number / 2} for number in range(50_000)]
    assert await ask("SELECT sum(n) AS s, count(DISTINCT text) AS t FROM data", rows) == [
        {"s": 1_249_975_000, "t": 50_000}
    ]


@pytest.mark.parametrize(
    ("sql", "says", "helps"),
    [
        ("SELEC 1", "syntax error", "data(city, amount"),
        ("SELECT nope FROM data", "nope", "data(city, amount"),
        ("SELECT * FROM nowhere", "nowhere", "data(city, amount"),
        ("", "there is no SQL", ""),
        ("SELECT * FROM range(20000)", "more than 10000 rows", ""),
    ],
)
async def test_what_is_wrong_is_told(sql: str, says: str, helps: str) -> None:
    with pytest.raises(ToolFailed) as raised:
        await ask(sql)
    assert says in raised.value.message
    assert helps in raised.value.help
    assert "LINE 1" not in raised.value.message


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-key")
    file = tmp_path / "secret.csv"
    file.write_text("name\ncanary-text\n")
    yield file
    assert [found.name for found in tmp_path.iterdir()] == ["secret.csv"]
    assert file.read_text() == "name\ncanary-text\n"


ESCAPES = [
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM read_json('{file}')",
    "SELECT * FROM read_parquet('{file}')",
    "SELECT * FROM '{file}'",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM sniff_csv('{file}')",
    "SELECT * FROM read_csv('http://127.0.0.1:{port}/x.csv')",
    "COPY data TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '{folder}/out.parquet'",
    "COPY data FROM '{file}'",
    "EXPLAIN ANALYZE COPY data TO '{folder}/out.csv'",
    "EXPORT DATABASE '{folder}/out'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{folder}/new.db'",
    "ATTACH ':memory:' AS other",
    "INSTALL httpfs",
    "LOAD httpfs",
    "FORCE INSTALL httpfs FROM community",
    "SET enable_external_access = true",
    "SET memory_limit = '100GB'; SELECT 1",
    "RESET lock_configuration",
    "PRAGMA enable_logging",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "CREATE TABLE t AS SELECT 1",
    "CREATE SECRET (TYPE s3)",
    "CREATE FUNCTION f() AS TABLE SELECT * FROM read_text('{file}')",
    "CREATE MACRO m() AS 1",
    "INSERT INTO data VALUES ('x', 1, '', NULL)",
    "DELETE FROM data",
    "DROP TABLE data",
    "SELECT 1; DROP TABLE data; SELECT 2",
    "SELECT getenv('OPENAI_API_KEY')",
    "SELECT * FROM job",
    "SELECT * FROM sys.argv",
    "SELECT * FROM sqlite_scan('{file}', 'x')",
    "SELECT * FROM postgres_query('x', 'y')",
    "SELECT * FROM query('COPY data TO ''{folder}/out.csv''')",
    "FROM query_table('read_text(''{file}'')')",
    "USE other",
    "VACUUM",
    "CHECKPOINT",
    "BEGIN TRANSACTION",
]


@pytest.mark.parametrize("sql", ESCAPES)
def test_no_sql_gets_out(sql: str, canary: Path) -> None:
    """Asked in this very process, where there are files, keys and a network to find."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        filled = sql.format(file=canary, folder=canary.parent, port=server.getsockname()[1])
        table = {"columns": {"city": "VARCHAR"}, "rows": [{"city": "Ulm"}]}
        told = answer({"sql": filled, "tables": {"data": table}, "memory_mb": 64, "most_rows": 100})
        assert "rows" not in told
        assert "canary" not in told["problem"].replace(str(canary), "")
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("sql", ["SELECT * FROM read_text('{file}')", "COPY data TO '{file}'", "INSTALL httpfs"])
async def test_no_sql_gets_out_of_its_process(sql: str, canary: Path) -> None:
    with pytest.raises(ToolFailed) as raised:
        await ask(sql.format(file=canary))
    assert raised.value.help


async def test_the_process_itself_can_write_nothing(canary: Path) -> None:
    """Were the database broken out of, the system would still refuse."""
    start = SCRIPTS / "start.py"
    script = canary.parent.parent / "attacker.py"
    script.write_text(
        "import json, os\n"
        "try:\n"
        f"    os.write(os.open({str(canary)!r}, os.O_APPEND | os.O_WRONLY), b'xxxx')\n"
        "except OSError as error:\n"
        "    print(error.errno)\n"
        "print(json.dumps(dict(os.environ)))\n"
        "try:\n"
        "    bytes(4 * 1024 ** 3)\n"
        "except MemoryError:\n"
        "    print('bounded')\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(start), str(script), "5", "1024", "4096"), stdout=asyncio.subprocess.PIPE, env={}
    )
    out, _ = await process.communicate()
    script.unlink()
    assert b"OPENAI" not in out
    assert out.split()[0] == str(errno.EFBIG).encode()
    assert out.split()[-1] == b"bounded"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(1000000000000)",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT sum(n) FROM t",
        "SELECT range(1000000000)",
        "SELECT list(a.range) FROM range(100000) a, range(100000) b",
        "SELECT string_agg(repeat('x', 1000000), '') FROM range(100000)",
        "SELECT regexp_matches(repeat('a', 40) || 'b', '(a+)+$'), count(*) FROM range(10000000000000)",
    ],
)
async def test_no_sql_runs_away(sql: str) -> None:
    began = time.monotonic()
    with pytest.raises(ToolFailed):
        await ask(sql, seconds=1.0)
    assert time.monotonic() - began < 6
    assert not children()


async def test_a_flood_of_rows_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_ROWS", 10_000_000)
    with pytest.raises(ToolFailed, match=r"more than can be taken|memory"):
        await ask("SELECT repeat('x', 10000) AS x FROM range(10000)")
    assert not children()


async def test_cancelling_ends_the_process() -> None:
    running = asyncio.create_task(ask("SELECT count(*) FROM range(1000000000000)"))
    async with asyncio.timeout(10):
        await started()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not children()


async def started() -> None:
    """The first process is there."""
    if not children():
        await asyncio.sleep(0.02)
        await started()


def children() -> list[str]:
    """The processes of this one that still answer SQL."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode()
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if "sql.py" in command and int(parent) == os.getpid():
            found.append(command)
    return found
