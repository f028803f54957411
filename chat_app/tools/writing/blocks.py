"""Markdown as blocks and spans: what every writer of documents works from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one dress."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    struck: bool = False
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """A new line in a paragraph."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, by the name that the text gives it."""

    name: str
    words: str
    """What it shows, for those who do not see it."""


Inline = Span | Break | Picture


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    inside: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    inside: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Code:
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list; each item is blocks."""

    items: tuple[tuple[Block, ...], ...]
    start: int | None = None
    """The first number; None: a list of points."""


@dataclass(frozen=True, slots=True)
class Table:
    head: tuple[tuple[Inline, ...], ...]
    rows: tuple[tuple[tuple[Inline, ...], ...], ...]
    aligns: tuple[Align, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across, or the end of a slide."""


Block = Heading | Paragraph | Code | Quote | Items | Table | Rule


def markdown() -> MarkdownIt:
    """The Markdown that is read: CommonMark with tables and struck text; HTML is text."""
    return MarkdownIt("commonmark", {"html": False, "maxNesting": 40}).enable(["table", "strikethrough"])


def blocks_of(text: str) -> tuple[Block, ...]:
    """The blocks of a Markdown text."""
    return tuple(_Reader(markdown().parse(text)).blocks())


def plain(inside: Sequence[Inline]) -> str:
    """The letters alone."""
    return "".join(_letters(one) for one in inside)


def printable(text: str) -> str:
    """The text without the characters that XML does not take."""
    return "".join(one for one in text if one in "\t\n" or (one >= " " and one not in "\ufffe\uffff"))


LINE = 80
"""Letters that stand side by side across a page."""


def shares(table: Table) -> list[float]:
    """The parts of the width that columns get: by their letters, none too narrow to read."""
    rows = (table.head, *table.rows)
    columns = [[row[place] for row in rows if place < len(row)] for place in range(len(table.head))]
    letters = [max(6, min(45, max(len(plain(cell)) for cell in column))) for column in columns] or [1]
    least = [min(_longest_word(column) + 2, LINE // 3) / LINE for column in columns] or [0.0]
    if sum(least) >= 1:
        return [one / sum(least) for one in least]
    narrow: set[int] = set()
    while True:
        # What the narrow ones are given is taken from the others, by their letters.
        rest = 1 - sum(least[place] for place in narrow)
        wide = sum(one for place, one in enumerate(letters) if place not in narrow)
        found = [least[place] if place in narrow else one / wide * rest for place, one in enumerate(letters)]
        more = {place for place, share in enumerate(found) if share < least[place]} - narrow
        if not more:
            return found
        narrow |= more


def _longest_word(column: Sequence[Sequence[Inline]]) -> int:
    return max((len(word) for cell in column for word in plain(cell).split()), default=0)


def pictures_in(blocks: Sequence[Block]) -> Iterator[Picture]:
    """Every picture, wherever it stands."""
    for block in blocks:
        match block:
            case Heading(inside=inside) | Paragraph(inside=inside):
                yield from (one for one in inside if isinstance(one, Picture))
            case Quote(blocks=inner):
                yield from pictures_in(inner)
            case Items(items=items):
                for item in items:
                    yield from pictures_in(item)
            case Table(head=head, rows=rows):
                for cell in (*head, *(cell for row in rows for cell in row)):
                    yield from (one for one in cell if isinstance(one, Picture))
            case Code() | Rule():
                pass


def _letters(one: Inline) -> str:
    match one:
        case Span(text=text):
            return text
        case Picture(words=words):
            return words
        case Break():
            return " "


@dataclass
class _Reader:
    tokens: list[Token]
    place: int = 0

    def blocks(self, until: str | None = None) -> Iterator[Block]:
        while self.place < len(self.tokens):
            token = self.tokens[self.place]
            self.place += 1
            if token.type == until:
                return
            yield from self._block(token)

    def _block(self, token: Token) -> Iterator[Block]:
        match token.type:
            case "heading_open":
                yield Heading(int(token.tag[1]), self._inline("heading_close"))
            case "paragraph_open":
                yield Paragraph(self._inline("paragraph_close"))
            case "fence" | "code_block":
                yield Code(token.content.rstrip("\n"), token.info.strip().split(" ")[0])
            case "blockquote_open":
                yield Quote(tuple(self.blocks("blockquote_close")))
            case "bullet_list_open":
                yield Items(tuple(self._items("bullet_list_close")))
            case "ordered_list_open":
                yield Items(tuple(self._items("ordered_list_close")), int(token.attrGet("start") or 1))
            case "table_open":
                yield self._table()
            case "hr":
                yield Rule()

    def _items(self, until: str) -> Iterator[tuple[Block, ...]]:
        while self.place < len(self.tokens):
            token = self.tokens[self.place]
            self.place += 1
            if token.type == until:
                return
            if token.type == "list_item_open":
                yield tuple(self.blocks("list_item_close"))

    def _inline(self, until: str) -> tuple[Inline, ...]:
        found: tuple[Inline, ...] = ()
        while (token := self.tokens[self.place]).type != until:
            self.place += 1
            if token.type == "inline":
                found = tuple(_Inlines().read(token.children or []))
        self.place += 1
        return found

    def _table(self) -> Table:
        rows: list[list[tuple[Inline, ...]]] = []
        aligns: list[Align] = []
        while (token := self.tokens[self.place]).type != "table_close":
            self.place += 1
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                if token.type == "th_open":
                    aligns.append(_align(str(token.attrGet("style") or "")))
                rows[-1].append(self._inline(token.type.replace("open", "close")))
        self.place += 1
        head, *body = rows or [[]]
        return Table(tuple(head), tuple(map(tuple, body)), tuple(aligns))


@dataclass
class _Inlines:
    dress: Span = field(default_factory=lambda: Span(""))

    def read(self, tokens: Sequence[Token]) -> Iterator[Inline]:
        for token in tokens:
            match token.type:
                case "text":
                    if token.content:
                        yield replace(self.dress, text=token.content)
                case "code_inline":
                    yield replace(self.dress, text=token.content, code=True)
                case "softbreak":
                    yield replace(self.dress, text=" ")
                case "hardbreak":
                    yield Break()
                case "image":
                    yield Picture(str(token.attrGet("src") or ""), token.content)
                case "strong_open" | "strong_close":
                    self.dress = replace(self.dress, bold=token.type == "strong_open")
                case "em_open" | "em_close":
                    self.dress = replace(self.dress, italic=token.type == "em_open")
                case "s_open" | "s_close":
                    self.dress = replace(self.dress, struck=token.type == "s_open")
                case "link_open":
                    self.dress = replace(self.dress, link=_safe(str(token.attrGet("href") or "")))
                case "link_close":
                    self.dress = replace(self.dress, link=None)


def _safe(link: str) -> str | None:
    """Links of the web and of mail; no others belong into a document."""
    try:
        return link if urlsplit(link).scheme in ("http", "https", "mailto") else None
    except ValueError:
        return None


def _align(style: str) -> Align:
    return "right" if "right" in style else "center" if "center" in style else "left"
