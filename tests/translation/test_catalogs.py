"""The catalogs: complete in every language, true to the code, with the same places for values."""

from functools import cache

import polib
import pytest

from chat_app.translation.catalogs import FINISHED, FOLDER
from chat_app.translation.extraction import (
    PACKAGE,
    Text,
    finished_by_area,
    known_entries,
    places,
    refreshed,
    texts_by_area,
)
from chat_app.translation.languages import ENGLISH, LANGUAGES
from chat_app.translation.recognition import PLACE

OTHERS = [code for code in LANGUAGES if code != ENGLISH]
BELOW = ("", FINISHED)
"""The folders: of what the page says itself, and of what the layers below it finish in English."""
MEND = "run `make catalogs`, then translate what it adds (docs/translating.md)"

# All of the code is read for them: once, in one process.
pytestmark = pytest.mark.xdist_group("texts of the code")


@cache
def areas(below: str) -> dict[str, list[Text]]:
    """What the code says, by catalog."""
    return finished_by_area(PACKAGE) if below else texts_by_area(PACKAGE)


@pytest.mark.parametrize("below", BELOW)
@pytest.mark.parametrize("code", OTHERS)
def test_catalogs_are_what_the_code_says(code: str, below: str) -> None:
    known = known_entries(code, below=below)
    assert sorted(path.stem for path in (FOLDER / code / below).glob("*.po")) == sorted(areas(below)), MEND
    for area, texts in areas(below).items():
        kept = (FOLDER / code / below / f"{area}.po").read_text(encoding="utf-8")
        assert kept == str(refreshed(code, area, texts, known)), f"{code}/{area}.po is not up to date: {MEND}"


@pytest.mark.parametrize("below", BELOW)
@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated(code: str, below: str) -> None:
    lacking = [entry.msgid for entry in known_entries(code, below=below).values() if not entry.translated()]
    assert lacking == [], MEND


@pytest.mark.parametrize("code", OTHERS)
def test_places_for_values_are_the_same(code: str) -> None:
    wrong = [entry.msgid for entry in known_entries(code).values() if not _agrees(entry)]
    assert wrong == [], "the names in braces are the program's; a translation keeps each of them"


@pytest.mark.parametrize("code", OTHERS)
def test_places_for_values_of_finished_texts_are_the_same(code: str) -> None:
    entries = known_entries(code, below=FINISHED).values()
    wrong = [one.msgid for one in entries if set(PLACE.findall(one.msgid)) != set(PLACE.findall(one.msgstr))]
    assert wrong == [], "the names in braces are the program's; a translation keeps each of them"


def _agrees(entry: polib.POEntry) -> bool:
    if not entry.msgid_plural:
        return places(entry.msgid) == places(entry.msgstr)
    wanted = places(entry.msgid_plural)
    # "One point": a form for one may leave the number out.
    return all(wanted - {"{count}"} <= places(form) <= wanted for form in entry.msgstr_plural.values())
