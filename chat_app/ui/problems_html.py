"""What the check found, as a list under the text, and what can be done with the text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from chat_app.translation import joined, tr, tr_count, translated
from chat_app.ui.buttons import button, download_button
from chat_app.ui.markup import attribute, sentence
from chat_app.ui.panel_html import says
from chat_app.ui.turn_view import Choice
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Diagnostic, Severity

_MOST_SHOWN = 200
_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def problems_html(checked: CheckResult | None, kept: bool, *, askable: bool) -> str:
    """What the check found, by line; `kept` says that an earlier valid text is safe."""
    if checked is None:
        return f'<p class="wc-hint">{escape(tr("Type or open a workflow here, or describe it in the chat."))}</p>'
    found = checked.diagnostics
    ranked = sorted(enumerate(found), key=lambda pair: _WEIGHT[pair[1].severity])
    items = "".join(problem_item(one, place, askable) for place, one in ranked[:_MOST_SHOWN])
    if not checked.faults:
        good = f'<p class="wc-good" data-valid="true">{escape(tr("Valid: no problems found."))}</p>'
        return good + (f'<ul class="wc-problems" aria-label="{attribute(tr("Notes"))}">{items}</ul>' if items else "")
    safe = ""
    if kept and not checked.valid:
        safe = f'<p class="wc-hint">{escape(tr("The last valid version is kept: undo brings it back."))}</p>'
    rest = ""
    if len(found) > _MOST_SHOWN:
        more = tr_count("{count} more finding", "{count} more findings", len(found) - _MOST_SHOWN)
        rest = f'<p class="wc-hint">{escape(more)}</p>'
    head = f'<p class="wc-hint" data-valid="{str(checked.valid).lower()}">{escape(count_words(found))}</p>'
    return f'{head}{safe}<ul class="wc-problems" aria-label="{attribute(tr("Problems"))}">{items}</ul>{rest}'


def count_words(found: Sequence[Diagnostic]) -> str:
    """How many errors and warnings there are."""
    errors = sum(1 for one in found if one.severity is Severity.ERROR)
    warnings = sum(1 for one in found if one.severity is Severity.WARNING)
    parts = [tr_count("{count} error", "{count} errors", errors)] if errors else []
    parts += [tr_count("{count} warning", "{count} warnings", warnings)] if warnings else []
    return joined(parts)


def problem_item(one: Diagnostic, place: int, askable: bool) -> str:
    """A finding: its line to jump to, headline, help, and what can be done about it."""
    where = f'<span class="wc-place">{escape(tr("whole file"))}</span>'
    if one.location:
        told = f"{one.location.line}:{one.location.column}"
        name = attribute(tr("Go to line {line}", line=one.location.line))
        where = (
            f'<button type="button" class="wc-place wc-link" data-jump="{told}" aria-label="{name}">{told}</button>'
        )
    help_text = f'<div class="wc-muted">{sentence(one.help)}</div>' if one.help else ""
    acts = ""
    if one.fix is not None:
        acts = button(tr("Fix"), "fix", small=True, place=place, name=translated(one.fix.title))
    elif askable and one.severity is not Severity.INFO:
        message = f"Fix this problem in the workflow: {one.message} {one.help or ''}".strip()
        choice = Choice(tr("Ask the designer to fix it"), message)
        acts = f'<button type="button" class="wc-button wc-small" {says(choice)}>{escape(choice.label)}</button>'
    acts = f'<div class="wc-buttons">{acts}</div>' if acts else ""
    severity = {"error": tr("error"), "warning": tr("warning"), "info": tr("note")}[one.severity.value]
    return (
        f'<li data-severity="{one.severity.value}" data-code="{attribute(one.code)}">'
        f'<code class="wc-code">{escape(one.code)}</code><span class="wc-hidden">{escape(severity)}</span>{where}'
        f"{sentence(one.message)}{help_text}{acts}</li>"
    )


def yaml_tools_html(text: str, name: str, *, fixable: bool, link: str | None, can_redo: bool) -> str:
    """Buttons for the text as it stands."""
    if not text.strip():
        return ""
    fix = button(tr("Fix what is safe to fix"), "fix", primary=True) if fixable else ""
    share = ""
    if link:
        share = (
            f'<button type="button" class="wc-button" id="copy-link" data-copy-link="{attribute(link)}">'
            f"{escape(tr('Copy link'))}</button>"
        )
    return (
        f'<div class="wc-buttons">{fix}{button(tr("Save"), "save", id="save-design")}'
        f"{button(tr('Format'), 'tidy', id='tidy-yaml')}"
        f"{download_button(tr('Download'), f'{name}.yaml', text, id='download-yaml')}{share}"
        f"{button(tr('Undo'), 'undo', id='undo-design')}{button(tr('Redo'), 'redo', disabled=not can_redo)}</div>"
    )
