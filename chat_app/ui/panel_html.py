"""The still parts of the page as HTML: head, notices, choices, and what many panels share."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape

from chat_app.files.reference import FileRef
from chat_app.translation import LANGUAGES, language, tr
from chat_app.ui.buttons import button
from chat_app.ui.markup import attribute, sentence
from chat_app.ui.run_html import Block
from chat_app.ui.turn_view import Choice
from chat_app.ui.workspace import Notice

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
    """The name of the program, the status line, the language, and the way to begin anew."""
    demo = tr("public demo: your designs are yours alone")
    note = f'<span class="wc-muted">{escape(demo)}</span>' if hosted else ""
    options = "".join(
        f'<option value="{code}" lang="{code}"{" selected" if code == language() else ""}>{escape(one.name)}</option>'
        for code, one in LANGUAGES.items()
    )
    named = attribute(tr("Language"))
    choose = (
        f'<select class="wc-language" id="language" data-act="language" data-as="language" '
        f'aria-label="{named}">{options}</select>'
    )
    return (
        f'<div class="wc-top" data-language="{language()}"><h1>workflow-chat</h1>{note}'
        f'<div class="wc-chips" role="status" aria-label="{attribute(tr("Status"))}">{"".join(chips)}</div>{choose}'
        f"{button(tr('History'), 'conversations', id='history', small=True)}"
        f"{button(tr('New design'), 'new', id='new-design', small=True)}</div>"
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
    named = attribute(tr("Answers to choose from"))
    return f'<div class="wc-choices" role="group" aria-label="{named}">{lead}{grid}{chips}</div>'


def _choice(choice: Choice) -> str:
    inside = (
        f"<strong>{escape(choice.label)}</strong><span>{escape(choice.text)}</span>"
        if choice.text
        else escape(choice.label)
    )
    classes = "wc-choice" + (" wc-card" if choice.text else "") + (" wc-quiet" if choice.quiet else "")
    return f'<button type="button" class="{classes}" {says(choice)}>{inside}</button>'


def attached_html(files: Sequence[FileRef]) -> str:
    """The files that go with the next message, and where to choose one."""
    rows = "".join(f"<li>{escape(ref.name)} {_remove(ref)}</li>" for ref in files)
    told = escape(tr("Attach a file"))
    picker = f'<label class="wc-attach">{told}<input type="file" class="wc-hidden" data-attach multiple></label>'
    return f'<div class="wc-attached">{picker}<ul>{rows}</ul></div>'


def _remove(ref: FileRef) -> str:
    return button(tr("Remove"), "unattach", small=True, sha=ref.sha256, name=tr("Remove {name}", name=ref.name))


def says(choice: Choice) -> str:
    """The attributes of a button that says something in the chat."""
    said = attribute(choice.said or choice.label)
    return f'data-act="{attribute(choice.act)}" data-message="{attribute(choice.value)}" data-label="{said}"'


def gallery_html(choices: Sequence[Choice], drawings: Mapping[str, str]) -> str:
    """What is offered, drawn: a click on a drawing chooses it."""
    shown = "".join(
        f'<button type="button" class="wc-choice wc-offer" {says(choice)}><strong>{escape(choice.label)}</strong>'
        f"{drawings[choice.draft]}</button>"
        for choice in choices
        if choice.draft in drawings
    )
    return f'<h2 class="wc-h">{escape(tr("Ways to build it"))}</h2><div class="wc-gallery">{shown}</div>'


def when_html(at: float) -> str:
    """A moment: today as a time, else with its date."""
    moment = datetime.fromtimestamp(at)
    today = datetime.fromtimestamp(time.time()).date() == moment.date()
    shown = moment.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")
    return f'<time datetime="{moment.isoformat(timespec="seconds")}">{shown}</time>'


def empty_html(title: str, text: str) -> str:
    """What stands where there is nothing yet, and what to do."""
    return f'<div class="wc-empty"><strong>{escape(title)}</strong>{sentence(text)}</div>'


def fill_attribute(values: dict[str, object]) -> str:
    """Values for a button that fills a form, as an attribute."""
    return attribute(json.dumps(values, ensure_ascii=False))
