"""What a file looks like, in little: for pages that show what people uploaded and runs made.

    preview = await preview_of(ref, files)          # never raises for what the file is; see `note`
    match preview.kind:
        case "image" | "page": preview.png          # of the picture, or of a PDF's first page
        case "table": preview.rows                  # the first rows; all have the same columns
        case "text": preview.text                   # the beginning; Markdown where `markdown` says so
        case "audio": ...                           # play the file itself (`files.serving.headers_of`)
        case "none": ...                            # there is nothing to show but `note`

All that comes out is data: who shows it must escape it.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from typing import Literal

from chat_app.files.errors import FileError
from chat_app.files.media_types import encoding_of
from chat_app.files.of_run import RunFiles
from chat_app.files.reference import FileRef
from chat_app.files.sizes import shown_size
from chat_app.files.store import FileStore
from chat_app.tools.documents import document_text
from chat_app.tools.errors import ToolError
from chat_app.tools.processes import isolated
from chat_app.tools.rasters import svg_to_png
from chat_app.tools.rows import Row, TextTable, rows_of_text
from chat_app.tools.table_files import PARQUET, SHEETS, rows_of_file

SIDE = 1_000
"""The longer side of a picture, in dots."""
MOST_ROWS = 30
MOST_COLUMNS = 30
MOST_CELL = 200
MOST_LETTERS = 5_000
SECONDS = 15.0
_HEAD = 400_000
_TABLES = frozenset({"text/csv", "text/tab-separated-values"})
_DOCUMENTS = ("officedocument", "epub", "message/rfc822", "text/html")

Kind = Literal["image", "page", "table", "text", "audio", "none"]


@dataclass(frozen=True, slots=True)
class Preview:
    """A file in little."""

    kind: Kind
    note: str
    """What it is, in a few words: `PNG, 800 x 600`, `page 1 of 12`, `the first 30 rows`."""
    png: bytes = b""
    rows: tuple[Row, ...] = ()
    text: str = ""
    markdown: bool = False
    cut: bool = False
    """Whether there is more of it than this."""


async def preview_of(ref: FileRef, files: FileStore) -> Preview:
    """The preview; `ref` as the store knows it (`FileStore.known`)."""
    try:
        return await _preview(ref, files)
    except (ToolError, FileError) as error:
        return Preview("none", f"{error.message} {error.help}")


async def _preview(ref: FileRef, files: FileStore) -> Preview:
    kind = ref.media_type
    if kind == "image/svg+xml":
        svg = (await asyncio.to_thread(files.read, ref)).decode("utf-8", "replace")
        return Preview("image", "SVG", png=await svg_to_png(svg, 1.0))
    if kind.startswith("image/"):
        return await _picture(ref, files, "image")
    if kind == "application/pdf":
        return await _picture(ref, files, "page")
    if kind.startswith("audio/"):
        return Preview("audio", f"{kind.partition('/')[2]}, {shown_size(ref.size)}")
    if kind in _TABLES or kind in SHEETS or kind == PARQUET:
        return await _table(ref, files)
    if any(part in kind for part in _DOCUMENTS):
        text = await document_text(ref, RunFiles(files), MOST_LETTERS, SECONDS)
        return Preview("text", _begins(text), text=text[:MOST_LETTERS], markdown=True, cut=len(text) > MOST_LETTERS)
    head = await asyncio.to_thread(_head, ref, files)
    if kind.startswith(("text/", "application/json", "application/x-ndjson", "application/xml", "application/yaml")):
        cut = head[:MOST_LETTERS]
        return Preview("text", _begins(head), text=cut, markdown=kind == "text/markdown", cut=len(head) > len(cut))
    return Preview("none", f"{kind}, {shown_size(ref.size)}")


async def _picture(ref: FileRef, files: FileStore, kind: Literal["image", "page"]) -> Preview:
    job = {"path": str(files.path(ref)), "kind": "pdf" if kind == "page" else "image", "most": SIDE}
    answer = await isolated("picture.py", job, seconds=SECONDS, megabytes=2_048)
    if "problem" in answer:
        return Preview("none", "It can't be shown: it is damaged, locked, or too large.")
    of = f"page 1 of {answer['pages']}" if kind == "page" else f"{answer['width']} x {answer['height']}"
    return Preview(kind, of, png=base64.b64decode(answer["png"]))


async def _table(ref: FileRef, files: FileStore) -> Preview:
    if ref.media_type in _TABLES:
        head = await asyncio.to_thread(_head, ref, files)
        # What was cut off in the middle of a line would be a row too short.
        whole = head if ref.size < _HEAD else head.rpartition("\n")[0]
        delimiter = "\t" if ref.media_type == "text/tab-separated-values" else "auto"
        rows = await asyncio.to_thread(rows_of_text, TextTable(whole, "csv", delimiter))
    else:
        rows = await rows_of_file(ref, RunFiles(files), TextTable(), seconds=SECONDS)
    names = list(rows[0])[:MOST_COLUMNS] if rows else []
    shown = tuple({name: _cell(row[name]) for name in names} for row in rows[:MOST_ROWS])
    many = f"the first {MOST_ROWS} rows" if len(rows) > MOST_ROWS else f"{len(rows)} rows"
    wide = f", the first {MOST_COLUMNS} columns" if rows and len(rows[0]) > MOST_COLUMNS else ""
    return Preview("table", many + wide, rows=shown, cut=len(rows) > MOST_ROWS or bool(wide))


def _cell(value: object) -> object:
    if isinstance(value, dict | list):
        value = str(value)
    return f"{value[:MOST_CELL]}…" if isinstance(value, str) and len(value) > MOST_CELL else value


def _head(ref: FileRef, files: FileStore) -> str:
    with files.path(ref).open("rb") as file:
        content = file.read(_HEAD)
    return content.decode(encoding_of(content) or "utf-8", "replace").removeprefix("\ufeff")


def _begins(text: str) -> str:
    return "how it begins" if len(text) > MOST_LETTERS else "all of it"
