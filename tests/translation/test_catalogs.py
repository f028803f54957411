"""The catalogs: complete in every language, true to the code, with the same places for values."""

import polib
import pytest

from chat_app.translation.catalogs import FOLDER
from chat_app.translation.extraction import PACKAGE, known_entries, places, refreshed, texts_by_area
from chat_app.translation.languages import ENGLISH, LANGUAGES

OTHERS = [code for code in LANGUAGES if code != ENGLISH]
AREAS = texts_by_area(PACKAGE)
MEND = "run `make catalogs`, then translate what it adds (docs/translating.md)"


@pytest.mark.parametrize("code", OTHERS)
def test_catalogs_are_what_the_code_says(code: str) -> None:
    known = known_entries(code)
    assert sorted(path.stem for path in (FOLDER / code).glob("*.po")) == sorted(AREAS), MEND
    for area, texts in AREAS.items():
        kept = (FOLDER / code / f"{area}.po").read_text(encoding="utf-8")
        assert kept == str(refreshed(code, area, texts, known)), f"{code}/{area}.po is not up to date: {MEND}"


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated(code: str) -> None:
    lacking = [entry.msgid for entry in known_entries(code).values() if not entry.translated()]
    assert lacking == [], MEND


@pytest.mark.parametrize("code", OTHERS)
def test_places_for_values_are_the_same(code: str) -> None:
    wrong = [entry.msgid for entry in known_entries(code).values() if not _agrees(entry)]
    assert wrong == [], "the names in braces are the program's; a translation keeps each of them"


def _agrees(entry: polib.POEntry) -> bool:
    if not entry.msgid_plural:
        return places(entry.msgid) == places(entry.msgstr)
    wanted = places(entry.msgid_plural)
    # "One point": a form for one may leave the number out.
    return all(wanted - {"{count}"} <= places(form) <= wanted for form in entry.msgstr_plural.values())
