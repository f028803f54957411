"""Markdown as PDF, set by Typst. All of the text goes in as string literals: none of it is ever run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from chat_app.tools.errors import ToolFailed
from chat_app.tools.fonts import font_folders
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
    shares,
)
from chat_app.tools.writing.document import Document

_CJK = ("cjk", "source han", "pingfang", "hiragino", "yu gothic", "yu mincho", "meiryo", "microsoft yahei", "simsun",
        "simhei", "ms gothic", "ms mincho", "malgun", "apple sd gothic", "wenquanyi", "droid sans fallback",
        "arial unicode", "nanum", "batang", "gulim", "ipa", "takao", "noto sans sc", "noto sans jp", "noto sans kr",
        "noto sans tc", "songti", "heiti", "stsong", "stheiti", "kaiti", "fangsong")  # fmt: skip
"""Parts of the names of fonts with Chinese, Japanese or Korean letters."""
_OWN = {
    "ja": ("jp", "japan", "hiragino", "yu ", "meiryo"),
    "ko": ("kr", "korean", "malgun", "apple sd", "nanum"),
    "zh": ("sc", "tc", "pingfang", "yahei", "song"),
}
"""Parts of the names of those that are made for one language."""
_WIDTHS = {"a4": 16.2, "letter": 16.8}
"""Centimetres between the margins."""
_TALLEST = 20.0
_DEEPEST = 8
"""What is nested deeper is set flat; the typesetter gives up at some depth."""

_STYLE = """
#set document(title: {title})
#set page(paper: {paper}, margin: (x: 2.4cm, top: 2.4cm, bottom: 2.6cm), numbering: "1 / 1")
#set text(size: 10.5pt, lang: {language}, fill: rgb("#1d2530"), font: {fonts})
#set par(justify: true, leading: 0.68em, spacing: 1.1em)
#show heading: set text(fill: rgb("#1f4e8c"), weight: "semibold")
#show heading: set block(above: 1.6em, below: 0.8em)
#show heading: set par(justify: false)
#show heading.where(level: 1): it => block(width: 100%, below: 1.1em, {{
  set text(size: 1.35em, fill: rgb("#1d2530"))
  it.body
  v(-0.45em)
  line(length: 100%, stroke: 1.2pt + rgb("#1f4e8c"))
}})
#show link: set text(fill: rgb("#1f4e8c"))
#show raw: set text(font: ("DejaVu Sans Mono", ..{fonts}), size: 0.92em)
#show raw.where(block: true): it => block(width: 100%, fill: rgb("#f4f6f9"), stroke: 0.6pt + rgb("#d9dfe7"),
  inset: 9pt, radius: 4pt, breakable: true, align(left, it))
#set table(inset: 6.5pt,
  stroke: (x, y) => (bottom: 0.6pt + rgb("#cfd6df"), top: if y == 0 {{ 0.9pt + rgb("#8a97a8") }}),
  fill: (x, y) => if y == 0 {{ rgb("#eaf0f8") }} else if calc.even(y) {{ rgb("#f8fafc") }})
#show table.cell.where(y: 0): set text(weight: "semibold")
#show table: set text(size: 0.95em)
#show table: set par(justify: false)
#show figure: set block(breakable: true, above: 1.4em, below: 1.4em)
#show figure.caption: set text(size: 0.9em, fill: rgb("#5b6675"))
#set list(indent: 0.6em, body-indent: 0.6em, marker: ([•], [–], [•]))
#set enum(indent: 0.6em, body-indent: 0.6em)
#show quote.where(block: true): it => block(inset: (left: 12pt, y: 3pt), stroke: (left: 2.4pt + rgb("#cfd6df")),
  text(fill: rgb("#5b6675"), it.body))
