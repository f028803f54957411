"""The still parts of the page as HTML: head, choices, problems, changes and lists."""

from __future__ import annotations

import difflib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape

from chat_app.chat_models.models import Availability
from chat_app.engine.runs import RunStatus
from chat_app.library import SavedDesign
from chat_app.ui.markup import attribute, inline, one_line, sentence
from chat_app.ui.run_html import SIMULATED, Block
from chat_app.ui.turn_view import Choice
from chat_app.ui.workspace import Notice, Revision
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Diagnostic, Severity

Panel = dict[str, object]
"""What a panel component draws: `blocks`, and for the graph `nodes` and `taken`."""


def panel(*blocks: Block) -> Panel:
    """Blocks as a component's value."""
    return {"blocks": list(blocks)}


def chip(label: str, text: str, tone: str = "", name: str = "") -> str:
    """A fact of the status line."""
    return (
        f'<span class="wc-chip" data-tone="{tone}" data-chip="{attribute(name or label.lower())}">'
        f"{escape(label)} <b>{escape(text)}</b></span>"
    )


def head_html(chips: Iterable[str], hosted: bool) -> str:
    """The name of the program and the status line."""
    note = '<span class="wc-muted">public demo: your designs are yours alone</span>' if hosted else ""
    return (
        f'<div class="wc-top"><h1>workflow-chat</h1>{note}'
        f'<div class="wc-chips" role="status" aria-label="Status">{"".join(chips)}</div>'
        '<button type="button" class="wc-button wc-small" data-act="new" id="new-design">New design</button></div>'
    )


def notice_html(notice: Notice) -> str:
    """A sentence at the head of the panel."""
    more = f'<p class="wc-muted">{sentence(notice.help)}</p>' if notice.help else ""
    kind = 'class="wc-problem" role="alert"' if notice.bad else 'class="wc-note" role="status"'
    return f"<div {kind}><p>{sentence(notice.text)}</p>{more}</div>"


def choices_html(choices: Sequence[Choice], why: str = "") -> str:
    """Answers to click; those with a text are cards."""
    if not choices:
        return ""
    lead = f'<p class="wc-why wc-hint">{escape(why)}</p>' if why else ""
    cards = "".join(_choice(choice) for choice in choices if choice.text)
    chips = "".join(_choice(choice) for choice in choices if not choice.text)
    grid = f'<div class="wc-cards">{cards}</div>' if cards else ""
    return f'<div class="wc-choices" role="group" aria-label="Answers to choose from">{lead}{grid}{chips}</div>'


def _choice(choice: Choice) -> str:
    inside = (
        f"<strong>{escape(choice.label)}</strong><span>{escape(choice.text)}</span>"
        if choice.text
        else escape(choice.label)
    )
    classes = "wc-choice" + (" wc-card" if choice.text else "") + (" wc-quiet" if choice.quiet else "")
    return f'<button type="button" class="{classes}" {_says(choice)}>{inside}</button>'


def _says(choice: Choice) -> str:
    said = attribute(choice.said or choice.label)
    return f'data-act="say" data-message="{attribute(choice.value)}" data-label="{said}"'


def gallery_html(choices: Sequence[Choice], drawings: Mapping[str, str]) -> str:
    """What is offered, drawn: a click on a drawing chooses it."""
    shown = "".join(
        f'<button type="button" class="wc-choice wc-offer" {_says(choice)}><strong>{escape(choice.label)}</strong>'
        f"{drawings[choice.draft]}</button>"
        for choice in choices
        if choice.draft in drawings
    )
    return f'<h3 class="wc-h">Ways to build it</h3><div class="wc-gallery">{shown}</div>'


