"""What Word documents need that python-docx has no words for: numbering, links, shades, fields."""

from __future__ import annotations

from typing import Any

_ACCENT = "1F4E8C"
_EAST = {"ja": "Yu Gothic", "ko": "Malgun Gothic", "zh": "Microsoft YaHei"}
_LANGUAGES = {"ja": "ja-JP", "ko": "ko-KR", "zh": "zh-CN"}
_SIZES = {1: 20, 2: 15, 3: 12.5, 4: 11, 5: 11, 6: 11}
_BULLETS = ("•", "–", "▪")


def _element(tag: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


def prepare_styles(word: Any, language: str | None) -> None:
    """The look of the document, as styles: who works on it changes each in one place."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt, RGBColor

    normal = word.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    normal.paragraph_format.space_after = Pt(7)
    normal.paragraph_format.line_spacing = 1.12
    _set_east(normal, language)
    for level, size in _SIZES.items():
        style = word.styles[f"Heading {level}"]
        style.font.name, style.font.size, style.font.bold = "Calibri", Pt(size), True
        style.font.italic = False
        style.font.color.rgb = RGBColor.from_string("1D2530" if level == 1 else _ACCENT)
        style.paragraph_format.space_before = Pt(0 if level == 1 else 16 - level)
        style.paragraph_format.space_after = Pt(10 if level == 1 else 5)
        _set_east(style, language)
    block = word.styles.add_style("Code Block", WD_STYLE_TYPE.PARAGRAPH)
    block.base_style = normal
    block.font.name, block.font.size = "Consolas", Pt(9.5)
    block.paragraph_format.line_spacing = 1.0
    letters = word.styles.add_style("Code Letters", WD_STYLE_TYPE.CHARACTER)
    letters.font.name, letters.font.size = "Consolas", Pt(10)
    cell = word.styles.add_style("Table Text", WD_STYLE_TYPE.PARAGRAPH)
    cell.base_style = normal
    cell.font.size = Pt(10)
    cell.paragraph_format.space_before = cell.paragraph_format.space_after = Pt(2.5)
    cell.paragraph_format.line_spacing = 1.0
    caption = word.styles["Caption"]
    caption.font.bold, caption.font.size = False, Pt(9.5)
    caption.font.color.rgb = RGBColor.from_string("5B6675")
    quote = word.styles["Quote"]
    quote.font.color.rgb = RGBColor.from_string("5B6675")
    _bar_left(quote)
    _table_style(word)


def _set_east(style: Any, language: str | None) -> None:
    from docx.oxml.ns import qn

    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), _EAST.get(language or "", "Microsoft YaHei"))
    if language is not None:
        properties.append(_element("lang", eastAsia=_LANGUAGES[language]))


def _bar_left(style: Any) -> None:
    borders = _element("pBdr")
    borders.append(_element("left", val="single", sz="18", space="10", color="CFD6DF"))
    style.element.get_or_add_pPr().append(borders)
    style.paragraph_format.left_indent = 200_000


def _table_style(word: Any) -> None:
    """Thin lines between rows and none between columns."""
    from docx.enum.style import WD_STYLE_TYPE

    style = word.styles.add_style("Plain Lines", WD_STYLE_TYPE.TABLE)
    properties = _element("tblPr")
    borders = _element("tblBorders")
    for side, size, colour in (("top", "8", "8A97A8"), ("bottom", "6", "CFD6DF"), ("insideH", "4", "CFD6DF")):
        borders.append(_element(side, val="single", sz=size, space="0", color=colour))
    properties.append(borders)
    style.element.append(properties)


def shade(thing: Any, colour: str) -> None:
    """Gives a paragraph, or the element of a cell, a colour behind its letters."""
    target = thing._p.get_or_add_pPr() if hasattr(thing, "_p") else thing.get_or_add_tcPr()
    target.append(_element("shd", val="clear", color="auto", fill=colour))


def repeat_as_head(row: Any) -> None:
    """The row stands again on each page."""
    row._tr.get_or_add_trPr().append(_element("tblHeader", val="true"))


def line_below(paragraph: Any) -> None:
    """A line across the page."""
    borders = _element("pBdr")
    borders.append(_element("bottom", val="single", sz="6", space="1", color="CFD6DF"))
    paragraph._p.get_or_add_pPr().append(borders)


def add_page_number(section: Any) -> None:
    """The number of the page in its foot."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = _element("fldSimple", instr="PAGE")
    run = _element("r")
    run.append(_element("t"))
    field.append(run)
    paragraph._p.append(field)


def link_run(paragraph: Any, text: str, link: str) -> Any:
    """A run that leads somewhere."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import qn
    from docx.shared import RGBColor
    from docx.text.run import Run

    hyperlink = _element("hyperlink")
    hyperlink.set(qn("r:id"), paragraph.part.relate_to(link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    made = _element("r")
    hyperlink.append(made)
    paragraph._p.append(hyperlink)
    run = Run(made, paragraph)
    run.text = text
    run.font.color.rgb = RGBColor.from_string(_ACCENT)
    run.font.underline = True
    return run


class Numbering:
    """Lists of points and of numbers; each list of numbers begins anew."""

    def __init__(self, word: Any) -> None:
        self._root = word.part.numbering_part.element
        self._next = 1 + max((int(one.numId) for one in self._root.num_lst), default=0)
        self._points = self._pattern(9001, numbers=False)
        self._numbers = self._pattern(9002, numbers=True)

    def _pattern(self, number: int, *, numbers: bool) -> str:
        pattern = _element("abstractNum", abstractNumId=str(number))
        pattern.append(_element("multiLevelType", val="hybridMultilevel"))
        for level in range(9):
            one = _element("lvl", ilvl=str(level))
            one.append(_element("start", val="1"))
            one.append(_element("numFmt", val="decimal" if numbers else "bullet"))
            one.append(_element("lvlText", val=f"%{level + 1}." if numbers else _BULLETS[level % len(_BULLETS)]))
            one.append(_element("lvlJc", val="left"))
            place = _element("pPr")
            place.append(_element("ind", left=str(432 * (level + 1)), hanging="302"))
            one.append(place)
            pattern.append(one)
        # Patterns stand before the lists that use them.
        first = self._root.num_lst[0] if self._root.num_lst else None
        if first is None:
            self._root.append(pattern)
        else:
            first.addprevious(pattern)
        return str(number)

    def begin(self, start: int | None, depth: int) -> int:
        """A new list; its number."""
        number, self._next = self._next, self._next + 1
        used = _element("num", numId=str(number))
        used.append(_element("abstractNumId", val=self._points if start is None else self._numbers))
        if start is not None:
            override = _element("lvlOverride", ilvl=str(min(depth, 8)))
            override.append(_element("startOverride", val=str(start)))
            used.append(override)
        self._root.append(used)
        return number

    def number(self, paragraph: Any, number: int, depth: int) -> None:
        """Makes a paragraph an item of a list."""
        properties = _element("numPr")
        properties.append(_element("ilvl", val=str(min(depth, 8))))
        properties.append(_element("numId", val=str(number)))
        paragraph._p.get_or_add_pPr().append(properties)
        paragraph.paragraph_format.space_after = 38_100
