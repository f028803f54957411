"""Documents of every kind become Markdown; hostile ones harm nothing and are told of."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typst
import xlsxwriter
from PIL import Image

from chat_app.files.of_run import RunFiles
from chat_app.files.store import FileStore
from chat_app.tools.catalog import Catalog
from chat_app.tools.documents import READ_DOCUMENT
from chat_app.tools.errors import ToolFailed
from chat_app.tools.network import Network
from chat_app.tools.tool import ToolContext
from tests.tools import made_files

CATALOG = Catalog([READ_DOCUMENT])
PDF = b"""
#set page(paper: "a5")
= Tender 2026
== Scope
The supplier delivers twenty bicycles to the town hall, one after the other.

#block(width: 3cm)[#set text(hyphenate: true); #set par(justify: true); Internationalization internationalization]

- first point
- second point

#table(columns: 3, [Item], [Count], [Price], [Bike], [20], [400.50], [Bell | ring], [20], [5])

== Terms
Payment after 30 days.
#pagebreak()
= Second page
Its end.
"""


@pytest.fixture
def context(tmp_path: Path) -> ToolContext:
    return ToolContext(Network(), files=RunFiles(FileStore(tmp_path / "files")))


async def read(context: ToolContext, content: bytes, name: str, **more: Any) -> str:
    ref = await context.files.put(content, name)
    return str(await CATALOG.call("read_document", {"file": ref.as_value(), **more}, context))


async def test_a_pdf_keeps_headings_lists_tables_and_their_order(context: ToolContext) -> None:
    text = await read(context, typst.compile(PDF), "t.pdf")
    head, _, rest = text.partition("| Item | Count | Price |")
    assert head.startswith("# Tender 2026\n\n## Scope\n\nThe supplier delivers twenty bicycles to the town hall")
    assert "Internationalization internationalization" in head
    assert "town hall, one after the other." in head
    assert "- first point\n- second point" in head
    assert rest.startswith(
        "\n| --- | --- | --- |\n| Bike | 20 | 400.50 |\n| Bell \\| ring | 20 | 5 |\n\n## Terms\n\n"
    )
    assert rest.endswith("# Second page\n\nIts end.")


async def test_office_documents_books_and_mail(context: ToolContext) -> None:
    text = await read(context, made_files.word("Grüße", "a &lt; b"), "a.docx")
    assert text == "Grüße\n\na < b"
    assert await read(context, made_files.slides(), "a.pptx") == (
        "## Slide 1: Bees\n\n- They dance\n- They work\n\n"
        "| who | does |\n| --- | --- |\n| drone | a\\|b |\n\nNotes: Smile."
    )
    book = made_files.epub(("One", "First <b>words</b>."), ("Two", "Last."))
    assert await read(context, book, "a.epub") == "# On bees\n\n# One\n\nFirst **words**.\n\n# Two\n\nLast."
    assert await read(context, made_files.mail(), "a.eml") == (
        "From: ada@example.com  \nTo: bob@example.com  \nSubject: Größe\n\n"
        "Hello Bob,\nhere it is.\n\nAttachments: offer.pdf"
    )


async def test_spreadsheets_are_tables_by_sheet(context: ToolContext) -> None:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        book.add_worksheet("Sums").write_row(0, 0, ["city", "people"])
        book.get_worksheet_by_name("Sums").write_row(1, 0, ["Ulm", 130000.0])
        book.add_worksheet("None")
    assert await read(context, kept.getvalue(), "a.xlsx") == (
        "## Sums\n\n| city | people |\n| --- | --- |\n| Ulm | 130000 |\n\n## None\n\n(empty)"
    )


async def test_pictures_tell_what_they_are(context: ToolContext) -> None:
    told = await read(context, made_files.photo(), "a.png")
    for part in ("format: JPEG", "width: 32", "height: 20", "Make: Maker", "DateTimeOriginal: 2026:03:01 08:30:00"):
        assert f"- {part}" in told


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ("Grüße\r\naus Köln".encode("cp1252"), "a.txt", "Grüße\naus Köln"),
        (b"# Title\n\ntext", "a.md", "# Title\n\ntext"),
        (b"a,b\n1,2", "a.csv", "a,b\n1,2"),
        (b"x = '```'\n", "a.py", "````python\nx = '```'\n````"),
        (b'{"a": 1}', "a.json", '```json\n{"a": 1}\n```'),
        (b"<!doctype html><title>T</title><p>One <b>two</b></p><script>x</script>", "a.html", "# T\n\nOne **two**"),
    ],
)
async def test_texts_of_all_kinds(context: ToolContext, content: bytes, name: str, says: str) -> None:
    assert await read(context, content, name) == says


async def test_several_documents_stand_under_their_names_and_long_ones_are_cut(context: ToolContext) -> None:
    refs = [
        (await context.files.put(text, name)).as_value() for name, text in (("a.md", b"One"), ("b.md", b"x" * 300))
    ]
    text = await CATALOG.call("read_document", {"file": refs, "max_characters": 100}, context)
    assert text == f"# a.md\n\nOne\n\n---\n\n# b.md\n\n{'x' * 100}\n\n[cut here: b.md goes on]"


def xml_bomb() -> str:
    lines = [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9)]
    return f'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY l0 "lol">{"".join(lines)}]><z>&l8;</z>'


def endless_pdf() -> bytes:
    """Its pages lead in a circle."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000000>>endobj\ntrailer<</Root 1 0 R>>"
    )


def outer_entity() -> bytes:
    body = '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return made_files.packed(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f'<?xml version="1.0"?>{body}<w:document xmlns:w="http://schemas.openxmlformats.org/'
            'wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>',
            "_rels/.rels": "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'/>",
        }
    )


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (lambda: made_files.packed({"[Content_Types].xml": "", "word/document.xml": b" " * 700_000_000}), "zip.docx"),
        (made_files.packed({"[Content_Types].xml": "", "word/document.xml": xml_bomb()}), "xml.docx"),
        (outer_entity(), "outer.docx"),
        (made_files.packed({"mimetype": "application/epub+zip", "META-INF/container.xml": xml_bomb()}), "xml.epub"),
        (endless_pdf(), "circle.pdf"),
        (b"%PDF-1.7\n" + b"\x00\xff" * 5_000, "noise.pdf"),
        (made_files.word("x")[:400], "half.docx"),
        (made_files.photo()[:200], "half.jpg"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
async def test_hostile_and_broken_documents_are_told_of(
    context: ToolContext, content: bytes | Callable[[], bytes], name: str
) -> None:
    with pytest.raises(ToolFailed) as told:
        # The large one is made by its own test only, not by whoever collects the tests.
        text = await read(context, content() if callable(content) else content, name)
        assert "root:" not in text
        raise (
            ToolFailed(f"{name}: nothing was in it", help="none") if not text.strip() else AssertionError(text[:200])
        )
    assert name in told.value.message
    assert told.value.help
    assert "/files/" not in told.value.message + told.value.help


async def test_a_scan_says_what_to_do(context: ToolContext) -> None:
    kept = io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(kept, "PDF")
    with pytest.raises(ToolFailed, match="holds no text, only pictures of pages") as told:
        await read(context, kept.getvalue(), "scan.pdf")
    assert "images" in told.value.help


async def test_what_is_no_document_is_told(context: ToolContext) -> None:
    with pytest.raises(ToolFailed, match=r"a\.docx is application/zip, which holds no text"):
        await read(context, made_files.packed({"a": "b"}), "a.docx")
