"""The catalogs: gettext's PO files, `catalogs/<language>/<area>.po`, read when a language is first spoken."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from chat_app.translation.languages import ENGLISH

FOLDER = Path(__file__).parent / "catalogs"
FINISHED = "finished"
"""Within a language: the folder of the texts that the layers below make in English."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All texts of one language."""

    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    """By context (often empty) and English text."""
    plurals: dict[str, dict[int, str]] = field(default_factory=dict)
    """By the English singular: the text of each form."""


@cache
def catalog(code: str) -> Catalog:
    """The catalog of a language; that of English is empty."""
    found = Catalog()
    if code == ENGLISH:
        return found
    # Here, so that whoever speaks English only never loads it.
    import polib

    for path in sorted((FOLDER / code).glob("*.po")):
        for entry in polib.pofile(str(path), encoding="utf-8"):
            if entry.msgid_plural:
                if all(entry.msgstr_plural.values()):
                    found.plurals[entry.msgid] = dict(entry.msgstr_plural)
            elif entry.msgstr:
                found.texts[(entry.msgctxt or "", entry.msgid)] = entry.msgstr
    return found


def finished_texts(code: str) -> dict[str, str]:
    """The templates of finished texts with their translations."""
    import polib

    return {
        entry.msgid: entry.msgstr
        for path in sorted((FOLDER / code / FINISHED).glob("*.po"))
        for entry in polib.pofile(str(path), encoding="utf-8")
        if entry.msgstr
    }
