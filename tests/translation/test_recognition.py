"""Finished English texts are recognised by the templates that they were made from."""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import get_args

import pytest

from chat_app.translation import LANGUAGES, speaking, translated
from chat_app.translation.catalogs import FINISHED
from chat_app.translation.languages import ENGLISH
from chat_app.translation.recognition import LONGEST, PLACE, Template, Templates
from chat_app.workflow.diff import diff
from chat_app.workflow.fields import FieldType, TypeName
from chat_app.workflow.values import describe
from tests.translation.test_catalogs import areas
from tests.workflow.test_cases import BAD, shown

pytestmark = pytest.mark.xdist_group("texts of the code")


@cache
def texts_of_the_code() -> list[str]:
    """Every text that is finished in English."""
    return [text.english for texts in areas(FINISHED).values() for text in texts]


def filled(template: str) -> str:
    """A text as the program could make it, with a value of its own in each place."""
    names = iter(range(1, 100))
    return PLACE.sub(lambda place: f"value{next(names)}", template)


def test_every_template_is_recognised_with_its_values() -> None:
    texts = texts_of_the_code()
    made = [text for text in texts if PLACE.search(text)]
    numbered = {text: f"<{number}>" + "".join(PLACE.findall(text)) for number, text in enumerate(texts)}
    alone = {text: Template(text, "").values(filled(text)) for text in made}
    assert all(alone.values()), [text for text, values in alone.items() if not values]
    templates = Templates(numbered)
    wrong = []
    for text in made:
        found = templates.told(filled(text))
        # Another that is as close to the text says the same with other names for its places.
        if not found.text.startswith("<") or found.known < Template(text, "").known:
            wrong.append((text, found))
    assert wrong == []


def _golden() -> Iterator[str]:
    for case in BAD:
        for found in shown(case):
            yield from (text for text in (found.message, found.help, found.fix and found.fix.title) if text)


VALUES_OF_OTHERS = (
    "was never closed",
    "the greeting is polite",
    "the message",
    "the most pages to",
    "how freely the model",
)
"""What Python says of its syntax, what stands in the workflow of a case, and what the language's schema says."""


def test_no_english_is_left_of_what_the_checker_says() -> None:
    # Each template is replaced by its places alone: what is still English came from none.
    bare = Templates(
        {text: " | ".join(f"{{{name}}}" for name in PLACE.findall(text)) for text in texts_of_the_code()}
    )
    names = re.compile(r"`[^`]*`|'[^']*'|\"[^\"]*\"|[\w.]*[._/|,;{}\[\]:][\w.]*")
    words = re.compile(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}")
    left = {text: names.sub(" | ", bare.told(text).text).lower() for text in _golden()}
    assert {
        text: rest
        for text, rest in left.items()
        if words.search(rest) and not any(theirs in rest for theirs in VALUES_OF_OTHERS)
    } == {}


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != ENGLISH])
def test_what_the_checker_says_is_said_in_every_language(code: str) -> None:
    with speaking(code):
        same = {text for text in _golden() if translated(text) == text}
    assert same == set()


def test_values_stand_in_the_translation_as_they_are() -> None:
    with speaking("de"):
        assert translated("`txet` names no node.") == "`txet` benennt keinen Knoten."
        assert translated("Did you mean `text`?") == "Meintest du `text`?"
        # A name is no word of ours, even where it is one in English.
        assert translated("The input `number` is never used.") == "Die Eingabe `number` wird nie benutzt."


def test_a_text_inside_a_text_is_told_too() -> None:
    with speaking("de"):
        inner = translated("`broken.yaml`, line 9: `state.txet` names no field.")
        assert inner == "`broken.yaml`, Zeile 9: `state.txet` benennt kein Feld."
        several = translated("Did you mean `a`? A newer model may be right.")
        assert several == "Meintest du `a`? Bei einem neueren Modell kann der Name stimmen."


BEFORE = """
version: 1
name: mail
inputs: {mail: {type: string}}
state: {text: {type: string}, score: {type: integer}}
outputs: [text]
nodes:
  - {id: write, kind: llm, prompt: "{{ state.mail }}", retry: {attempts: 2}, writes: [text]}
  - {id: judge, kind: llm, prompt: "Rate {{ state.text }}", writes: [score]}
edges: [{from: START, to: write}, {from: write, to: judge}, {from: judge, to: END}]
"""
AFTER = """
version: 1
name: mail
inputs: {mail: {type: string}, tone: {type: string, enum: [warm, cool]}, tags: {type: array, items: {type: string}}}
state: {text: {type: string}, score: {type: integer}}
outputs: [text, score]
nodes:
  - {id: write, kind: llm, temperature: 0.2, prompt: "{{ state.mail }}", writes: [text]}
  - {id: judge, kind: llm, prompt: "Rate {{ state.text }}", writes: [score]}
edges:
  - {from: START, to: write}
  - {from: write, to: judge}
  - {from: judge, routes: [{condition: "state.score < 5", to: write, max_times: 2}, {to: END}]}
limits: {steps: 20}
"""


