"""Previews of real files of every kind: small, bounded, and never an error of the page."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import pytest
import typst
import xlsxwriter
from PIL import Image

from chat_app.files.reference import FileRef
from chat_app.files.store import FileStore
from chat_app.tools.previews import MOST_COLUMNS, MOST_LETTERS, MOST_ROWS, SIDE, Preview, preview_of
from tests.tools import made_files


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


async def preview(files: FileStore, content: bytes, name: str) -> Preview:
    return await preview_of(files.put(content, name), files)


def picture(width: int, height: int) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(kept, "PNG")
    return kept.getvalue()


def sound() -> bytes:
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(struct.pack("<100h", *range(100)))
    return kept.getvalue()


async def test_pictures_and_first_pages(files: FileStore) -> None:
    shown = await preview(files, picture(3_000, 1_500), "a.png")
    assert (shown.kind, shown.note) == ("image", "3000 x 1500")
    with Image.open(io.BytesIO(shown.png)) as image:
        assert image.size == (SIDE, SIDE // 2)
    page = await preview(files, typst.compile(b"= Hello\n#pagebreak()\nEnd"), "a.pdf")
    assert (page.kind, page.note) == ("page", "page 1 of 2")
    with Image.open(io.BytesIO(page.png)) as image:
        assert image.height == SIDE
        assert image.convert("L").getextrema()[0] < 100
    svg = await preview(files, b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"/>', "a.svg")
    assert svg.kind == "image"
    assert svg.png.startswith(b"\x89PNG")


async def test_tables(files: FileStore) -> None:
    shown = await preview(files, b"city,people\nUlm,130000\n", "a.csv")
    assert (shown.kind, shown.note, shown.rows) == ("table", "1 rows", ({"city": "Ulm", "people": 130000},))
    wide = ",".join(f"c{n}" for n in range(40)) + "\n" + (",".join("x" * 210 for _ in range(40)) + "\n") * 200
    shown = await preview(files, wide.encode(), "b.csv")
    assert shown.note == f"the first {MOST_ROWS} rows, the first {MOST_COLUMNS} columns"
    assert len(shown.rows) == MOST_ROWS
    assert {len(row) for row in shown.rows} == {MOST_COLUMNS}
    assert shown.rows[0]["c0"] == "x" * 200 + "…"
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        book.add_worksheet().write_row(0, 0, ["a", "b"])
    assert (await preview(files, kept.getvalue(), "c.xlsx")).kind == "table"


async def test_texts_documents_and_sounds(files: FileStore) -> None:
    shown = await preview(files, b"# Hi\n" + b"x" * 10_000, "a.md")
    assert (shown.kind, shown.markdown, shown.note, len(shown.text)) == ("text", True, "how it begins", MOST_LETTERS)
    word = await preview(files, made_files.word("Hello"), "a.docx")
    assert (word.kind, word.markdown, word.text) == ("text", True, "Hello")
    page = await preview(files, b"<html><script>alert(1)</script><p>Words</p>", "a.html")
    assert (page.kind, page.text) == ("text", "Words")
    assert (await preview(files, sound(), "a.wav")).kind == "audio"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.7 broken", "a.pdf"),
        (made_files.photo()[:100], "a.jpg"),
        (b"\x7fELF" + bytes(100), "a.png"),
        (b'a,"b\n' * 3, "a.csv"),
        (b"<svg", "a.svg"),
        (made_files.packed({"[Content_Types].xml": "", "word/document.xml": "<"}), "a.docx"),
    ],
)
async def test_what_can_not_be_shown_says_so(files: FileStore, content: bytes, name: str) -> None:
    shown = await preview(files, content, name)
    assert shown.kind in ("none", "text", "table")
    assert shown.note
    assert "/files/" not in shown.note


async def test_what_is_gone_says_so(files: FileStore) -> None:
    shown = await preview_of(FileRef("a.txt", "text/plain", "0" * 64, 1), files)
    assert "not in the store" in shown.note
