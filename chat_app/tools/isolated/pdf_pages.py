"""A PDF as Markdown: paragraphs, headings told by their size, and tables with drawn lines; read by `document.py`."""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as raw

MOST_PAGES = 3_000
MOST_TABLE_PAGES = 60
"""Pages in which tables are looked for: that takes about a tenth of a second each."""
_LEAST_LINES = 4
_HEADING = 1.15
"""So much larger than the body's letters are those of a heading."""
_LONGEST_HEADING = 120
_LEVELS = 4
_BULLET = re.compile(r"^[•▪◦‣●○■–·]\s*")
_LIST = re.compile(r"^(- |\d{1,3}[.)] )")


class Told(Exception):
    """What is wrong, and what to do."""


@dataclass
class Line:
    text: str
    size: float
    top: float
    bottom: float
    left: float


@dataclass
class Table:
    rows: list[list[str]]
    top: float
    bottom: float
    left: float
    right: float


@dataclass(frozen=True)
class Sizes:
    body: float
    headings: tuple[float, ...]


@dataclass
class Page:
    lines: list[Line]
    tables: list[Table] = field(default_factory=list)


def read(path: Path, most: int) -> str:
    """The text of all pages."""
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Told("it is locked with a password", "Save it without one.") from None
        raise Told("it is no PDF that can be read", "Open it and save it again.") from None
    pages = list(_pages(document, path, most))
    if not any(page.lines or page.tables for page in pages):
        raise Told(
            "it holds no text, only pictures of pages",
            "Let a model that sees read it (`images` of an llm node), or make it searchable first.",
        )
    sizes = _sizes(pages)
    return "\n\n".join(text for page in pages if (text := _written(page, sizes)))


def _pages(document: Any, path: Path, most: int) -> Iterator[Page]:
    characters, sought = 0, 0
    for number in range(min(len(document), MOST_PAGES)):
        page = document[number]
        found = Page(list(_lines(page)))
        if _has_lines(page) and sought < MOST_TABLE_PAGES:
            sought += 1
            found.tables = _tables(path, number)
        page.close()
        characters += sum(len(line.text) for line in found.lines)
        yield found
        if characters > most:
            return


def _lines(page: Any) -> Iterator[Line]:
    text_page = page.get_textpage()
    count = text_page.count_chars()
    text = text_page.get_text_range()
    start = 0
    # Where characters and text do not go together, the text alone is taken.
    aligned = len(text) == count
    for written in text.splitlines(keepends=True):
        # How pdfium says that a word was parted at the end of a line.
        shown = written.replace("\ufffe", "").replace("\x02", "").strip()
        if shown:
            first = start + len(written) - len(written.lstrip())
            yield _placed(text_page, shown, first) if aligned else Line(shown, 0.0, 0.0, 0.0, 0.0)
        start += len(written)
    text_page.close()


def _placed(text_page: Any, shown: str, index: int) -> Line:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    raw.FPDFText_GetCharBox(text_page, index, left, right, bottom, top)
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text_page, index, box)
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text_page, index, matrix)
    size = raw.FPDFText_GetFontSize(text_page, index) * (math.hypot(matrix.c, matrix.d) or 1.0)
    return Line(shown, round(size, 1), float(box.top) or top.value, float(box.bottom) or bottom.value, left.value)


def _has_lines(page: Any) -> bool:
    drawn = page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=3)
    return len(list(islice(drawn, _LEAST_LINES))) == _LEAST_LINES


def _tables(path: Path, number: int) -> list[Table]:
    import pdfplumber

    with pdfplumber.open(path, pages=[number + 1]) as document:
        page = document.pages[0]
        height = float(page.height)
        found = []
        for table in page.find_tables():
            rows = [[" ".join((cell or "").split()) for cell in row] for row in table.extract()]
            if len(rows) > 1 and max(map(len, rows)) > 1 and sum(bool(cell) for row in rows for cell in row) > 2:
                left, top, right, bottom = table.bbox
                found.append(Table(rows, height - top, height - bottom, left, right))
        return found


def _sizes(pages: list[Page]) -> Sizes:
    """The body has the size in which most letters are set; the larger ones are headings', the largest first."""
    letters: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            letters[line.size] += len(line.text)
    body = letters.most_common(1)[0][0] if letters else 0.0
    larger = sorted((size for size in letters if body and size > body * _HEADING), reverse=True)
    # Sizes that nearly agree are one.
    apart = [size for place, size in enumerate(larger) if place == 0 or larger[place - 1] - size > 0.3]
    return Sizes(body, tuple(apart[:_LEVELS]))


def _written(page: Page, sizes: Sizes) -> str:
    blocks: list[tuple[float, str]] = [(table.top, _as_markdown(table.rows)) for table in page.tables]
    lines = [line for line in page.lines if not any(_inside(line, table) for table in page.tables)]
    if page.tables:
        # Tables are put between the lines by their height.
        blocks += [(top, text) for top, text in _paragraphs(lines, sizes)]
        blocks.sort(key=lambda block: -block[0])
    else:
        blocks = list(_paragraphs(lines, sizes))
    return "".join(_joint(blocks[place - 1][1], text) if place else text for place, (_, text) in enumerate(blocks))


def _joint(before: str, text: str) -> str:
    """The points of a list stand close."""
    return f"\n{text}" if _LIST.match(before) and _LIST.match(text) else f"\n\n{text}"


def _inside(line: Line, table: Table) -> bool:
    middle = (line.top + line.bottom) / 2
    return table.bottom <= middle <= table.top and table.left - 2 <= line.left <= table.right


def _paragraphs(lines: list[Line], sizes: Sizes) -> Iterator[tuple[float, str]]:
    """Lines joined where they stand close together in one size."""
    text, before = "", None
    top = 0.0
    for line in lines:
        shown = _BULLET.sub("- ", line.text)
        if before is not None and _goes_on(before, line, shown):
            joined = text[:-1] if text.endswith("-") and shown[:1].islower() else f"{text} "
            text = joined + shown
        else:
            if before is not None:
                yield top, _marked(text, before, sizes)
            text, top = shown, line.top
        before = line
    if before is not None:
        yield top, _marked(text, before, sizes)


def _goes_on(before: Line, line: Line, shown: str) -> bool:
    if line.size == 0.0:
        return not _LIST.match(shown)
    near = before.bottom - line.top < 0.45 * line.size and line.top < before.top
    return near and abs(before.size - line.size) < 0.6 and not _LIST.match(shown)


def _marked(text: str, line: Line, sizes: Sizes) -> str:
    if line.size in sizes.headings and len(text) <= _LONGEST_HEADING:
        return f"{'#' * (1 + sizes.headings.index(line.size))} {text}"
    return text


def _as_markdown(rows: list[list[str]]) -> str:
    width = max(map(len, rows))
    lines = [
        "| " + " | ".join(cell.replace("|", "\\|") for cell in [*row, *[""] * (width - len(row))]) + " |"
        for row in rows
    ]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
