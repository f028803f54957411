"""Markdown as a PowerPoint presentation, in real placeholders: its outline and its themes go on working."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    plain,
    printable,
    shares,
)
from chat_app.tools.writing.document import Document
from chat_app.tools.writing.slide_plan import Slide, is_picture, planned

_WIDTH, _HEIGHT = 13.333, 7.5
_MARGIN = 0.75
_TOP = 1.55
_BOTTOM = 6.9
_INK, _SOFT, _ACCENT, _TINT, _LINE = "1D2530", "5B6675", "1F4E8C", "EAF0F8", "CFD6DF"
_OPENING, _TITLED, _TITLE_ONLY = 0, 1, 5
"""Layouts of the template."""


def write_slides(document: Document) -> bytes:
    """The PPTX."""
    import pptx
    from pptx.util import Inches

    show = pptx.Presentation()
    show.slide_width, show.slide_height = Inches(_WIDTH), Inches(_HEIGHT)
    show.core_properties.title = document.title
    show.core_properties.author = ""
    for number, slide in enumerate(planned(document.blocks, document.title), start=1):
        _Drawn(show, document).draw(slide, number)
    kept = io.BytesIO()
    show.save(kept)
    return kept.getvalue()


@dataclass(frozen=True)
class _Line:
    """A paragraph of a slide's text."""

    inside: tuple[Inline, ...]
    level: int = 0
    mark: str | None = None
    """What stands before it; None: a plain paragraph."""
    quoted: bool = False
    heading: bool = False


