"""From first words to a running workflow, with no model at all: the six kinds of wish that must never fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_app.engine.testing import run_tests
from chat_app.events.design import Asked, Edited, Offered
from tests.designer.guided.conftest import Talk
from tests.designer.guided.running import outputs_of

WISHES = {
    "I want to answer questions about a document": "answer_questions",
    "extract the invoice number, the date and the total from the text of an invoice": "extract_fields",
    "sort incoming mails into billing, technical and sales, and handle each differently": "classify_route",
    "write a product description, have it reviewed and improve it until it is good": "write_review_improve",
    "process each item of a list": "each_item",
    "research a topic from several angles in parallel and merge the findings into a report": "research_angles",
}


@pytest.mark.parametrize(("wish", "pattern"), WISHES.items(), ids=WISHES.values())
async def test_a_wish_becomes_a_workflow_that_runs(wish: str, pattern: str, talk: Talk, tmp_path: Path) -> None:
    await talk.say(wish)
    offered = talk.one(Offered)
    assert len(offered.cards) in (2, 3)
    assert all(card.draft for card in offered.cards), "every card has a preview"
    assert f"name: {pattern}\n" in (offered.cards[0].draft or "")
    await talk.say(offered.cards[0].value)
    for _ in range(12):
        if not talk.found(Asked):
            break
        question = talk.one(Asked)
        answer = question.options[0].value if question.options else question.default or "skip"
        await talk.say(answer)
    edited = talk.one(Edited)
    assert edited.valid
    assert edited.text == talk.draft
    checked = talk.checked()
    assert checked.faults == ()
    assert all(outcome.passed for outcome in await run_tests(checked))
    assert checked.workflow is not None
    inputs = {name: (field.examples or [None])[0] for name, field in checked.workflow.inputs.items()}
    outputs = await outputs_of(checked, inputs, tmp_path)
    assert set(outputs) == set(checked.workflow.outputs)
