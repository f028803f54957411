"""The Changes tab: what the last turn did, edit by edit; two versions side by side; the revisions."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from chat_app.translation import joined, tr, tr_count, translated
from chat_app.ui.buttons import button
from chat_app.ui.diff_html import side_by_side_html
from chat_app.ui.markup import attribute, inline, one_line
from chat_app.ui.panel_html import empty_html, when_html
from chat_app.ui.review import Review
from chat_app.ui.revisions import BY_HAND, Revision


def review_html(review: Review, *, brief: bool = False) -> str:
    """The edits of the last turn, each to accept or reject."""
    count = len(review.units)
    out = len(review.rejected)
    head = tr_count("{count} edit in this turn", "{count} edits in this turn", count)
    if out:
        head += ", " + tr_count("{count} rejected", "{count} rejected", out)
    rows = "".join(_unit(review, place) for place in range(count))
    rest = ""
    if review.rest and not out:
        lines = "".join(f"<li>{inline(line)}</li>" for line in review.rest)
        rest = f'<p class="wc-hint">{escape(tr("Besides:"))}</p><ul>{lines}</ul>'
    everything = (
        button(tr("Accept all"), "judge", small=True, verdict="accept_all")
        if out
        else button(tr("Reject all"), "judge", small=True, verdict="reject_all")
    )
    body = f'<ol class="wc-units">{rows}</ol>{rest}<div class="wc-buttons">{everything}</div>'
    if brief:
        opened = " open" if out else ""
        summary = f"<summary>{escape(head)} · {escape(tr('accept or reject'))}</summary>"
        return f'<details class="wc-review" data-step="review"{opened}>{summary}{body}</details>'
    title = f'<h2 class="wc-h">{escape(head)}</h2>'
    return f'<section class="wc-review" aria-label="{attribute(head)}">{title}{body}</section>'


def _judge(place: int, label: str, verdict: str, told: str) -> str:
    return button(label, "judge", small=True, verdict=verdict, place=place, name=joined((label, told), ": "))


def _unit(review: Review, place: int) -> str:
    unit = review.units[place]
    out = place in review.rejected
    lines = "".join(f"<div>{inline(line)}</div>" for line in unit.lines)
    told = joined(map(translated, unit.lines), " ")
    act = _judge(place, tr("Accept"), "accept", told) if out else _judge(place, tr("Reject"), "reject", told)
    state = "rejected" if out else "accepted"
    return f'<li data-unit="{place}" data-verdict="{state}"><div class="wc-grow">{lines}</div>{act}</li>'


def changes_html(
    history: Sequence[Revision], lines: Sequence[str], pair: tuple[str, str], title: str, graphs: str
) -> str:
    """What one version has that the other has not: told, drawn, and as text."""
    if not history:
        return empty_html(tr("No changes yet"), tr("Every valid version of the design is kept here."))
    told = "".join(f"<li>{inline(line)}</li>" for line in lines)
    return f'<h2 class="wc-h">{escape(title)}</h2><ul class="wc-told">{told}</ul>{graphs}{side_by_side_html(*pair)}'


def graphs_html(before: str, after: str) -> str:
    """Two drawings side by side, where both could be made."""
    if not before or not after:
        return ""
    sides = "".join(
        f'<figure class="wc-side"><figcaption>{escape(label)}</figcaption>{drawing}</figure>'
        for label, drawing in ((tr("Before"), before), (tr("After"), after))
    )
    summary = f"<summary>{escape(tr('The graph before and after'))}</summary>"
    return (
        f'<details class="wc-graphs" data-step="graphs" open>{summary}<div class="wc-sides">{sides}</div></details>'
    )


def revisions_html(history: Sequence[Revision], shown: int | None, *, can_undo: bool, can_redo: bool) -> str:
    """Every revision, the newest first: when, what was asked, and the ways back."""
    if not history:
        return ""
    last = len(history) - 1
    rows = "".join(_revision(place, history[place], last, shown) for place in range(last, -1, -1))
    undo = button(tr("Undo"), "undo", small=True, disabled=not can_undo)
    redo = button(tr("Redo"), "redo", small=True, disabled=not can_redo)
    head = f'<div class="wc-outputs-head"><h2 class="wc-h">{escape(tr("Revisions"))}</h2>{undo}{redo}</div>'
    return f'{head}<ol class="wc-rows" id="revisions" reversed>{rows}</ol>'


def _revision(place: int, one: Revision, last: int, shown: int | None) -> str:
    asked = escape(one_line(tr(one.asked) if one.asked == BY_HAND else one.asked, 120))
    number = place + 1
    show = (
        f'<span class="wc-muted">{escape(tr("shown"))}</span>'
        if place == shown
        else button(
            tr("Show"),
            "compare",
            small=True,
            place=place,
            name=tr("Show what revision {number} changed", number=number),
        )
    )
    restore = (
        f'<span class="wc-muted">{escape(tr("newest"))}</span>'
        if place == last
        else button(
            tr("Restore"), "restore", small=True, place=place, name=tr("Restore revision {number}", number=number)
        )
    )
    return (
        f'<li data-revision="{number}"><span class="wc-muted">{number}</span><span class="wc-grow">{asked}</span>'
        f"{when_html(one.at)}{show}{restore}</li>"
    )
