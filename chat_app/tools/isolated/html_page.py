"""HTML as readable Markdown: what a page says, without its menus, scripts and forms; started by `start.py`.

The parser of the standard library can be slow on what was written to be slow, and give up on what was written
to break it: so this runs in a process of its own.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_SKIPPED = _tags(
    "script style noscript template svg canvas iframe object form button select textarea nav footer aside dialog"
)
_EMPTY = _tags("area base br col embed hr img input link meta source track wbr")
_BLOCKS = _tags(
    "address article blockquote dd details div dl dt fieldset figcaption figure header h1 h2 h3 h4 h5 h6 hr li main "
    "ol p pre section summary table tbody tfoot thead tr ul"
)
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`", "kbd": "`", "del": "~~", "s": "~~"}
_MAIN = ("main", "article")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
MOST_DEPTH = 200

_CELLS = frozenset({"td", "th"})
_CLOSES = {
    "li": (frozenset({"li"}), frozenset({"ul", "ol"})),
    "td": (_CELLS, frozenset({"table"})),
    "th": (_CELLS, frozenset({"table"})),
    "tr": (_CELLS | {"tr"}, frozenset({"table"})),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl"})),
}
"""What a tag closes that was left open, and where looking for it ends."""
_CLOSES_P = (frozenset({"p"}), _CELLS | {"li", "blockquote", "div", "section", "article", "main", "dd", "body"})


def read_page(text: str, base: str = "") -> tuple[str, str]:
    """The title and the readable part: of `main` or `article` where the page has one, else of its body."""
    title = ""
    for inside in (*_MAIN, None):
        if inside is None or f"<{inside}" in text.lower():
            reader = _Reader(base, inside)
            try:
                reader.feed(text)
                reader.close()
            except AssertionError:
                # The parser gives up on some malformed declarations; what came before is kept.
                reader.end()
            title = " ".join(reader.title.split()) or title
            markdown = _tidy("".join(reader.out))
            # A page may have an article that is only a card among others: then the whole body says more.
            if inside is None or len(markdown) > 200:
                return title, markdown
    return title, ""


@dataclass
class _List:
    ordered: bool
    number: int = 0


@dataclass
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    cell: list[str] | None = None


class _Reader(HTMLParser):
    """Writes Markdown while it reads; knows how deep in what it is."""

    def __init__(self, base: str, only_inside: str | None) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.only_inside = only_inside
        self.out: list[str] = []
        self.title = ""
        self._open: list[str] = []
        self._skipping: list[str] = []
        self._inside = 0
        self._in_title = False
        self._pre = 0
        self._lists: list[_List] = []
        self._links: list[str] = []
        self._tables: list[_Table] = []
        self._quotes: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "title" and not self.title:
            self._in_title = True
        if self._skipping or tag in _SKIPPED or _is_hidden(given):
            if tag not in _EMPTY and len(self._skipping) < MOST_DEPTH:
                self._skipping.append(tag)
            return
        if tag == self.only_inside:
            self._inside += 1
        self._close_left_open(tag)
        if tag in _EMPTY:
            self._empty(tag, given)
        elif len(self._open) < MOST_DEPTH:
            self._open.append(tag)
            self._begin(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        if self._skipping:
            if tag in self._skipping:
                while self._skipping.pop() != tag:
                    pass
            return
        if tag == self.only_inside and self._inside:
            self._inside -= 1
        if tag in self._open:
            self._pop_to(len(self._open) - 1 - self._open[::-1].index(tag))

    def _pop_to(self, depth: int) -> None:
        while len(self._open) > depth:
            self._end(self._open.pop())

    def _close_left_open(self, tag: str) -> None:
        closed, border = _CLOSES.get(tag) or (_CLOSES_P if tag in _BLOCKS else (frozenset(), frozenset()))
        found = None
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth] in border:
                break
            if self._open[depth] in closed:
                found = depth
        if found is not None:
            self._pop_to(found)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._skipping and "head" not in self._open:
            self._write(data if self._pre else re.sub(r"\s+", " ", data))

    def close(self) -> None:
        super().close()
        self.end()

    def end(self) -> None:
        """Closes what is still open."""
        self._pop_to(0)

    def _write(self, text: str) -> None:
        if self.only_inside is not None and not self._inside and not (text.startswith("\n") and self.out):
            return
        if self._tables and self._tables[-1].cell is not None:
            self._tables[-1].cell.append(text.replace("\n", " "))
        elif not self._tables or self._open[-1:] == ["caption"]:
            self.out.append(text)

    def _empty(self, tag: str, given: dict[str, str | None]) -> None:
        if tag == "br":
            self._write("\n" if self._pre else "  \n")
        elif tag == "hr":
            self._write("\n\n---\n\n")
        elif tag == "img" and (given.get("alt") or "").strip():
            self._write(f"![{_line(given['alt'] or '')}]({self._link(given.get('src')) or ''})")

    def _begin(self, tag: str, given: dict[str, str | None]) -> None:
        if re.fullmatch(r"h[1-6]", tag):
            self._write("\n\n" + "#" * int(tag[1]) + " ")
        elif tag in {"ul", "ol"}:
            self._lists.append(_List(tag == "ol"))
            self._write("" if len(self._lists) > 1 else "\n\n")
        elif tag == "li":
            self._write("\n" + self._bullet())
        elif tag == "blockquote":
            self._quotes.append(len(self.out))
        elif tag == "pre":
            self._pre += 1
            self._write("\n\n```\n")
        elif tag == "a":
            self._links.append(self._link(given.get("href")) or "")
            self._write("[")
        elif tag == "table":
            self._tables.append(_Table())
        elif tag == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif tag in {"td", "th"} and self._tables:
            self._tables[-1].cell = []
        elif tag in _MARKS and not self._pre:
            self._write(_MARKS[tag])
        elif tag in _BLOCKS and not (self._lists and tag in {"p", "div"}):
            self._write("\n\n")

    def _end(self, tag: str) -> None:
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
            self._write("" if self._lists else "\n\n")
        elif tag == "pre":
            self._pre = max(self._pre - 1, 0)
            self._write("\n```\n\n")
        elif tag == "blockquote" and self._quotes:
            start = self._quotes.pop()
            quoted = _tidy("".join(self.out[start:]))
            self.out[start:] = ["\n\n" + re.sub("(?m)^", "> ", quoted) + "\n\n"] if quoted else []
        elif tag == "a" and self._links:
            self._write(f"]({self._links.pop()})")
        elif tag in {"td", "th"} and self._tables and self._tables[-1].cell is not None:
            table = self._tables[-1]
            cell = _line("".join(table.cell or ())).replace("|", "\\|")
            table.cell = None
            if table.rows:
                table.rows[-1].append(cell)
        elif tag == "table" and self._tables:
            self._write_table(self._tables.pop())
        elif tag in _MARKS and not self._pre:
            self._write(_MARKS[tag])
        elif tag in _BLOCKS and tag != "li" and not (self._lists and tag in {"p", "div"}):
            self._write("\n\n")

    def _bullet(self) -> str:
        if not self._lists:
            return "- "
        here = self._lists[-1]
        here.number += 1
        # What stands under a number needs three blanks to belong to it.
        outer = "".join("   " if one.ordered else "  " for one in self._lists[:-1])
        return outer + (f"{here.number}. " if here.ordered else "- ")

    def _write_table(self, table: _Table) -> None:
        rows = [row for row in table.rows if any(row)]
        width = max((len(row) for row in rows), default=0)
        if width < 2:
            self._write("\n\n" + "\n\n".join(cell for row in rows for cell in row) + "\n\n")
            return
        padded = [row + [""] * (width - len(row)) for row in rows]
        lines = ["| " + " | ".join(row) + " |" for row in padded]
        lines.insert(1, "|" + " --- |" * width)
        self._write("\n\n" + "\n".join(lines) + "\n\n")

    def _link(self, target: str | None) -> str | None:
        """An absolute link of the web; others (`javascript:`) say nothing to a reader."""
        try:
            link = urljoin(self.base, (target or "").strip())
            return link if urlsplit(link).scheme in {"http", "https", "mailto"} else None
        except ValueError:
            return None


def _is_hidden(given: dict[str, str | None]) -> bool:
    return "hidden" in given or given.get("aria-hidden") == "true" or bool(_HIDDEN.search(given.get("style") or ""))


def _line(text: str) -> str:
    return " ".join(text.split())


def _tidy(text: str) -> str:
    """Without empty links, blanks around lines and more than one empty line; code stays as it is."""
    pieces = re.split(r"(\n```\n.*?\n```\n)", text, flags=re.DOTALL)
    return "".join(piece if place % 2 else _tidy_prose(piece) for place, piece in enumerate(pieces)).strip()


def _tidy_prose(text: str) -> str:
    text = re.sub(r"(?<!!)\[\s*\]\([^()\s]*\)", "", text)
    text = re.sub(r"(?<!!)\[([^\[\]]*)\]\(\)", r"\1", text)
    lines = [re.sub(r"\A +(?![ \-0-9])", "", line) for line in text.split("\n")]
    text = "\n".join(line.rstrip() + ("  " if line.endswith("  ") and line.strip() else "") for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text)


def main() -> None:
    """Reads the job, answers it."""
    job = json.load(sys.stdin)
    title, markdown = read_page(job["html"], job["base"])
    json.dump({"title": title, "markdown": markdown}, sys.stdout)


if __name__ == "__main__":
    main()
