"""Tables in files: their rows, whatever the file is."""

from __future__ import annotations

import asyncio

from chat_app.files.errors import FileError
from chat_app.files.media_types import encoding_of
from chat_app.files.of_run import RunFiles
from chat_app.files.packages import XLSX
from chat_app.files.reference import FileRef
from chat_app.files.sizes import shown_size
from chat_app.tools.errors import ToolFailed
from chat_app.tools.processes import isolated
from chat_app.tools.rows import MOST_COLUMNS, MOST_ROWS, Row, TextTable, column_names, rows_of_text

SECONDS = 50.0
MEMORY_MB = 3_072
MOST_TEXT = 50_000_000
PARQUET = "application/vnd.apache.parquet"
SHEETS = frozenset({XLSX, "application/vnd.oasis.opendocument.spreadsheet", "application/vnd.ms-excel"})
_TEXTS = {
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/json": "json",
    "application/x-ndjson": "jsonl",
    "text/plain": "auto",
}


async def rows_of_file(
    ref: FileRef, files: RunFiles, how: TextTable, sheet: str | None = None, seconds: float = SECONDS
) -> list[Row]:
    """The rows of a table in a file; `how` says how texts are to be read. Raises ToolFailed."""
    try:
        if ref.media_type in _TEXTS:
            if sheet is not None:
                raise ToolFailed(f"{ref.name} has no sheets: it is {ref.media_type}.", help="Leave `sheet` out.")
            return await asyncio.to_thread(_from_text, ref, files, how)
        if ref.media_type in SHEETS or ref.media_type == PARQUET:
            return await _from_binary(ref, files, sheet, min(seconds, SECONDS))
    except FileError as error:
        raise ToolFailed(error.message, help=error.help) from error
    raise ToolFailed(
        f"{ref.name} is {ref.media_type}, which is no table.",
        help="Tables are CSV, XLSX, ODS, Parquet, JSON, JSON lines.",
    )


def _from_text(ref: FileRef, files: RunFiles, how: TextTable) -> list[Row]:
    if ref.size > MOST_TEXT:
        message = f"{ref.name} has {shown_size(ref.size)}; as text {shown_size(MOST_TEXT)} can be read."
        raise ToolFailed(message, help="Give a part of it, or a Parquet file.")
    content = files.path(ref).read_bytes()
    text = content.decode(encoding_of(content) or "utf-8", "replace")
    kind = _TEXTS[ref.media_type] if how.format == "auto" else how.format
    delimiter = "\t" if ref.media_type == "text/tab-separated-values" and how.delimiter == "auto" else how.delimiter
    return rows_of_text(TextTable(text, kind, delimiter, how.types))


async def _from_binary(ref: FileRef, files: RunFiles, sheet: str | None, seconds: float) -> list[Row]:
    job = {
        "path": str(files.path(ref)),
        "kind": "parquet" if ref.media_type == PARQUET else "sheet",
        "sheet": sheet,
        "most_rows": MOST_ROWS,
    }
    try:
        answer = await isolated("table.py", job, seconds=seconds, megabytes=MEMORY_MB)
    except ToolFailed as error:
        raise ToolFailed(f"{ref.name} can't be read. {error.message}", help=error.help) from None
    if "problem" in answer:
        raise ToolFailed(f"{ref.name} can't be read: {answer['problem']}.", help=str(answer["help"]))
    return await asyncio.to_thread(_rows, answer["lines"], ref.name)


def _rows(lines: list[list[object]], name: str) -> list[Row]:
    if not lines:
        return []
    head, *rest = lines
    if len(rest) > MOST_ROWS:
        raise ToolFailed(f"{name} has more than {MOST_ROWS:,} rows.", help="Give a part of it.")
    if len(head) > MOST_COLUMNS:
        raise ToolFailed(f"{name} has more than {MOST_COLUMNS:,} columns.", help="Give a part of it.")
    names = column_names(["" if cell is None else str(cell) for cell in head])
    return [
        {column: line[place] if place < len(line) else None for place, column in enumerate(names)} for line in rest
    ]
