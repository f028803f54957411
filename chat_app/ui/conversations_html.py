"""The list of one's conversations and saved designs: to open again, to rename, to forget."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from chat_app.designer.conversation import GUIDED
from chat_app.library import SavedConversation, SavedDesign
from chat_app.translation import tr, tr_count
from chat_app.ui.buttons import button
from chat_app.ui.keeping import LONGEST_TITLE
from chat_app.ui.markup import attribute
from chat_app.ui.panel_html import when_html

RENAME = "rename:"
"""How the name of the form begins in which a conversation gets its name; its id follows."""
_MOST_SHOWN = 100


def history_html(earlier: Sequence[SavedConversation], present: str, designs: Sequence[SavedDesign]) -> str:
    """All that a visitor kept."""
    named = attribute(tr("History"))
    inside = _conversations(earlier, present) + _designs(designs)
    return f'<section class="wc-history" aria-label="{named}" tabindex="0">{inside}</section>'


def _conversations(earlier: Sequence[SavedConversation], present: str) -> str:
    """The conversations in which something was said or designed, the newest first."""
    told = [one for one in earlier if not _blank(one)]
    rows = "".join(_row(one, one.id == present) for one in told[:_MOST_SHOWN])
    hint = "" if rows else f'<p class="wc-hint">{escape(tr("Nothing yet: every conversation is kept here."))}</p>'
    close = button(tr("Close"), "conversations", small=True, name=tr("Close the history"))
    head = f'<div class="wc-outputs-head"><h2 class="wc-h">{escape(tr("Your conversations"))}</h2>{close}</div>'
    return f'{head}{hint}<ul class="wc-rows" id="conversations">{rows}</ul>'


def _blank(one: SavedConversation) -> bool:
    return bool(one.about) and not one.about.get("turns") and not one.about.get("design")


def title_of(one: SavedConversation) -> str:
    """What a conversation is called: by its visitor, by its first wish, or by its design."""
    return str(one.about.get("name") or one.about.get("title") or one.about.get("design") or one.title)


def _row(one: SavedConversation, present: bool) -> str:
    title, about = title_of(one), one.about
    facts = [_word(str(about[key])) for key in ("design", "designer") if about.get(key) and about[key] != title]
    if turns := about.get("turns"):
        facts.append(tr_count("{count} message", "{count} messages", int(turns)))
    shown = (
        f'<span class="wc-badge">{escape(tr("open now"))}</span>'
        if present
        else button(
            tr("Open"), "open_conversation", small=True, conversation=one.id, name=tr("Open “{title}”", title=title)
        )
    )
    return (
        f'<li data-conversation="{attribute(one.id)}"><span class="wc-grow">{escape(title)}'
        f'<span class="wc-under">{escape(" · ".join(facts))}</span></span>'
        f"{when_html(one.saved_at.timestamp())}{shown}{_rename(one, title)}"
        f"{_forget('forget_conversation', title, conversation=one.id)}</li>"
    )


def _word(fact: str) -> str:
    """The designer without a model is no name; other designers are called by their model."""
    return tr("guided designer") if fact == GUIDED else fact


def _rename(one: SavedConversation, title: str) -> str:
    label, name = escape(tr("Rename")), attribute(tr("The name of “{title}”", title=title))
    return (
        f'<details class="wc-more"><summary class="wc-button wc-small">{label}</summary>'
        f'<form data-form="{attribute(RENAME + one.id)}"><input type="text" '
        f'maxlength="{LONGEST_TITLE}" data-name="name" id="name-{attribute(one.id)}" '
        f'value="{attribute(title)}" aria-label="{name}"> '
        f'<button type="submit" class="wc-button wc-small">{escape(tr("Save"))}</button></form></details>'
    )


def _forget(act: str, title: str, **which: Any) -> str:
    """Forgetting takes two clicks: it can't be undone."""
    named = tr("Forget “{title}” for good", title=title)
    sure = button(tr("Forget it for good"), act, small=True, name=named, **which)
    label = escape(tr("Forget"))
    return f'<details class="wc-more"><summary class="wc-button wc-small">{label}</summary>{sure}</details>'


def _designs(designs: Sequence[SavedDesign]) -> str:
    """Saved designs, the newest first."""
    if not designs:
        return ""
    rows = "".join(_design(one) for one in designs[:_MOST_SHOWN])
    return f'<h2 class="wc-h">{escape(tr("Saved designs"))}</h2><ul class="wc-rows" id="designs">{rows}</ul>'


def _design(one: SavedDesign) -> str:
    revisions = tr_count("{count} revision", "{count} revisions", one.revisions)
    opens = button(tr("Open"), "open_design", small=True, design=one.name, name=tr("Open “{title}”", title=one.name))
    return (
        f'<li data-design="{attribute(one.name)}"><span class="wc-grow">{escape(one.name)} '
        f'<span class="wc-muted">{escape(revisions)}</span></span>{when_html(one.saved_at.timestamp())}{opens}'
        f"{_forget('forget_design', one.name, design=one.name)}</li>"
    )
