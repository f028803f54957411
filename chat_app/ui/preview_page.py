"""A file in little, as a page of its own that stands in a frame: nothing in it runs or loads anything."""

from __future__ import annotations

import base64
from html import escape

from markdown_it import MarkdownIt

from chat_app.tools.previews import Preview
from chat_app.translation import tr

_STYLE = """
:root { color-scheme: light } body { margin: 0; padding: .6rem .8rem; font: 13px/1.5 system-ui, sans-serif }
p.note { opacity: .65; margin: 0 0 .4rem } pre { margin: 0;
white-space: pre-wrap; font: 12px/1.45 ui-monospace, monospace }
table { border-collapse: collapse } th, td { padding: .2rem .55rem; border-bottom: 1px solid #8884; text-align: left;
vertical-align: top } th { background: #8881; white-space: nowrap } td.n { text-align: right } img { max-width: 100% }
h1 { font-size: 1.25rem } h2 { font-size: 1.1rem } h3, h4 { font-size: 1rem }
"""


def preview_page(preview: Preview) -> str:
    """The page."""
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{escape(preview.note)}</title>'
        f"<style>{_STYLE}</style></head><body>{_note(preview)}{_shown(preview)}</body></html>"
    )


def _note(preview: Preview) -> str:
    said = preview.note if preview.kind == "none" else tr("Only the beginning is shown.") if preview.cut else ""
    return f'<p class="note">{escape(said)}</p>' if said else ""


def _shown(preview: Preview) -> str:
    match preview.kind:
        case "image" | "page":
            data = base64.b64encode(preview.png).decode()
            return f'<img src="data:image/png;base64,{data}" alt="">'
        case "table":
            return _table(preview)
        case "text" if preview.markdown:
            return str(
                MarkdownIt("commonmark", {"html": False})
                .enable(["table", "strikethrough"])
                .disable("image")
                .render(preview.text)
            )
        case "text":
            return f"<pre>{escape(preview.text)}</pre>"
        case "audio" | "none":
            return ""


def _table(preview: Preview) -> str:
    if not preview.rows:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in preview.rows[0])
    body = "".join(f"<tr>{''.join(map(_cell, row.values()))}</tr>" for row in preview.rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"<td{' class=n' if number else ''}>{'' if value is None else escape(str(value))}</td>"
