"""`read_table`: rows from text, with the right types and no guess where there is doubt."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.tools import rows as text_rows
from chat_app.tools.errors import ToolFailed
from chat_app.tools.network import Network
from chat_app.tools.tables import ReadTableArguments, read_table
from chat_app.tools.tool import ToolContext

CONTEXT = ToolContext(Network())


async def rows(text: str, **more: Any) -> list[dict[str, Any]]:
    return await read_table(ReadTableArguments(text=text, **more), CONTEXT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,x\n2,y", [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        ("a;b\n1,5;x", [{"a": "1,5", "b": "x"}]),
        ("a\tb\n1.5\t-2e3", [{"a": 1.5, "b": -2000.0}]),
        ("\ufeffa,b\r\n1,\r\n,2\r\n", [{"a": 1, "b": None}, {"a": None, "b": 2}]),
        ('a,b\n"x, y","say ""hi""\nthere"', [{"a": "x, y", "b": 'say "hi"\nthere'}]),
        ("zip,n\n007,1\n123,2", [{"zip": "007", "n": 1}, {"zip": "123", "n": 2}]),
        ("a\n1\nx", [{"a": "1"}, {"a": "x"}]),
        ("t\ntrue\nFalse\n\n", [{"t": True}, {"t": False}]),
        ("a,a,\n1,2,3", [{"a": 1, "a_2": 2, "column_3": 3}]),
        ("a,b\n1", [{"a": 1, "b": None}]),
        ("a,b\n1,2,\n", [{"a": 1, "b": 2}]),
        ("a\n1e999", [{"a": "1e999"}]),
        ("a\n12345678901234567890123", [{"a": "12345678901234567890123"}]),
        ("", []),
        ("a,b\n", []),
        ('[{"a": 1}, {"b": [2]}]', [{"a": 1, "b": None}, {"a": None, "b": [2]}]),
        ('{"items": [{"a": 1}]}', [{"a": 1}]),
        ('{"a": 1}', [{"a": 1}]),
        ('[["a", "b"], [1, 2]]', [{"a": 1, "b": 2}]),
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ('[{"a": NaN}]', [{"a": None}]),
    ],
)
async def test_read(text: str, expected: list[dict[str, Any]]) -> None:
    found = await rows(text)
    assert found == expected
    assert [[type(cell) for cell in row.values()] for row in found] == [
        [type(cell) for cell in row.values()] for row in expected
    ]


async def test_cells_stay_text_when_asked() -> None:
    assert await rows("a,b\n1,true", types=False) == [{"a": "1", "b": "true"}]


@pytest.mark.parametrize(
    ("text", "more", "says"),
    [
        ("a,b\n1,2,3", {}, "Row 2 of the CSV has 3 cells"),
        ("[1, 2]", {}, "Row 1 is no object"),
        ('[{"a": 1}', {}, "no JSON"),
        ('{"a": 1}\n{"a": ', {"format": "jsonl"}, "Line 2 is no JSON"),
        ("1", {"format": "json"}, "no list of rows"),
        ("[" * 100_000, {}, "no JSON"),
        ("a," * 2_000, {}, "columns"),
        ('a\n"' + "x" * 200_000, {"delimiter": ","}, "cannot be read"),
    ],
)
async def test_what_is_no_table_is_told(text: str, more: dict[str, Any], says: str) -> None:
    with pytest.raises(ToolFailed, match=says) as raised:
        await rows(text, **more)
    assert raised.value.help


async def test_a_table_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_rows, "MOST_ROWS", 10)
    with pytest.raises(ToolFailed, match="more than 10 rows"):
        await rows("a\n" + "1\n" * 11)
    with pytest.raises(ToolFailed, match="more than 10 rows"):
        await rows(json.dumps([{"a": 1}] * 11))


CELLS = st.text(alphabet=st.sampled_from('ab1,;"\n é中'), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=8))
async def test_what_python_writes_is_read_back(lines: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([["first", "second"], *lines])
    found = await rows(written.getvalue(), types=False, delimiter=",", format="csv")
    expected = [[cell.strip() or None for cell in line] for line in lines if any(cell.strip() for cell in line)]
    assert [list(row.values()) for row in found] == expected


@given(st.text(max_size=300) | st.text(alphabet='[]{}",:1a\n;\t|', max_size=300))
async def test_any_text_is_rows_or_told(text: str) -> None:
    try:
        found = await rows(text)
    except ToolFailed as told:
        assert told.help
    else:
        assert len({tuple(row) for row in found}) <= 1
