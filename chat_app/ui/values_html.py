"""Values of a run as HTML: text as Markdown, equal objects as a table, files previewed, anything else as JSON."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from chat_app.translation import tr
from chat_app.ui.file_html import file_html, file_in
from chat_app.ui.markup import attribute, markdown, shortened


def value(data: Any) -> str:
    """A value of a run as HTML: text as Markdown, equal objects as a table, anything else as JSON."""
    if isinstance(data, str):
        return f'<div class="wc-md">{markdown(data)}</div>' if data.strip() else _muted(tr("empty text"))
    if data is None or isinstance(data, (bool, int, float)):
        return f'<code class="wc-value">{escape(json.dumps(data))}</code>'
    if (ref := file_in(data)) is not None:
        return file_html(ref)
    if isinstance(data, list) and data and all(file_in(item) is not None for item in data):
        return "".join(value(item) for item in data)
    if isinstance(data, list) and data and all(isinstance(item, str) for item in data):
        return '<ol class="wc-list">' + "".join(f"<li>{value(item)}</li>" for item in data) + "</ol>"
    if _is_table(data):
        return _table(data)
    return json_block(data)


def json_block(data: Any) -> str:
    """Data as indented JSON."""
    text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
    return f'<pre class="wc-json" tabindex="0" role="region" aria-label="JSON">{escape(shortened(text))}</pre>'


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
    more = (
        _muted(tr("{count} more rows; download to read all.", count=f"{len(rows) - 500:,}"))
        if len(rows) > 500
        else ""
    )
    named = attribute(tr("Table"))
    return (
        f'<div class="wc-scroll" tabindex="0" role="region" aria-label="{named}">'
        f'<table class="wc-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}"
    )


def _cell(data: Any) -> str:
    if data is None:
        return ""
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, default=str)
