"""`write_table`: rows become a file that spreadsheets and programs open."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import Field

from chat_app.files.names import suffix_of
from chat_app.tools.errors import ToolFailed
from chat_app.tools.file_arguments import FileResult
from chat_app.tools.rows import MOST_ROWS, Row
from chat_app.tools.tool import Arguments, ToolContext, tool

_WIDEST = 60
_MOST_CELL = 32_000
"""Characters that a cell of a spreadsheet takes."""


class WriteTableArguments(Arguments):
    """Which rows, and as what."""

    rows: list[Row] = Field(max_length=MOST_ROWS, description="The rows; the first ones name the columns.")
    name: str = Field("table.xlsx", max_length=200, description="The file's name, in .xlsx, .csv, .json or .jsonl.")
    title: str = Field("Table", max_length=100, description="The name of the sheet.")


async def write_table(arguments: WriteTableArguments, context: ToolContext) -> FileResult:
    """The file with all rows."""
    write = _WRITERS.get(suffix_of(arguments.name))
    if write is None:
        raise ToolFailed(
            f"A table can't be written as {arguments.name}.", help=f"End the name in {', '.join(_WRITERS)}."
        )
    columns = list(dict.fromkeys(column for row in arguments.rows for column in row))
    content = await asyncio.to_thread(write, arguments.rows, columns, arguments.title)
    return await context.files.put(content, arguments.name)


def _sheet(rows: Sequence[Row], columns: Sequence[str], title: str) -> bytes:
    import xlsxwriter

    kept = io.BytesIO()
    # Texts stay texts: what begins with = must not become a formula, nor a link a link.
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    with xlsxwriter.Workbook(kept, plain) as book:
        sheet = book.add_worksheet(_sheet_name(title))
        head = book.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1, "text_wrap": True, "valign": "top"})
        body = book.add_format({"text_wrap": True, "valign": "top"})
        for place, column in enumerate(columns):
            cells = [_cell(row.get(column)) for row in rows]
            sheet.write_string(0, place, column, head)
            sheet.write_column(1, place, cells, body)
            longest = max((len(str(cell)) for cell in [column, *cells[:500]] if cell is not None), default=0)
            sheet.set_column(place, place, min(max(longest + 2, 8), _WIDEST))
        sheet.freeze_panes(1, 0)
        if rows and columns:
            sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    return kept.getvalue()


def _sheet_name(title: str) -> str:
    kept = "".join(one for one in title if one not in "[]:*?/\\").strip("' ")[:31]
    return kept or "Table"


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        # Spreadsheets keep fifteen digits.
        return str(value) if isinstance(value, int) and abs(value) >= 10**15 else value
    return _text(value)[:_MOST_CELL]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _csv(rows: Sequence[Row], columns: Sequence[str], title: str) -> bytes:
    kept = io.StringIO(newline="")
    writer = csv.writer(kept)
    writer.writerow(columns)
    writer.writerows(["" if row.get(one) is None else _text(row[one]) for one in columns] for row in rows)
    return kept.getvalue().encode()


def _json(rows: Sequence[Row], columns: Sequence[str], title: str) -> bytes:
    return json.dumps(list(rows), indent=2, ensure_ascii=False).encode()


def _json_lines(rows: Sequence[Row], columns: Sequence[str], title: str) -> bytes:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


_WRITERS: Mapping[str, Callable[[Sequence[Row], Sequence[str], str], bytes]] = {
    ".xlsx": _sheet,
    ".csv": _csv,
    ".json": _json,
    ".jsonl": _json_lines,
}

WRITE_TABLE = tool(
    "write_table",
    "Writes rows into a file and returns it: an Excel sheet with a head and a filter, CSV, JSON or JSON lines.",
    WriteTableArguments,
    FileResult,
    write_table,
    example={"rows": [{"city": "Ulm", "amount": 7}, {"city": "Bonn", "amount": 3}], "name": "totals.xlsx"},
)
