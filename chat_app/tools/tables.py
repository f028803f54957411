"""`read_table`: a table in a file or a text becomes rows, with numbers as numbers."""

from __future__ import annotations

import asyncio
from typing import Literal

from pydantic import Field

from chat_app.tools.errors import ArgumentsRefused
from chat_app.tools.file_arguments import FileArgument
from chat_app.tools.rows import Row, TextTable, rows_of_text
from chat_app.tools.table_files import rows_of_file
from chat_app.tools.tool import Arguments, ToolContext, tool


class ReadTableArguments(Arguments):
    """What to read, and as what."""

    file: FileArgument | None = Field(None, description="The table as a file: CSV, XLSX, ODS, Parquet or JSON.")
    text: str | None = Field(None, max_length=50_000_000, description="The table as text, where there is no file.")
    sheet: str | None = Field(None, description="Which sheet of a spreadsheet; left out, the first.")
    format: Literal["auto", "csv", "json", "jsonl"] = Field("auto", description="How the text is written.")
    delimiter: Literal["auto", ",", ";", "\t", "|"] = Field(
        "auto", description="What stands between the cells of CSV."
    )
    types: bool = Field(
        True, description="Whether columns of numbers become numbers; false keeps every cell of CSV as text."
    )


async def read_table(arguments: ReadTableArguments, context: ToolContext) -> list[Row]:
    """The rows, each with all columns; an empty cell is None."""
    if (arguments.file is None) == (arguments.text is None):
        raise ArgumentsRefused("`read_table` reads one table.", help="Give `file` or `text`, and not both.")
    how = TextTable(arguments.text or "", arguments.format, arguments.delimiter, arguments.types)
    if arguments.file is not None:
        return await rows_of_file(arguments.file, context.files, how, arguments.sheet, context.seconds)
    return await asyncio.to_thread(rows_of_text, how)


READ_TABLE = tool(
    "read_table",
    "Reads a table out of a file (CSV, XLSX, ODS, Parquet, JSON) or a text and returns its rows; columns of numbers "
    "become numbers.",
    ReadTableArguments,
    list[Row],
    read_table,
    example={"text": "city,people\nBonn,340000\nUlm,130000"},
)