def problems_html(checked: CheckResult | None, kept: bool) -> str:
    """What the check found, by line; `kept` says that an earlier valid text is safe."""
    if checked is None:
        return '<p class="wc-hint">Type or upload a workflow here, or describe it in the chat.</p>'
    found = checked.diagnostics
    if not checked.faults:
        notes = "".join(problem_item(one) for one in found)
        good = '<p class="wc-good" data-valid="true">Valid: no problems found.</p>'
        return f'{good}<ul class="wc-problems" aria-label="Notes">{notes}</ul>' if notes else good
    safe = (
        '<p class="wc-hint">The last valid version is kept: undo brings it back.</p>'
        if kept and not checked.valid
        else ""
    )
    items = "".join(problem_item(one) for one in found[:200])
    rest = f'<p class="wc-hint">{len(found) - 200} more.</p>' if len(found) > 200 else ""
    head = f'<p class="wc-hint" data-valid="{str(checked.valid).lower()}">{escape(count_words(found))}</p>'
    return f'{head}{safe}<ul class="wc-problems" aria-label="Problems">{items}</ul>{rest}'


def count_words(found: Sequence[Diagnostic]) -> str:
    """How many errors and warnings there are."""
    parts = []
    for severity, word in ((Severity.ERROR, "error"), (Severity.WARNING, "warning")):
        number = sum(1 for one in found if one.severity is severity)
        if number:
            parts.append(f"{number} {word}{'s' if number > 1 else ''}")
    return ", ".join(parts)


def problem_item(one: Diagnostic) -> str:
    """A finding: place, headline, help."""
    place = f"{one.location.line}:{one.location.column}" if one.location else "whole file"
    help_text = f'<div class="wc-muted">{sentence(one.help)}</div>' if one.help else ""
    return (
        f'<li data-severity="{one.severity.value}" data-code="{attribute(one.code)}">'
        f'<code class="wc-code">{escape(one.code)}</code><span class="wc-place">{place}</span>'
        f"{sentence(one.message)}{help_text}</li>"
    )


_ASK_TO_FIX = Choice("Ask the designer to fix it", "Fix the problems that the check finds in this workflow.")


def yaml_tools_html(text: str, name: str, *, fixable: bool, askable: bool) -> str:
    """Buttons for the text as it stands."""
    if not text.strip():
        return ""
    fix = '<button type="button" class="wc-button" data-act="fix">Fix what is safe to fix</button>' if fixable else ""
    ask = (
        f'<button type="button" class="wc-button" {_says(_ASK_TO_FIX)}>{_ASK_TO_FIX.label}</button>'
        if askable
        else ""
    )
    return (
        f'<div class="wc-buttons">{fix}{ask}<button type="button" class="wc-button" data-act="save" id="save-design">'
        f'Save</button><button type="button" class="wc-button" data-download="{attribute(name)}.yaml" '
        f'data-content="{attribute(text)}" id="download-yaml">Download</button>'
        f'<button type="button" class="wc-button" data-act="undo" id="undo-design">Undo</button></div>'
    )


def changes_html(history: Sequence[Revision], lines: Sequence[str], draft: str) -> str:
    """What the last change did, as sentences and as text, and the way back to earlier revisions."""
    if not history:
        return empty_html("No changes yet", "Every valid version of the design is kept here.")
    before = history[-2].text if len(history) > 1 else ""
    title = "Against the last valid version" if draft != history[-1].text else "Last change"
    old, new = (history[-1].text, draft) if draft != history[-1].text else (before, draft)
    told = "".join(f"<li>{inline(line)}</li>" for line in lines)
    numbered = reversed(list(enumerate(history)))
    rows = "".join(_revision(place, one, place == len(history) - 1) for place, one in numbered)
    return (
        f'<h3 class="wc-h">{title}</h3><ul>{told}</ul>{text_diff_html(old, new)}'
        f'<h3 class="wc-h">Revisions</h3><ol class="wc-rows" reversed>{rows}</ol>'
    )


def _revision(place: int, one: Revision, newest: bool) -> str:
    act = f'class="wc-button wc-small" data-act="restore" data-place="{place}"'
    button = '<span class="wc-muted">newest</span>' if newest else f'<button type="button" {act}>Restore</button>'
    asked = escape(one_line(one.asked, 120))
    return (
        f'<li><span class="wc-muted">{place + 1}</span><span class="wc-grow">{asked}</span>'
        f"{when_html(one.at)}{button}</li>"
    )


