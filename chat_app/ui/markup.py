"""Text of models, people and YAML files made safe for the page: everything is escaped, nothing is fetched."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from markdown_it import MarkdownIt

from chat_app.translation import tr, translated

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
    """One sentence of the program, in the visitor's language, with its `code` set as such."""
    drawn: str = _MARKDOWN.renderInline(shortened(translated(text)))
    return drawn


def sentence(text: str) -> str:
    """A sentence of the program, in the visitor's language: escaped, with what stands in backticks set as code."""
    return _TICKED.sub(r"<code>\1</code>", escape(translated(text)))


def plain(text: str) -> str:
    """Text as it stands, line breaks kept."""
    return f'<div class="wc-plain">{escape(shortened(text))}</div>'


def shortened(text: str, longest: int = LONGEST_SHOWN) -> str:
    """The text, cut with a note where it is too long to draw."""
    if len(text) <= longest:
        return text
    more = tr("{count} more characters; download to read all.", count=f"{len(text) - longest:,}")
    return f"{text[:longest]}\n\n… {more}"


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
