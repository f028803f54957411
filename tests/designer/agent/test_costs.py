"""A change that orphans a requirement or fails a test is shown before it is taken."""

from __future__ import annotations

import pytest

from chat_app.engine.testing import run_tests
from chat_app.events.design import Edited, Offered
from tests.designer.agent.samples import DRAFT, answer, edit
from tests.designer.agent.test_designer import MakeTalk

NEEDED = DRAFT.replace("inputs:", "requirements:\n  - {id: kind, text: Mind the mood, met_by: [judge]}\ninputs:", 1)
TESTED = (
    DRAFT
    + """\
tests:
  - name: angry people are judged so
    inputs: {email: "Where is it?!"}
    given: {judge: {mood: angry}, reply: {answer: Sorry.}}
    expect: ["state.mood == 'angry'"]
"""
)
REMOVE = edit(
    {"op": "remove_node", "id": "judge"}, {"op": "set_prompt", "id": "reply", "prompt": "To {{ state.email }}"}
)
CASE = {
    "name": "angry people are judged so",
    "inputs": {"email": "x"},
    "given": {"judge": {"mood": "calm"}, "reply": {"answer": "y"}},
    "expect": ["state.mood == 'angry'"],
}
CALM = edit({"op": "add_test", "test": CASE})


async def test_what_a_change_costs_is_shown_and_nothing_is_changed_yet(talk: MakeTalk) -> None:
    it = talk(REMOVE, draft=NEEDED)
    await it.say("Remove the first step")
    assert it.offered is not None
    assert "Mind the mood" in it.offered.text and "judge" in it.offered.text
    assert it.offered.takes_first
    assert it.offered.cards[0].draft is not None
    assert it.draft == NEEDED and it.edited is None


@pytest.mark.parametrize("words", ["Take the change", "yes", "ok"])
async def test_it_is_taken_with_a_click(talk: MakeTalk, words: str) -> None:
    it = talk(REMOVE, draft=NEEDED)
    await it.say("Remove the first step")
    await it.say(words)
    assert it.edited is not None and it.node_ids == ["reply"]
    assert len(it.model.requests) == 1


@pytest.mark.parametrize("words", ["Leave it as it was", "no"])
async def test_it_is_left_with_a_click(talk: MakeTalk, words: str) -> None:
    it = talk(REMOVE, draft=NEEDED)
    await it.say("Remove the first step")
    await it.say(words)
    assert it.draft == NEEDED and "left it" in it.said
    assert len(it.model.requests) == 1


async def test_going_on_takes_it(talk: MakeTalk) -> None:
    more = edit({"op": "set_prompt", "id": "reply", "prompt": "Kindly: {{ state.email }}"})
    it = talk(REMOVE, more, draft=NEEDED)
    await it.say("Remove the first step")
    events = [event async for event in it.designer.turn(it.conversation, "And be kind")]
    assert len([event for event in events if isinstance(event, Edited)]) == 2
    assert it.node_ids == ["reply"] and "Kindly" in it.draft


async def test_a_draft_that_was_changed_by_hand_meanwhile_wins(talk: MakeTalk) -> None:
    it = talk(REMOVE, answer("Yes?"), draft=NEEDED)
    await it.say("Remove the first step")
    it.conversation.draft = by_hand = NEEDED.replace("calm or angry", "calm or furious")
    await it.say("What now?")
    assert it.draft == by_hand and "was not made" in it.said


async def test_a_test_that_fails_then_is_shown(talk: MakeTalk) -> None:
    it = talk(CALM, draft=TESTED, run_tests=run_tests)
    await it.say("In the test the judge finds them calm")
    assert isinstance(it.offered, Offered)
    assert "The test “angry people are judged so” fails then" in it.offered.text
    assert it.draft == TESTED


async def test_a_change_that_costs_nothing_is_just_made(talk: MakeTalk) -> None:
    change = edit(
        {"op": "set_prompt", "id": "reply", "prompt": "Kindly, as they are {{ state.mood }}: {{ state.email }}"}
    )
    it = talk(change, draft=TESTED, run_tests=run_tests)
    await it.say("Be kind")
    assert it.offered is None and it.edited is not None
