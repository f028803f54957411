"""Documents that are written say what the Markdown says, read back by other libraries than those that wrote them."""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree

import mammoth
import pypdfium2
import pytest
from PIL import Image

from chat_app.files.of_run import RunFiles
from chat_app.files.reference import FileRef
from chat_app.files.store import FileStore
from chat_app.tools.catalog import Catalog
from chat_app.tools.document_writing import WRITE_DOCUMENT
from chat_app.tools.errors import ToolFailed
from chat_app.tools.network import Network
from chat_app.tools.tool import ToolContext
from chat_app.tools.writing import paper
from chat_app.tools.writing.blocks import blocks_of
from chat_app.tools.writing.slide_plan import planned

TEXT = """\
# Bees & flowers

They **work**, they *dance*: see [the site](https://example.com/?a=1&b=2), not [this](javascript:alert(1)).

## Who does what

| # | Who | Price |
|---|:---:|------:|
| 1 | the `queen` | 1,200.00 |
| 2 | ~~drones~~ | 0 |

1. first
   - inner
2. second

Then again:

1. one

> A quote.

```python
print("#set page() $x$ \\\\ \\" [] <b>")
```

![Sales by month](chart.png)

## 蜜蜂は踊る

自転車は環境に優しい。这是中文。한국어.

> Notes: Say hello.
"""


@pytest.fixture
def context(tmp_path: Path) -> ToolContext:
    return ToolContext(Network(), files=RunFiles(FileStore(tmp_path / "files")))


def png() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (300, 120), "navy").save(kept, "PNG")
    return kept.getvalue()


async def written(context: ToolContext, name: str, text: str = TEXT, **more: object) -> bytes:
    picture = (await context.files.put(png(), "chart.png")).as_value()
    arguments = {"text": text, "name": name, "pictures": [picture], **more}
    ref = FileRef.of(await Catalog([WRITE_DOCUMENT]).call("write_document", arguments, context))
    assert ref.name == name
    return await context.files.read(ref)


async def test_a_word_document_has_real_headings_lists_tables_links_and_pictures(context: ToolContext) -> None:
    content = await written(context, "a.docx")
    html = mammoth.convert_to_html(io.BytesIO(content)).value
    for part in (
        "<h1>Bees &amp; flowers</h1>",
        "<h2>Who does what</h2>",
        "<strong>work</strong>",
        "<em>dance</em>",
        '<a href="https://example.com/?a=1&amp;b=2">the site</a>',
        "<s>drones</s>",
        "1,200.00",
        "自転車は環境に優しい。这是中文。한국어.",
        'alt="Sales by month"',
    ):
        assert part in html, part
    assert "<table>" in html
    assert 'href="javascript' not in html
    assert re.search(r"<ol><li>first<ul><li>inner</li></ul></li><li>second</li></ol>", html)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read("word/document.xml").decode()
        numbers = archive.read("word/numbering.xml").decode()
    assert numbers.count("startOverride") == 2
    assert 'w:eastAsia="Yu Gothic"' in archive_text(content, "word/styles.xml")
    assert "print(" in xml


