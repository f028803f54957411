"""The Query box: a question in SQL, examples to begin with, what can be asked for, and the answer."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

from chat_app.tracing.query_refused import QueryRefused
from chat_app.tracing.query_views import EXAMPLES, VIEWS
from chat_app.translation import tr, tr_count
from chat_app.ui.buttons import button
from chat_app.ui.markup import attribute, sentence, shortened
from chat_app.ui.plot_html import number_words
from chat_app.ui.query_box import QUERY, QueryBox

if TYPE_CHECKING:
    from chat_app.tracing.query import Answer

_LONGEST_SHOWN = 300
_FEWEST_LINES, _MOST_LINES = 2, 12


def opener_html(is_open: bool) -> str:
    """The button that opens the box and closes it."""
    lead = tr("Ask your runs and costs in SQL, with plots.")
    return (
        f'<div class="wc-opener">{button(tr("Query"), "query_open", id="open-query", small=True, expanded=is_open)}'
        f'<span class="wc-hint">{escape(lead)}</span></div>'
    )


def box_html(box: QueryBox) -> str:
    """The box with its examples."""
    examples = "".join(
        button(tr(title), "query_example", small=True, example=place) for place, (title, _) in enumerate(EXAMPLES)
    )
    lines = min(max(box.sql.count("\n") + 2, _FEWEST_LINES), _MOST_LINES)
    busy = ' aria-disabled="true"' if box.asking else ""
    label, views = tr("Question in SQL"), tr("Tables and columns")
    lead = tr("Your runs, steps, costs and designs as tables; they are only read.")
    return (
        f'<form data-form="{QUERY}" data-round="{box.round}" class="wc-query"><p class="wc-hint">{escape(lead)}</p>'
        f'<div class="wc-samples" role="group" aria-label="{attribute(tr("Examples"))}">{examples}</div>'
        f'<div class="wc-field"><label for="query-sql">{escape(label)}</label>'
        f'<textarea id="query-sql" data-name="sql" class="wc-cells" rows="{lines}" spellcheck="false" '
        f'autocapitalize="off" autocomplete="off" data-submits placeholder="SELECT * FROM runs">{escape(box.sql)}'
        f'</textarea></div><div class="wc-buttons"><button type="submit" class="wc-button wc-primary" '
        f'id="ask-query"{busy}>{escape(tr("Ask", context="a question in SQL"))}</button>'
        f"{button(views, 'query_views', id='query-views', expanded=box.columns is not None)}"
        f'<span class="wc-hint">{escape(tr("Ctrl and Enter ask too."))}</span></div></form>'
    )


def views_html(columns: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """What can be asked for: each table with what it holds and its columns; a click asks for it."""
    rows = "".join(
        f"<li>{button(name, 'query_view', small=True, view=name)} "
        f'<span class="wc-grow">{sentence(tr(VIEWS[name].about))}<span class="wc-under">'
        f"{escape(', '.join(f'{column} {kind.lower()}' for column, kind in held))}</span></span></li>"
        for name, held in columns.items()
    )
    told = escape(tr("Times are in UTC."))
    named = attribute(tr("Tables and columns"))
    return (
        f'<section id="query-columns" class="wc-views" tabindex="0" aria-label="{named}">'
        f'<p class="wc-hint">{told}</p><ul class="wc-rows">{rows}</ul></section>'
    )


def asking_html() -> str:
    """What stands while a question is being answered; a page that is opened then waits for the answer."""
    return f'<p class="wc-hint" id="query-asking" data-goes-on>{escape(tr("Asking …"))}</p>'


def said_of(box: QueryBox) -> str:
    """What a screen reader says of an answer; a refusal is an alert of its own."""
    if box.asking:
        return tr("Asking …")
    return "" if box.answer is None else tr_count("{count} row", "{count} rows", len(box.answer.rows))


def refused_html(refused: QueryRefused) -> str:
    """Why there is no answer, and where the question goes wrong."""
    where = (
        f'<pre class="wc-json" tabindex="0" aria-label="{attribute(tr("Where"))}" role="region">'
        f"{escape(refused.where)}</pre>"
        if refused.where
        else ""
    )
    return (
        f'<div class="wc-problem" role="alert" id="query-refused"><p>{sentence(refused.message)}</p>{where}'
        f'<p class="wc-help">{sentence(refused.help)}</p></div>'
    )


def answer_html(answer: Answer, seconds: float) -> str:
    """The answer as a table to sort, to copy and to save."""
    rows = tr_count("{count} row", "{count} rows", len(answer.rows))
    told = f"{rows} · {seconds:.1f} s"
    if answer.cut:
        told += " · " + tr("There are more: ask for fewer with WHERE or LIMIT.")
    if not answer.rows:
        nothing = escape(tr("No row answers this question."))
        return f'<p class="wc-hint" id="query-told">{nothing}</p>'
    head = "".join(
        f'<th scope="col" aria-sort="none"><button type="button" class="wc-sort" data-sort="{place}">{escape(name)}'
        f"</button></th>"
        for place, name in enumerate(answer.columns)
    )
    body = "".join(f"<tr>{''.join(map(_cell_html, answer.columns, row))}</tr>" for row in answer.rows)
    copy, save = escape(tr("Copy as CSV")), escape(tr("Download CSV"))
    return (
        f'<div class="wc-outputs-head"><p class="wc-hint" id="query-told">{escape(told)}</p>'
        f'<button type="button" class="wc-button wc-small" data-copy-of="query-csv">{copy}</button>'
        f'<button type="button" class="wc-button wc-small" data-save-of="query-csv" data-file="query.csv">{save}'
        f'</button><textarea id="query-csv" hidden readonly>{escape(csv_text(answer))}</textarea></div>'
        f'<div class="wc-scroll wc-tall" tabindex="0" role="region" aria-label="{attribute(tr("Answer"))}">'
        f'<table class="wc-table" id="query-answer"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def csv_text(answer: Answer) -> str:
    """The answer as CSV, values in full; what is unknown is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([["" if value is None else _words(value) for value in row] for row in answer.rows])
    return text.getvalue()


def _cell_html(column: str, value: Any) -> str:
    if value is None:
        unknown = tr("unknown") if column.endswith("usd") else "—"
        return f'<td><span class="wc-muted">{escape(unknown)}</span></td>'
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return f'<td class="wc-number" data-value="{value}">{escape(number_words(float(value)))}</td>'
    return f"<td>{escape(shortened(_words(value), _LONGEST_SHOWN))}</td>"


def _words(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case list() | tuple() | dict():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)
