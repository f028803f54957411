"""Example wishes for an empty page: each is sent as it stands."""

from __future__ import annotations

from chat_app.ui.turn_view import Choice


def _starter(label: str, wish: str) -> Choice:
    return Choice(label, wish, said=wish)


STARTERS = (
    _starter("Answer questions about a document", "I want to answer questions about a document"),
    _starter("Extract fields from an invoice", "I want to extract the fields of an invoice from its text"),
    _starter("Sort mails and answer each kind", "I want to sort customer mails and answer each kind differently"),
    _starter("Write, review, improve", "I want to write a text, have it reviewed and improved until it is good"),
    _starter("Summarise each text of a list", "I want to summarise each text of a list"),
    _starter(
        "Research from several angles", "I want to research a topic from several angles at once and merge the results"
    ),
)