def test_changes_are_told_whole() -> None:
    with speaking("de"):
        assert [translated(line) for line in diff(BEFORE, AFTER).lines()] == [
            "Hinzugefügt (Eingabe): `tone` (eines von warm, cool), `tags` (Liste von Texten).",
            "Die Ausgaben sind jetzt text, score (vorher text).",
            "Knoten `write` geändert: temperature 0.2, retry entfällt.",
            "Neue Wege: judge → write (wenn state.score < 5, höchstens 2 Mal).",
            "Grenzen: steps 20.",
        ]


LISTS = {
    "string": "liste de textes",
    "integer": "liste d'entiers",
    "number": "liste de nombres",
    "boolean": "liste de valeurs vrai ou faux",
    "object": "liste d'objets",
    "array": "liste de listes",
    "file": "liste de fichiers",
}


@pytest.mark.parametrize("kind", get_args(TypeName))
def test_a_list_is_told_by_what_many_of_its_kind_are_called(kind: str) -> None:
    listed = BEFORE.replace("inputs: {", f"inputs: {{list: {{type: array, items: {{type: {kind}}}}}, ")
    change = diff(BEFORE, listed).lines()[0]
    needed = f"`list` must be {describe(FieldType.model_validate({'type': 'array', 'items': {'type': kind}}))}"
    with speaking("fr"):
        assert translated(f"{needed}, found 3") == f"`list` doit être une {LISTS[kind]}, trouvé : 3"
        assert translated(change) == f"Ajouté : entrée `list` ({LISTS[kind]})."
    for code in set(LANGUAGES) - {ENGLISH}:
        with speaking(code):
            assert kind not in translated(change), translated(change)


def test_a_list_of_lists_is_told_whole() -> None:
    texts = FieldType.model_validate({"type": "array", "items": {"type": "string"}})
    nested = FieldType.model_validate({"type": "array", "items": texts})
    with speaking("fr"):
        assert translated(f"`rows` is {describe(nested)}, not a list.").startswith(
            "`rows` est une liste de listes, chacune une liste de textes,"
        )


def test_a_list_of_short_texts_is_told_one_by_one() -> None:
    with speaking("zh"):
        assert translated("5 of 5 nodes, 1 of 1 map bodies") == "5 个节点中的 5 个、1 个 map 主体中的 1 个"


def test_names_stay_in_a_text_that_is_told_a_second_time() -> None:
    with speaking("zh"):
        once = translated("The outputs are now text, number, answer (were text).")
        assert once == "输出现在是 text、number、answer（原为 text）。"
        assert translated(once) == once
        assert (
            translated("The outputs are now number, pros, as report is gone.")
            == "输出现在是 number、pros，因为 report 已不在。"
        )


def test_a_place_and_what_happened_there_are_told_one_by_one() -> None:
    with speaking("de"):
        told = translated("Line 7 (line 1 of the code): The text is empty.")
        assert told == "Zeile 7 (Zeile 1 des Codes): Der Text ist leer."


def test_the_words_of_others_stay_as_they_are() -> None:
    with speaking("ja"):
        for theirs in ("Overloaded, please come back later", "", "Hello", "x" * (LONGEST + 1), "Bonjour à tous."):
            assert translated(theirs) == theirs


def test_english_loads_no_catalog() -> None:
    said = (
        "import sys; from chat_app.translation import translated, speaking\n"
        "assert translated('The text is empty.') == 'The text is empty.'\n"
        "assert 'polib' not in sys.modules\n"
        "with speaking('fr'): assert translated('The text is empty.') == 'Le texte est vide.'\n"
    )
    subprocess.run([sys.executable, "-c", said], check=True)


def test_a_long_hostile_text_takes_no_time_to_speak_of() -> None:
    # Values are found by searching, never by backtracking: this ends, or the test does not.
    with speaking("de"):
        assert translated("`" * 300 + "must be one of , found " * 100)