"""


def write_paper(document: Document) -> bytes:
    """The PDF; raises ToolFailed where no font has the letters."""
    import typst

    _make_sure_of_letters(document)
    with tempfile.TemporaryDirectory(prefix="workflow-chat-") as home:
        folder = Path(home)
        source = _source(document, folder)
        (folder / "main.typ").write_text(source, encoding="utf-8")
        try:
            # Packages would be fetched; from an empty folder none can be named, and nothing of ours names one.
            return bytes(
                typst.compile(
                    str(folder / "main.typ"),
                    root=str(folder),
                    font_paths=font_folders(),
                    package_path=str(folder),
                    package_cache_path=str(folder),
                )
            )
        except typst.TypstError as error:
            raise ToolFailed(f"The PDF can't be set: {error.message}.", help="Simplify the text.") from error
        except BaseException as error:
            # A fault inside the library is none of Python's usual exceptions, and must not end the run unheard.
            if type(error).__name__ != "PanicException":
                raise
            raise ToolFailed("The PDF can't be set: the typesetter broke.", help="Simplify the text.") from None


def _make_sure_of_letters(document: Document) -> None:
    if document.language is not None and not _cjk_families():
        raise ToolFailed(
            "No font here has Chinese, Japanese or Korean letters, so a PDF would show boxes.",
            help="Install one (Debian: fonts-noto-cjk; or pip install cvttf-notosanscjk-regular), "
            "or write .docx or .html.",
        )


def _cjk_families() -> tuple[str, ...]:
    return tuple(name for name in _families() if any(part in name.lower() for part in _CJK))


@cache
def _families() -> tuple[str, ...]:
    import typst

    return tuple(sorted(typst.Fonts(font_paths=font_folders()).families()))


def _source(document: Document, folder: Path) -> str:
    language = document.language
    fonts = ["Libertinus Serif", *_preferred(language)]
    head = _STYLE.format(
        title=_literal(document.title),
        paper=_literal("us-letter" if document.paper == "letter" else "a4"),
        language=_literal(language or "en"),
        fonts="(" + "".join(f"{_literal(font)}, " for font in fonts) + ")",
    )
    return head + "\n".join(_Setter(document, folder).set(document.blocks))


def _preferred(language: str | None) -> list[str]:
    """The fonts of a language first: one han letter looks different in each."""
    families = _cjk_families() if language else ()
    own = _OWN.get(language or "", ())
    return sorted(families, key=lambda name: not any(mark in name.lower() for mark in own))[:3]


class _Setter:
    """Writes blocks in Typst's language."""

    def __init__(self, document: Document, folder: Path) -> None:
        self._document = document
        self._folder = folder
        self._pictures = 0
        self._depth = 0

    def set(self, blocks: Sequence[Block]) -> Iterator[str]:
        for block in blocks:
            yield self._block(block)

    def _block(self, block: Block) -> str:
        match block:
            case Heading(level=level, inside=inside):
                return f"#heading(level: {level})[{self._inline(inside)}]"
            case Paragraph(inside=(Picture() as picture,)):
                return self._figure(picture)
            case Paragraph(inside=inside):
                return f"#par[{self._inline(inside)}]"
            case Code(text=text, language=language):
                return f"#raw(block: true, lang: {_literal(language) if language else 'none'}, {_literal(text)})"
            case Quote(blocks=inner):
                text = self._inner(inner)
                return f"#quote(block: true)[\n{text}\n]" if self._depth < _DEEPEST else text
            case Items(items=items, start=start) if self._depth >= _DEEPEST:
                return "\n".join(self._inner(item) for item in items)
            case Items(items=items, start=start):
                parts = ", ".join(f"[\n{self._inner(item)}\n]" for item in items)
                return f"#list({parts})" if start is None else f"#enum(start: {start}, {parts})"
            case Table():
                return self._table(block)
            case Rule():
                return '#line(length: 100%, stroke: 0.6pt + rgb("#cfd6df"))'

    def _inner(self, blocks: Sequence[Block]) -> str:
        self._depth += 1
        try:
            return self._within(blocks)
        finally:
            self._depth -= 1

    def _within(self, blocks: Sequence[Block]) -> str:
        # A lone paragraph in an item or a quote stands close.
        if len(blocks) == 1 and isinstance(blocks[0], Paragraph):
            return self._inline(blocks[0].inside)
        first = [self._inline(blocks[0].inside)] if blocks and isinstance(blocks[0], Paragraph) else []
        return "\n".join([*first, *self.set(blocks[len(first) :])])

    def _table(self, table: Table) -> str:
        width = len(table.head)
        aligns = ", ".join(table.aligns) + ","
        head = ", ".join(f"[{self._inline(cell)}]" for cell in table.head)
        full = [(*row, *((),) * (width - len(row)))[:width] for row in table.rows]
        rows = [f"[{self._inline(cell)}]" for row in full for cell in row]
        columns = ", ".join(f"{share:.3f}fr" for share in shares(table)) + ","
        body = "".join(f", {cell}" for cell in rows)
        return (
            f"#figure(kind: table, supplement: none, table(columns: ({columns}), align: ({aligns}), "
            f"table.header({head}){body}))"
        )

    def _figure(self, picture: Picture) -> str:
        image = self._image(picture)
        if image is None:
            return f"#par[#emph[#{_literal(f'[{picture.words or picture.name}]')}]]"
        caption = f", caption: [#{_literal(picture.words)}]" if picture.words else ""
        return f"#figure({image}{caption}, numbering: none)"

    def _image(self, picture: Picture) -> str | None:
        found = self._document.pictures.get(picture.name)
        if found is None:
            return None
        self._pictures += 1
        name = f"{self._pictures}.{found.suffix}"
        (self._folder / name).write_bytes(found.content)
        width, height = found.inches(_WIDTHS[self._document.paper] / 2.54, _TALLEST / 2.54)
        alt = _literal(picture.words)
        return f"image({_literal(name)}, width: {width:.3f}in, height: {height:.3f}in, alt: {alt})"

    def _inline(self, inside: Sequence[Inline]) -> str:
        return "".join(self._piece(one) for one in inside)

    def _piece(self, one: Inline) -> str:
        match one:
            case Break():
                return "#linebreak()"
            case Picture():
                image = self._image(one)
                return f"#emph[#{_literal(f'[{one.words or one.name}]')}]" if image is None else f"#box({image})"
            case Span():
                return f"#{_span(one)};"


def _span(span: Span) -> str:
    text = f"raw({_literal(span.text)})" if span.code else _literal(span.text)
    for name, worn in (("strong", span.bold), ("emph", span.italic), ("strike", span.struck)):
        text = f"{name}[#{text};]" if worn else text
    return f"link({_literal(span.link)})[#{text};]" if span.link else text


def _literal(text: str) -> str:
    """A string literal: what stands in it can end it in no way."""
    shown = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "").replace("\t", "\\t")
    return f'"{shown}"'