class _Drawn:
    def __init__(self, show: Any, document: Document) -> None:
        self._show = show
        self._document = document

    def draw(self, plan: Slide, number: int) -> None:
        lines = list(_lines(plan.blocks))
        large = [block for block in plan.blocks if isinstance(block, Table | Code) or is_picture(block)]
        layout = _OPENING if plan.opening else _TITLED if lines else _TITLE_ONLY
        slide = self._show.slides.add_slide(self._show.slide_layouts[layout])
        if plan.opening:
            self._opening(slide, plan, lines)
        else:
            self._title(slide, plan.title)
            top = self._text(slide, lines, large=bool(large)) if lines else _TOP
            for block in large:
                self._large(slide, block, top)
            self._number(slide, number)
        if plan.notes:
            slide.notes_slide.notes_text_frame.text = printable("\n\n".join(plan.notes))

    def _opening(self, slide: Any, plan: Slide, lines: Sequence[_Line]) -> None:
        _bar(slide, 0, 0, 0.28, _HEIGHT)
        title, below = slide.placeholders[0], slide.placeholders[1]
        _place(title, 1.1, 2.2, 11.2, 1.7)
        _place(below, 1.1, 4.1, 11.2, 1.6)
        title.text_frame.word_wrap = True
        self._fill(title.text_frame, [_Line((Span(plan.title),))], 40, _INK, bold=True)
        if lines:
            self._fill(below.text_frame, lines, 20, _SOFT)
        else:
            below._element.getparent().remove(below._element)

    def _title(self, slide: Any, title: str) -> None:
        holder = slide.shapes.title
        _place(holder, _MARGIN, 0.45, _WIDTH - 2 * _MARGIN, 0.85)
        holder.text_frame.word_wrap = True
        self._fill(holder.text_frame, [_Line((Span(title),))], 28 if len(title) < 60 else 22, _INK, bold=True)
        _bar(slide, _MARGIN + 0.1, 1.3, 1.1, 0.05)

    def _text(self, slide: Any, lines: Sequence[_Line], *, large: bool) -> float:
        """Writes the text; returns where the room under it begins."""
        holder = slide.placeholders[1]
        letters = sum(max(1, -(-len(plain(line.inside)) // 78)) for line in lines)
        height = min(_BOTTOM - _TOP, 0.46 * letters + 0.25) if large else _BOTTOM - _TOP
        _place(holder, _MARGIN, _TOP, _WIDTH - 2 * _MARGIN, height)
        holder.text_frame.word_wrap = True
        self._fill(holder.text_frame, lines, 20 if letters < 9 and not large else 18, _INK)
        return _TOP + height + 0.1

    def _fill(self, frame: Any, lines: Sequence[_Line], size: int, colour: str, *, bold: bool = False) -> None:
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Pt

        for number, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.LEFT
            paragraph.space_after = Pt(6)
            _mark(paragraph, line)
            for one in line.inside:
                shown = _SOFT if line.quoted else colour
                _write(paragraph, one, size - 2 * line.level, shown, bold=bold or line.heading)

    def _large(self, slide: Any, block: Block, top: float) -> None:
        match block:
            case Table():
                self._table(slide, block, top)
            case Code(text=text):
                self._code(slide, text, top)
            case Paragraph(inside=(Picture() as picture,)):
                self._picture(slide, picture, top)

    def _table(self, slide: Any, table: Table, top: float) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Inches

        rows = [table.head, *table.rows]
        width = max(len(table.head), 1)
        space = _WIDTH - 2 * _MARGIN
        frame = slide.shapes.add_table(
            len(rows), width, Inches(_MARGIN), Inches(top), Inches(space), Inches(0.42 * len(rows))
        )
        drawn = frame.table
        for place, share in enumerate(shares(table)):
            drawn.columns[place].width = Inches(space * share)
        ways = {"left": PP_ALIGN.LEFT, "center": PP_ALIGN.CENTER, "right": PP_ALIGN.RIGHT}
        for number, row in enumerate(rows):
            for place in range(width):
                cell = drawn.cell(number, place)
                cell.fill.solid()
                cell.fill.fore_color.rgb = RGBColor.from_string(
                    _ACCENT if number == 0 else "FFFFFF" if number % 2 else "F4F6F9"
                )
                paragraph = cell.text_frame.paragraphs[0]
                paragraph.alignment = ways[table.aligns[place]] if place < len(table.aligns) else PP_ALIGN.LEFT
                for one in row[place] if place < len(row) else ():
                    _write(paragraph, one, 14, "FFFFFF" if number == 0 else _INK, bold=number == 0)

    def _code(self, slide: Any, text: str, top: float) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.shapes import MSO_SHAPE
        from pptx.enum.text import MSO_ANCHOR
        from pptx.util import Inches

        lines = text.split("\n")
        size = 14 if len(lines) <= 12 and max(map(len, lines)) < 90 else 11
        height = min(_BOTTOM - top, 0.4 + len(lines) * size * 1.25 / 72)
        box = slide.shapes.add_shape(
            MSO_SHAPE.RECTANGLE, Inches(_MARGIN), Inches(top), Inches(_WIDTH - 2 * _MARGIN), Inches(height)
        )
        box.shadow.inherit = False
        box.fill.solid()
        box.fill.fore_color.rgb = RGBColor.from_string("F4F6F9")
        box.line.color.rgb = RGBColor.from_string(_LINE)
        frame = box.text_frame
        frame.word_wrap = True
        frame.vertical_anchor = MSO_ANCHOR.TOP
        shown = [_Line((Span(line or " ", code=True),)) for line in lines]
        self._fill(frame, shown, size, _INK)
        for paragraph in frame.paragraphs:
            paragraph.space_after = 0

    def _picture(self, slide: Any, picture: Picture, top: float) -> None:
        from pptx.util import Inches

        found = self._document.pictures.get(picture.name)
        if found is None:
            return
        room = _BOTTOM - top - (0.4 if picture.words else 0)
        width, height = found.inches(_WIDTH - 2 * _MARGIN, room)
        # A slide is read from afar: small pictures grow, though not without end.
        factor = min((_WIDTH - 2 * _MARGIN) / width, room / height, 2.0)
        width, height = width * factor, height * factor
        shape = slide.shapes.add_picture(
            io.BytesIO(found.content), Inches((_WIDTH - width) / 2), Inches(top), Inches(width), Inches(height)
        )
        shape._element._nvXxPr.cNvPr.set("descr", printable(picture.words or picture.name))
        if picture.words:
            below = Inches(top + height + 0.05)
            box = slide.shapes.add_textbox(Inches(_MARGIN), below, Inches(_WIDTH - 2 * _MARGIN), Inches(0.3))
            self._fill(box.text_frame, [_Line((Span(picture.words),))], 12, _SOFT)

    def _number(self, slide: Any, number: int) -> None:
        from pptx.util import Inches

        box = slide.shapes.add_textbox(Inches(_WIDTH - 1.4), Inches(7.0), Inches(0.8), Inches(0.3))
        self._fill(box.text_frame, [_Line((Span(str(number)),))], 10, _SOFT)


def _lines(blocks: Sequence[Block], level: int = 0, *, quoted: bool = False) -> Iterator[_Line]:
    for block in blocks:
        match block:
            case Heading(inside=inside):
                yield _Line(inside, heading=True)
            case Paragraph(inside=inside) if not is_picture(block):
                yield _Line(inside, level, None, quoted)
            case Items(items=items, start=start):
                for number, item in enumerate(items):
                    # Each says its own number: programs differ in what they take for one list.
                    mark = "•" if start is None else f"{start + number}."
                    first, *rest = item or (Paragraph(()),)
                    yield _Line(first.inside if isinstance(first, Paragraph) else (), level, mark, quoted)
                    yield from _lines(rest if isinstance(first, Paragraph) else item, level + 1, quoted=quoted)
            case Quote(blocks=inner):
                yield from _lines(inner, level, quoted=True)
            case Paragraph() | Table() | Code() | Rule():
                pass


def _mark(paragraph: Any, line: _Line) -> None:
    """Points and numbers of PowerPoint's own, so that the text can be worked on."""
    from pptx.oxml.ns import qn

    properties = paragraph._p.get_or_add_pPr()
    step = 342_900
    if line.mark is None:
        properties.set("marL", str(step * line.level))
        properties.set("indent", "0")
        properties.append(properties.makeelement(qn("a:buNone"), {}))
        return
    properties.set("marL", str(step * (line.level + 1)))
    properties.set("indent", str(-step))
    if line.mark == "•":
        properties.append(properties.makeelement(qn("a:buChar"), {"char": "•" if line.level % 2 == 0 else "–"}))
    else:
        first = {"type": "arabicPeriod", "startAt": line.mark.removesuffix(".")}
        properties.append(properties.makeelement(qn("a:buAutoNum"), first))


def _write(paragraph: Any, one: Inline, size: int, colour: str, *, bold: bool = False) -> None:
    from pptx.dml.color import RGBColor
    from pptx.util import Pt

    if isinstance(one, Break):
        paragraph.add_line_break()
        return
    span = Span(f"[{one.words or one.name}]", italic=True) if isinstance(one, Picture) else one
    run = paragraph.add_run()
    run.text = printable(span.text).replace("\n", " ")
    run.font.size = Pt(size)
    run.font.bold = bold or span.bold
    run.font.italic = span.italic or None
    run.font.color.rgb = RGBColor.from_string(colour)
    if span.code:
        run.font.name = "Consolas"
    if span.struck:
        run._r.get_or_add_rPr().set("strike", "sngStrike")
    if span.link:
        run.hyperlink.address = span.link


def _place(shape: Any, left: float, top: float, width: float, height: float) -> None:
    from pptx.util import Inches

    shape.left, shape.top, shape.width, shape.height = (Inches(one) for one in (left, top, width, height))


def _bar(slide: Any, left: float, top: float, width: float, height: float) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.shapes import MSO_SHAPE
    from pptx.util import Inches

    bar = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(left), Inches(top), Inches(width), Inches(height))
    bar.fill.solid()
    bar.fill.fore_color.rgb = RGBColor.from_string(_ACCENT)
    bar.line.fill.background()
    bar.shadow.inherit = False
