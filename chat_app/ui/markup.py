"""Text of models, people and YAML files made safe for the page: everything is escaped, nothing is fetched."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from markdown_it import MarkdownIt

LONGEST_SHOWN = 200_000
"""Characters of one text that are drawn; a browser chokes on more, the download holds all."""

_TICKED = re.compile(r"`([^`\n]+)`")
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)

# Raw HTML stays text, and images become links: an image's address is a request to a stranger.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")


def attribute(value: Any) -> str:
    """A value as the inside of a double-quoted HTML attribute."""
    return escape(str(value), quote=True)


def markdown(text: str) -> str:
    """Markdown as safe HTML; links open in a new tab and tell nobody where from."""
    drawn: str = _MARKDOWN.render(shortened(text))
    return drawn.replace("<a href=", '<a target="_blank" rel="noopener noreferrer nofollow" href=')


def inline(text: str) -> str:
    """One sentence, with its `code` set as such."""
    drawn: str = _MARKDOWN.renderInline(shortened(text))
    return drawn


def sentence(text: str) -> str:
    """A sentence of the program: escaped, with what stands between backticks set as code."""
    return _TICKED.sub(r"<code>\1</code>", escape(text))


def plain(text: str) -> str:
    """Text as it stands, line breaks kept."""
    return f'<div class="wc-plain">{escape(shortened(text))}</div>'


def shortened(text: str, longest: int = LONGEST_SHOWN) -> str:
    """The text, cut with a note where it is too long to draw."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}\n\n… {len(text) - longest:,} more characters; download to read all."


def one_line(text: str, longest: int = 80) -> str:
    """The text on one line, cut with an ellipsis."""
    joined = " ".join(text.split())
    return joined if len(joined) <= longest else joined[: longest - 1] + "…"


def in_chat(text: str) -> str:
    """Markdown for the chat, which draws it itself: tags are shown as they stand, images become links."""
    return "".join(
        part if part.startswith("`") else part.replace("&", "&amp;").replace("<", "&lt;").replace("![", "[")
        for part in _CODE.split(text)
    )


def value(data: Any) -> str:
    """A value of a run as HTML: text as Markdown, equal objects as a table, anything else as JSON."""
    if isinstance(data, str):
        return f'<div class="wc-md">{markdown(data)}</div>' if data.strip() else _muted("empty text")
    if data is None or isinstance(data, (bool, int, float)):
        return f'<code class="wc-value">{escape(json.dumps(data))}</code>'
    if isinstance(data, list) and data and all(isinstance(item, str) for item in data):
        return '<ol class="wc-list">' + "".join(f"<li>{value(item)}</li>" for item in data) + "</ol>"
    if _is_table(data):
        return _table(data)
    return json_block(data)


def json_block(data: Any) -> str:
    """Data as indented JSON."""
    text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
    return f'<pre class="wc-json" tabindex="0">{escape(shortened(text))}</pre>'


def _muted(text: str) -> str:
    return f'<span class="wc-muted">{escape(text)}</span>'


def _is_table(data: Any) -> bool:
    if not isinstance(data, list) or not data or not all(isinstance(row, dict) and row for row in data):
        return False
    columns = set(data[0])
    flat = all(not isinstance(cell, (dict, list)) for row in data for cell in row.values())
    return flat and len(columns) <= 12 and all(set(row) <= columns for row in data)


def _table(rows: list[dict[str, Any]]) -> str:
    columns = list(rows[0])
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(row.get(name)))}</td>" for name in columns) + "</tr>"
        for row in rows[:500]
    )
    more = _muted(f"{len(rows) - 500} more rows; download to read all.") if len(rows) > 500 else ""
    return (
        f'<div class="wc-scroll" tabindex="0"><table class="wc-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}"
    )


def _cell(data: Any) -> str:
    if data is None:
        return ""
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, default=str)
