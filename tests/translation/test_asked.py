"""Questions of the example workflows, told in another language after a run put its values in."""

from pathlib import Path
from typing import Any

import pytest

from chat_app.translation import LANGUAGES, question_words, speaking, tr
from chat_app.translation.languages import ENGLISH
from chat_app.workflow.source import read
from chat_app.workflow.templates import compile_template

EXAMPLES = Path(__file__).parents[2] / "generated_configs" / "examples"
VALUES = {
    "topic": "delivery",
    "answer": "Dear Ada,\n\nDoubts: none. Send it, or not.",
    "text": "Publish this text?\n\nIt is {state.text}.",
    "doubts": "",
    "dropped": ["row 1: no name", "row 2: `x` {y}"],
    "supplier": "Miller, Berg & Co",
    "total": 12.5,
    "currency": "EUR",
}
ASKED = sorted(
    node["ask"]
    for path in EXAMPLES.glob("*.yaml")
    for node in read(path.read_text("utf-8")).data["nodes"]
    if "ask" in node
)


def rendered(template: str) -> str:
    names: dict[str, Any] = {"state": VALUES}
    return str(compile_template(template).render(names))


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != ENGLISH])
@pytest.mark.parametrize("ask", ASKED)
def test_a_question_reads_as_if_its_template_had_been_in_the_language(ask: str, code: str) -> None:
    with speaking(code):
        assert tr(ask) != ask
        assert question_words(rendered(ask)) == rendered(tr(ask)).strip("\n")


def test_english_and_what_nobody_shipped_stay_as_they_are() -> None:
    asked = rendered(next(ask for ask in ASKED if ask.startswith("Send")))
    assert question_words(asked) == asked
    with speaking("fr"):
        for theirs in ("Send this letter?\n\nDear Ada", "", "{{ state.x }}", "Wie weiter?"):
            assert question_words(theirs) == theirs
