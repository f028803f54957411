"""Tables in files: real CSV, Excel, Parquet and JSON, written by one library and read back by another."""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from chat_app.files.of_run import RunFiles
from chat_app.files.reference import FileRef
from chat_app.files.store import FileStore
from chat_app.tools.catalog import Catalog
from chat_app.tools.errors import ArgumentsRefused, ToolFailed
from chat_app.tools.network import Network
from chat_app.tools.queries import QUERY_TABLE
from chat_app.tools.table_writing import WRITE_TABLE
from chat_app.tools.tables import READ_TABLE
from chat_app.tools.tool import ToolContext

ROWS = [{"city": "Ulm", "people": 130000, "share": 1.5}, {"city": "Köln", "people": 1080000, "share": None}]
CATALOG = Catalog([READ_TABLE, QUERY_TABLE, WRITE_TABLE])


@pytest.fixture
def context(tmp_path: Path) -> ToolContext:
    return ToolContext(Network(), files=RunFiles(FileStore(tmp_path / "files")))


async def read(context: ToolContext, content: bytes, name: str, **more: Any) -> Any:
    ref = await context.files.put(content, name)
    return await CATALOG.call("read_table", {"file": ref.as_value(), **more}, context)


def workbook() -> bytes:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Cities")
        for place, line in enumerate([["city", "people", "share"], ["Ulm", 130000, 1.5], ["Köln", 1080000, None]]):
            sheet.write_row(place + 1, 1, line)
        other = book.add_worksheet("When")
        other.write_row(0, 0, ["day", "at", "yes"])
        other.write_datetime(1, 0, datetime.datetime(2026, 3, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
        other.write_datetime(1, 1, datetime.datetime(2026, 3, 1, 8, 30), book.add_format({"num_format": "d h:mm"}))
        other.write_boolean(1, 2, True)
    return kept.getvalue()


def parquet(tmp_path: Path) -> bytes:
    place = tmp_path / "t.parquet"
    values = "('Ulm', 130000, 1.5::DECIMAL(5,2), DATE '2026-03-01', ['a','b']), ('Köln', 1080000, NULL, NULL, NULL)"
    duckdb.sql(
        f"COPY (SELECT * FROM (VALUES {values}) t(city, people, share, day, tags)) TO '{place}' (FORMAT parquet)"
    )
    return place.read_bytes()


async def test_every_kind_of_table_gives_the_same_rows(context: ToolContext, tmp_path: Path) -> None:
    assert await read(context, b"city,people,share\nUlm,130000,1.5\nK\xc3\xb6ln,1080000,\n", "t.csv") == ROWS
    assert (
        await read(context, "city;people;share\r\nUlm;130000;1.5\r\nKöln;1080000;".encode("cp1252"), "t.csv") == ROWS
    )
    assert (
        await read(context, "city\tpeople\tshare\nUlm\t130000\t1.5\nKöln\t1080000\t".encode("utf-16"), "t.tsv")
        == ROWS
    )
    assert await read(context, json.dumps(ROWS).encode(), "t.json") == ROWS
    assert await read(context, "\n".join(map(json.dumps, ROWS)).encode(), "t.jsonl") == ROWS
    assert await read(context, workbook(), "t.csv") == ROWS
    found = await read(context, parquet(tmp_path), "t.bin")
    assert [{name: row[name] for name in ROWS[0]} for row in found] == ROWS
    assert (found[0]["day"], found[0]["tags"]) == ("2026-03-01", ["a", "b"])


async def test_a_sheet_is_chosen_by_name(context: ToolContext) -> None:
    assert await read(context, workbook(), "t.xlsx", sheet="When") == [
        {"day": "2026-03-01", "at": "2026-03-01T08:30:00", "yes": True}
    ]
    with pytest.raises(ToolFailed, match="has no sheet `Nope`") as told:
        await read(context, workbook(), "t.xlsx", sheet="Nope")
    assert told.value.help == "Its sheets are: Cities, When."


def bomb() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b" " * 700_000_000)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"%PDF-1.7", "t.csv", "which is no table"),
        (workbook()[:3_000], "t.xlsx", "which is no table"),
        (b"PAR1" + b"\x00" * 50 + b"PAR1", "t.parquet", "damaged"),
        (bomb, "t.xlsx", "unpacks to more"),
    ],
    ids=["pdf", "half", "parquet", "bomb"],
)
async def test_what_is_no_table_is_told(
    context: ToolContext, content: bytes | Callable[[], bytes], name: str, says: str
) -> None:
    with pytest.raises(ToolFailed, match=says) as told:
        await read(context, content() if callable(content) else content, name)
    assert told.value.help
    assert "/files/" not in told.value.message + told.value.help


async def test_one_table_is_read(context: ToolContext) -> None:
    for arguments in ({}, {"text": "a", "file": (await context.files.put(b"a", "a.csv")).as_value()}):
        with pytest.raises(ArgumentsRefused, match="reads one table"):
            await CATALOG.call("read_table", arguments, context)


async def test_sql_asks_files(context: ToolContext, tmp_path: Path) -> None:
    cities = (await context.files.put(workbook(), "cities.xlsx")).as_value()
    shops = (await context.files.put(b"city,shop\nUlm,Bread\nUlm,Books\n", "shops.csv")).as_value()
    sql = "SELECT city, count(shop) AS shops FROM data LEFT JOIN shops USING (city) GROUP BY city ORDER BY city"
    found = await CATALOG.call("query_table", {"sql": sql, "file": cities, "tables": {"shops": shops}}, context)
    assert found == [{"city": "Köln", "shops": 0}, {"city": "Ulm", "shops": 2}]
    (tmp_path / "secret.csv").write_text("a\n1")
    with pytest.raises(ToolFailed):
        await CATALOG.call("query_table", {"sql": f"SELECT * FROM '{tmp_path}/secret.csv'", "file": cities}, context)


async def test_rows_are_written_for_spreadsheets_and_programs(context: ToolContext) -> None:
    rows = [
        {"item": "Bread", "price": 2.5, "note": "=1+1", "tags": ["a"]},
        {"item": "Books", "price": 10**16, "when": None, "note": "https://example.com"},
    ]
    for name, kind in (
        ("t.xlsx", "spreadsheetml.sheet"),
        ("t.csv", "text/csv"),
        ("t.json", "json"),
        ("t.jsonl", "ndjson"),
    ):
        arguments = {"rows": rows, "name": name, "title": "A/B [x]"}
        ref = FileRef.of(await CATALOG.call("write_table", arguments, context))
        assert ref.media_type.endswith(kind)
        assert ref.name == name
        back = await CATALOG.call("read_table", {"file": ref.as_value()}, context)
        assert [row["item"] for row in back] == ["Bread", "Books"]
        assert back[0]["note"] == "=1+1"
        if name == "t.xlsx":
            book = CalamineWorkbook.from_path(str(context.files.path(ref)))
            assert book.sheet_names == ["AB x"]
            assert book.get_sheet_by_index(0).to_python()[0] == ["item", "price", "note", "tags", "when"]
            with zipfile.ZipFile(context.files.path(ref)) as archive:
                sheet = archive.read("xl/worksheets/sheet1.xml").decode()
            assert "<f>" not in sheet
            assert "autoFilter" in sheet
    with pytest.raises(ToolFailed, match="can't be written"):
        await CATALOG.call("write_table", {"rows": rows, "name": "t.pdf"}, context)
