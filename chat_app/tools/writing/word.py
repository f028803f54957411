"""Markdown as a Word document: real headings, lists, tables and links, so that it can be worked on."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from chat_app.tools.writing.blocks import (
    Block,
    Break,
    Code,
    Heading,
    Inline,
    Items,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Span,
    Table,
    printable,
    shares,
)
from chat_app.tools.writing.document import Document
from chat_app.tools.writing.word_parts import (
    Numbering,
    add_page_number,
    line_below,
    link_run,
    prepare_styles,
    repeat_as_head,
    shade,
)

_WIDTH, _HEIGHT = 6.3, 8.5
"""Inches for a picture."""
_PAPERS = {"a4": (8.27, 11.69), "letter": (8.5, 11.0)}


def write_word(document: Document) -> bytes:
    """The DOCX."""
    import docx
    from docx.shared import Inches

    word = docx.Document()
    prepare_styles(word, document.language)
    section = word.sections[0]
    section.page_width, section.page_height = (Inches(side) for side in _PAPERS[document.paper])
    section.left_margin = section.right_margin = Inches(0.98)
    section.top_margin = section.bottom_margin = Inches(1)
    add_page_number(section)
    word.core_properties.title = document.title
    word.core_properties.author = ""
    word.core_properties.comments = ""
    _Writer(word, document).write(document.blocks)
    kept = io.BytesIO()
    word.save(kept)
    return kept.getvalue()


class _Writer:
    def __init__(self, word: Any, document: Document) -> None:
        self._word = word
        self._document = document
        self._numbering = Numbering(word)

    def write(self, blocks: Sequence[Block], style: str | None = None, depth: int = 0) -> None:
        for block in blocks:
            self._block(block, style, depth)

    def _block(self, block: Block, style: str | None, depth: int) -> None:
        match block:
            case Heading(level=level, inside=inside):
                self._inline(self._word.add_heading(level=min(level, 6)), inside)
            case Paragraph(inside=(Picture() as picture,)):
                self._picture(picture)
            case Paragraph(inside=inside):
                paragraph = self._word.add_paragraph(style=style)
                self._inline(paragraph, inside)
                if depth:
                    self._indent(paragraph, depth)
            case Code(text=text):
                self._code(text)
            case Quote(blocks=inner):
                self.write(inner, "Quote", depth)
            case Items(items=items, start=start):
                self._items(items, start, depth)
            case Table():
                self._table(block)
            case Rule():
                line_below(self._word.add_paragraph())

    def _items(self, items: Sequence[Sequence[Block]], start: int | None, depth: int) -> None:
        number = self._numbering.begin(start, depth)
        for item in items:
            first, *rest = item or (Paragraph(()),)
            if isinstance(first, Paragraph):
                paragraph = self._word.add_paragraph(style="List Paragraph")
                self._numbering.number(paragraph, number, depth)
                self._inline(paragraph, first.inside)
            else:
                rest = [first, *rest]
            self.write(rest, None, depth + 1)

    def _indent(self, paragraph: Any, depth: int) -> None:
        from docx.shared import Inches

        paragraph.paragraph_format.left_indent = Inches(0.3 * depth + 0.05)

    def _code(self, text: str) -> None:
        paragraph = self._word.add_paragraph(style="Code Block")
        shade(paragraph, "F4F6F9")
        for place, line in enumerate(text.split("\n")):
            if place:
                paragraph.add_run().add_break()
            paragraph.add_run(printable(line))

    def _table(self, table: Table) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH as to
        from docx.shared import Inches
        from docx.table import _Cell

        ways = {"left": to.LEFT, "center": to.CENTER, "right": to.RIGHT}
        width = max(len(table.head), 1)
        rows = [table.head, *table.rows]
        drawn = self._word.add_table(rows=len(rows), cols=width, style="Plain Lines")
        drawn.autofit = False
        widths = [Inches(_WIDTH * share) for share in shares(table)]
        text_style = self._word.styles["Table Text"]
        for place, column in enumerate(drawn._tbl.tblGrid.gridCol_lst):
            column.w = widths[place]
        # By its elements: asked for row by row, the library goes through the whole table each time.
        for number, (row, line) in enumerate(zip(rows, drawn._tbl.tr_lst, strict=True)):
            for place, element in enumerate(line.tc_lst):
                element.width = widths[place]
                paragraph = _Cell(element, drawn).paragraphs[0]
                paragraph.style = text_style
                paragraph.alignment = ways[table.aligns[place]]
                self._inline(paragraph, row[place] if place < len(row) else (), bold=number == 0)
                if number == 0:
                    shade(element, "EAF0F8")
        repeat_as_head(drawn.rows[0])
        # Word puts two tables into one where nothing stands between them.
        self._word.add_paragraph(style="Table Text")

    def _picture(self, picture: Picture) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        paragraph = self._word.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        shown = self._run_picture(paragraph, picture)
        if shown and picture.words:
            paragraph.paragraph_format.keep_with_next = True
            caption = self._word.add_paragraph(printable(picture.words), style="Caption")
            caption.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def _run_picture(self, paragraph: Any, picture: Picture) -> bool:
        from docx.shared import Inches

        found = self._document.pictures.get(picture.name)
        if found is None:
            paragraph.add_run(printable(f"[{picture.words or picture.name}]")).italic = True
            return False
        width, height = found.inches(_WIDTH, _HEIGHT)
        shape = paragraph.add_run().add_picture(io.BytesIO(found.content), Inches(width), Inches(height))
        shape._inline.docPr.set("descr", printable(picture.words or picture.name))
        return True

    def _inline(self, paragraph: Any, inside: Sequence[Inline], *, bold: bool = False) -> None:
        for one in inside:
            match one:
                case Break():
                    paragraph.add_run().add_break()
                case Picture():
                    self._run_picture(paragraph, one)
                case Span(text=text, link=link):
                    shown = printable(text)
                    run = link_run(paragraph, shown, link) if link else paragraph.add_run(shown)
                    run.bold = True if one.bold or bold else None
                    run.italic = True if one.italic else None
                    run.font.strike = True if one.struck else None
                    if one.code:
                        run.style = "Code Letters"