def text_diff_html(old: str, new: str) -> str:
    """A unified diff, lines told apart by sign and colour."""
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2))[2:][:2_000]
    if not lines:
        return '<p class="wc-hint">The text is the same.</p>'
    classes = {"+": "wc-plus", "-": "wc-minus", "@": "wc-hunk"}
    drawn = "".join(f'<div class="{classes.get(line[:1], "")}">{escape(line)}</div>' for line in lines)
    return f'<div class="wc-diff" tabindex="0" aria-label="Changed lines">{drawn}</div>'


def when_html(at: float) -> str:
    """A moment: today as a time, else with its date."""
    moment = datetime.fromtimestamp(at)
    today = datetime.fromtimestamp(time.time()).date() == moment.date()
    shown = moment.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")
    return f'<time datetime="{moment.isoformat(timespec="seconds")}">{shown}</time>'


def empty_html(title: str, text: str) -> str:
    """What stands where there is nothing yet, and what to do."""
    return f'<div class="wc-empty"><strong>{escape(title)}</strong>{escape(text)}</div>'


def fill_attribute(values: dict[str, object]) -> str:
    """Values for a button that fills a form, as an attribute."""
    return attribute(json.dumps(values, ensure_ascii=False))


def runs_html(runs: Sequence[RunStatus]) -> str:
    """Earlier runs, the newest first."""
    if not runs:
        return empty_html("No runs yet", "Every run of yours is listed here, also after a reload.")
    rows = "".join(_run_row(one) for one in runs[:50])
    return f'<h3 class="wc-h">Runs</h3><ul class="wc-rows">{rows}</ul>'


def _run_row(one: RunStatus) -> str:
    status = {"finished": "done", "limit": "waiting"}.get(one.state, one.state)
    label = SIMULATED if one.model == "simulated" else f'<span class="wc-muted">{escape(one.model or "")}</span>'
    told = one_line(json.dumps(dict(one.inputs), ensure_ascii=False, default=str), 90)
    return (
        f'<li data-run="{attribute(one.run_id)}"><span class="wc-dot" data-status="{attribute(status)}" '
        f'aria-hidden="true"></span><span class="wc-grow">{escape(one.workflow)} '
        f'<span class="wc-muted">{escape(one.state)} · {escape(told)}</span></span>{label}{when_html(one.created)}'
        f'<button type="button" class="wc-button wc-small" data-act="open_run" data-run="{attribute(one.run_id)}">'
        "Open</button></li>"
    )


def designs_html(designs: Sequence[SavedDesign]) -> str:
    """Saved designs, the newest first."""
    if not designs:
        return ""
    rows = "".join(
        f'<li><span class="wc-grow">{escape(one.name)} <span class="wc-muted">{one.revisions} '
        f"revision{'s' if one.revisions != 1 else ''}</span></span>{when_html(one.saved_at.timestamp())}"
        f'<button type="button" class="wc-button wc-small" data-act="open_design" data-name="{attribute(one.name)}">'
        "Open</button></li>"
        for one in designs[:100]
    )
    return f'<h3 class="wc-h">Saved designs</h3><ul class="wc-rows" id="designs">{rows}</ul>'


def availability_html(found: Sequence[Availability]) -> str:
    """What is available here, and what to do for the rest."""
    rows = "".join(
        f'<li><span class="wc-dot" data-status="{"done" if one.ready else "idle"}" aria-hidden="true"></span>'
        f'<span class="wc-grow"><b>{escape(one.name)}</b> <span class="wc-muted">{sentence(one.why)}'
        f"{'. ' + sentence(one.how) if one.how else ''}</span></span></li>"
        for one in found
    )
    return f'<h3 class="wc-h">Found here</h3><ul class="wc-rows" id="models-found">{rows}</ul>'
