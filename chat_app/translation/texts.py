"""A text in the current language. The English text is its key; values are named, never counted off."""

from __future__ import annotations

from typing import Any

from chat_app.translation.catalogs import catalog
from chat_app.translation.current import language
from chat_app.translation.joining import filled
from chat_app.translation.languages import LANGUAGES


def tr(english: str, /, *, context: str = "", **values: Any) -> str:
    """The text in the current language, its `{name}` places filled; English where a catalog has none.

    Without values nothing is filled, and braces stand as they are. `context` tells apart what English
    writes alike ("Run": the button, the noun).
    """
    found = catalog(language()).texts.get((context, english), english)
    return filled(found, values) if values else found


def tr_count(one: str, many: str, count: int, /, **values: Any) -> str:
    """The form of a text that a count takes: `tr_count("{count} step", "{count} steps", 3)`."""
    code = language()
    forms = catalog(code).plurals.get(one)
    text = (one if count == 1 else many) if forms is None else forms[LANGUAGES[code].form(count)]
    return filled(text, {"count": count, **values})


def mark(english: str, /) -> str:
    """The text as it is: marks a constant for the catalogs, for a later `tr(CONSTANT)`."""
    return english
