"""Example wishes for an empty page: each is sent as it stands."""

from __future__ import annotations

from chat_app.translation import mark, tr
from chat_app.ui.turn_view import Choice

_STARTERS = (
    (mark("Answer questions about a document"), mark("I want to answer questions about a document")),
    (mark("Extract fields from an invoice"), mark("I want to extract the fields of an invoice from its text")),
    (
        mark("Sort mails and answer each kind"),
        mark("I want to sort customer mails and answer each kind differently"),
    ),
    (
        mark("Write, review, improve"),
        mark("I want to write a text, have it reviewed and improved until it is good"),
    ),
    (mark("Summarise each text of a list"), mark("I want to summarise each text of a list")),
    (
        mark("Research from several angles"),
        mark("I want to research a topic from several angles at once and merge the results"),
    ),
)


def starters() -> list[Choice]:
    """The wishes in the current language."""
    return [Choice(tr(label), tr(wish), said=tr(wish)) for label, wish in _STARTERS]