def archive_text(content: bytes, part: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(part).decode()


async def test_a_pdf_has_all_letters_and_the_picture(context: ToolContext) -> None:
    document = pypdfium2.PdfDocument(await written(context, "a.pdf"))
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    for part in (
        "Bees & flowers",
        "1,200.00",
        "2. second",
        'print("#set page() $x$',
        "自転車は環境に優しい",
        "这是中文",
        "한국어",
    ):
        assert part in text.replace("\r\n", "\n"), part
    kinds = [thing.type for page in document for thing in page.get_objects()]
    assert pypdfium2.raw.FPDF_PAGEOBJ_IMAGE in kinds
    assert document.get_metadata_value("Title") == "Bees & flowers"
    assert round(document[0].get_width()) == 595
    letter = pypdfium2.PdfDocument(await written(context, "a.pdf", "Hello", paper="letter"))
    assert round(letter[0].get_width()) == 612


async def test_nothing_in_a_text_is_run_by_the_typesetter(context: ToolContext, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("top secret")
    attacks = (
        f'#read("{tmp_path}/secret.txt") ]#panic("x")[ "#panic()" \\" #panic() \\\\" `"]#panic()`\n\n'
        '![a"](x.png) [b](https://x.y/"%29#panic) | $ panic() $ @ref <label> // c /* d\n\n'
        f'```x"]\n"]#panic()\n```\n\n| a"] | #b |\n|---|---|\n| #read("{tmp_path}/secret.txt") | ] |'
    )
    text = pypdfium2.PdfDocument(await written(context, "a.pdf", attacks))[0].get_textpage().get_text_range()
    assert "#read(" in text
    assert "#panic()" in text
    assert "top secret" not in text


async def test_without_a_font_for_them_han_letters_are_refused_and_not_shown_as_boxes(
    context: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "_cjk_families", lambda: ())
    with pytest.raises(ToolFailed, match="No font here has Chinese") as told:
        await written(context, "a.pdf")
    assert "fonts-noto-cjk" in told.value.help
    await written(context, "a.pdf", "Plain")


async def test_slides_have_titles_points_tables_pictures_and_notes(context: ToolContext) -> None:
    content = await written(context, "a.pptx")
    space = {"a": "http://schemas.openxmlformats.org/drawingml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = sorted(name for name in archive.namelist() if re.fullmatch(r"ppt/slides/slide\d+\.xml", name))
        slides = [ElementTree.fromstring(archive.read(name)) for name in names]
        notes = b"".join(archive.read(name) for name in archive.namelist() if "notesSlides/notesSlide" in name)
        assert [name for name in archive.namelist() if name.startswith("ppt/media/")] == ["ppt/media/image1.png"]
    texts = [[one.text or "" for one in slide.iter(f"{{{space['a']}}}t")] for slide in slides]
    assert texts[0][0] == "Bees & flowers"
    assert [text[0] for text in texts[1:]][:2] == ["Who does what", "Who does what (2)"]
    assert texts[-1][0] == "蜜蜂は踊る"
    assert sum(len(slide.findall(".//a:tbl", space)) for slide in slides) == 1
    assert {one.get("startAt") for slide in slides for one in slide.findall(".//a:buAutoNum", space)} == {"1", "2"}
    assert b"Say hello." in notes
    assert "Say hello." not in str(texts)


def test_what_is_too_much_for_a_slide_goes_on_to_the_next() -> None:
    table = "| a |\n|---|\n" + "| x |\n" * 20
    points = "\n".join(f"- point {n}" for n in range(30))
    plan = planned(blocks_of(f"# All\n\nShort.\n\n## Points\n\n{points}\n\n## Table\n\n{table}\n\nAfter."), "All")
    assert [slide.title for slide in plan][:4] == ["All", "Points", "Points (2)", "Points (3)"]
    assert [len(slide.blocks) for slide in plan] == [1] * len(plan)
    assert plan[-1].title == "Table (4)"
    assert planned(blocks_of(""), "Nothing")[0].title == "Nothing"


async def test_a_page_needs_nothing_else_and_runs_nothing(context: ToolContext) -> None:
    html = (
        await written(context, "a.html", TEXT + "\n\n<script>alert(1)</script>\n\n![](https://evil.example/x.png)")
    ).decode()

    class Tags(HTMLParser):
        found: ClassVar[list[tuple[str, dict[str, str | None]]]] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found.append((tag, dict(attrs)))

    Tags().feed(html)
    names = [tag for tag, _ in Tags.found]
    assert "script" not in names
    assert {"h1", "h2", "table", "ol", "blockquote", "pre", "figure", "img"} <= set(names)
    links = [str(value) for _, given in Tags.found for key, value in given.items() if key in ("src", "href")]
    assert all(link.startswith(("data:image/png;base64,", "https://example.com/")) for link in links), links
    assert "default-src 'none'" in html
    assert 'lang="ja"' in html
    assert "Größe" not in html


async def test_pictures_that_the_text_does_not_name_stand_at_its_end(context: ToolContext) -> None:
    html = (await written(context, "a.html", "# Title")).decode()
    assert "<figcaption>chart</figcaption>" in html
    assert (await written(context, "a.md", "# Title")).decode() == "# Title\n\n![chart](<chart.png>)"


@pytest.mark.parametrize("name", ["a.docx", "a.pdf", "a.pptx", "a.html", "a.md"])
@pytest.mark.parametrize(
    "text", ["", "# \n\n- \n\n|a|\n|-|\n", "a\x00b \x0b\ufffe", "> " * 60 + "deep", "![no](nowhere.png)"]
)
async def test_odd_texts_are_written_all_the_same(context: ToolContext, name: str, text: str) -> None:
    assert await written(context, name, text)


async def test_what_can_not_be_written_is_told(context: ToolContext) -> None:
    with pytest.raises(ToolFailed, match="can't be written as"):
        await written(context, "a.exe")
    noise = (await context.files.put(b"\x89PNG\r\n\x1a\nnoise", "x.png")).as_value()
    with pytest.raises(ToolFailed, match="no picture that can be read"):
        await written(context, "a.docx", pictures=[noise])
