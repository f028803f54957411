"""Accepting and rejecting the edits of a turn, and going back in a conversation."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chat_app.translation import speaking
from chat_app.ui import desk, draft_desk, keeping, paint
from chat_app.ui.acts import perform
from chat_app.ui.review import Review, accepted, rejected, review_of
from chat_app.ui.workspace import Workspace
from chat_app.workflow.check import check
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.typed_edits import DESIGN_EDITS
from tests.ui.house import House
from tests.ui.test_desk import GOOD, answered

ADD = {
    "op": "add_node",
    "node": {"id": "translate", "kind": "llm", "prompt": "In German: {{ state.text }}", "writes": ["german"]},
    "fields": {"german": {"type": "string"}},
}
OUTPUTS = {"op": "set_outputs", "outputs": ["text", "german"]}
PROMPT = {"op": "set_prompt", "id": "write", "prompt": "Greet {{ state.who }} warmly"}


def reviewed(*edits: dict[str, Any], beyond: str = "") -> Review:
    after = apply_edits(GOOD, DESIGN_EDITS.validate_python(list(edits))).text
    found = review_of(GOOD, after + beyond, edits)
    assert found is not None
    return found


@pytest.fixture
def place(house: House) -> Workspace:
    return Workspace("v1", house.services)


def test_each_edit_is_a_unit_told_from_the_diff() -> None:
    review = reviewed(ADD, OUTPUTS, PROMPT)
    assert [len(unit.edits) for unit in review.units] == [1, 1, 1]
    assert "translate" in " ".join(review.units[0].lines)
    assert "outputs" in review.units[1].lines[0]
    assert review.rest == ()


def test_a_rejected_edit_leaves_the_others_and_comes_back() -> None:
    review = reviewed(ADD, OUTPUTS, PROMPT)
    without = rejected(review, 2, check)
    assert without.refused == ""
    assert "warmly" not in without.text
    assert "translate" in without.text
    again = accepted(without.review, 2, check)
    assert again.text == review.after


def test_what_depends_on_a_rejected_edit_goes_with_it_or_keeps_it() -> None:
    review = reviewed(ADD, OUTPUTS, PROMPT)
    without = rejected(review, 0, check)
    # An output that nothing writes would be an error, so the edits stand or fall together.
    assert without.refused or without.also
    if without.also:
        assert "german" not in without.text
    alone = rejected(rejected(review, 1, check).review, 0, check)
    assert alone.refused == ""
    assert "german" not in alone.text
    assert "warmly" in alone.text


def test_all_rejected_is_the_text_before_byte_for_byte() -> None:
    review = reviewed(PROMPT)
    assert rejected(review, 0, check).text == GOOD


def test_edits_that_need_each_other_are_one_unit() -> None:
    edge = {"op": "connect", "from": "write", "to": "late"}
    node = {"op": "add_node", "node": {"id": "late", "kind": "template", "template": "x", "writes": ["late_text"]}}
    review = reviewed(edge, node)
    assert len(review.units) == 1


def test_there_is_no_review_of_what_can_not_be_told() -> None:
    assert review_of("", GOOD, [PROMPT]) is None
    assert review_of(GOOD, GOOD, [PROMPT]) is None
    assert review_of(GOOD, f"{GOOD}# more\n", [{"op": "nonsense"}]) is None


def test_what_was_done_beyond_the_edits_is_told() -> None:
    review = reviewed(PROMPT, beyond="limits: {steps: 9}\n")
    assert "steps" in review.rest[0]
    assert Review.from_json(review.as_json()) == review


async def test_an_edit_is_rejected_on_the_page_and_the_draft_follows(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, "add a translation to German at the end")
    await answered(place)
    assert place.review is not None
    assert "accept or reject" in str(paint.choices(place))
    after = place.draft
    for number in reversed(range(len(place.review.units))):
        await perform(place, {"act": "judge", "verdict": "reject", "place": str(number)})
        if place.draft == GOOD:
            break
    assert place.draft == GOOD
    assert place.review is not None
    await perform(place, {"act": "judge", "verdict": "accept_all"})
    assert place.draft == after
    await draft_desk.typed_yaml(place, after.replace("Greet", "Welcome"))
    assert place.review is None


async def test_a_first_design_is_reviewed_edit_by_edit_too(place: Workspace) -> None:
    await desk.say(place, "I want to summarise each text of a list")
    while not place.draft:
        await answered(place)
        if not place.draft:
            card = next((choice for choice in place.choices if choice.text), None)
            await desk.say(place, card.value if card else "skip")
    await answered(place)
    after, review = place.draft, place.review
    assert review is not None and review.before == "" and len(review.units) > 2
    assert "accept or reject" in str(paint.choices(place))
    tests = next(number for number, unit in enumerate(review.units) if "test" in unit.lines[0])
    await perform(place, {"act": "judge", "verdict": "reject", "place": str(tests)})
    assert place.checked is not None and place.checked.valid and place.checked.workflow is not None
    assert not place.checked.workflow.tests and "tests:" in after
    node = next(number for number, unit in enumerate(review.units) if "node" in " ".join(unit.lines))
    await perform(place, {"act": "judge", "verdict": "reject", "place": str(node)})
    assert place.notice is not None and place.notice.bad  # the outputs would be written by nobody
    again = Workspace("v1", place.services)
    await keeping.take_up(again, keeping.stored(place))
    assert again.review == place.review
    await perform(place, {"act": "judge", "verdict": "reject_all"})
    assert place.draft == "" and place.good is None
    await perform(place, {"act": "judge", "verdict": "accept_all"})
    assert place.draft == after


async def test_a_message_taken_back_rolls_the_panel_back(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, "add a review step")
    await answered(place)
    assert "review" in place.draft
    revisions = len(place.history)
    await desk.undo_turn(place, None)
    assert place.draft == GOOD
    assert place.transcript == []
    assert place.conversation.messages == []
    assert place.take_composer() == "add a review step"
    await draft_desk.redo(place)
    assert "review" in place.draft
    assert len(place.history) == revisions


async def test_a_message_is_edited_and_asked_again(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, "add a review step")
    await answered(place)
    await desk.edit_message(place, 0, "add a translation to German at the end")
    await answered(place)
    assert "review" not in place.draft
    assert "German" in place.draft
    first = place.draft
    await desk.retry_turn(place, 1)
    await answered(place)
    assert place.draft == first
    assert [line.role for line in place.transcript] == ["user", "assistant"]


async def test_marks_and_the_review_outlive_the_process(place: Workspace, house: House) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, "add a review step")
    await answered(place)
    again = Workspace("v1", house.services)
    await keeping.take_up(again, keeping.stored(place))
    assert again.review == place.review
    await desk.undo_turn(again, None)
    assert again.draft == GOOD


async def test_two_languages_side_by_side_do_not_mix(place: Workspace, house: House) -> None:
    async def seen(code: str) -> str:
        with speaking(code):
            other = Workspace(f"v{code}", house.services)
            await asyncio.sleep(0)
            return str(paint.choices(other))

    german, english = await asyncio.gather(seen("de"), seen("en"))
    assert "Say what you want" in english
    assert "Say what you want" not in german


async def test_a_plan_to_be_changed_begins_the_message_and_says_nothing(place: Workspace) -> None:
    await perform(place, {"act": "say", "message": "Change the plan: ", "label": "Change the plan"})
    assert place.take_composer() == "Change the plan: "
    assert place.transcript == []
    await perform(place, {"act": "language", "language": "de"})
    assert place.language == "de"
    await perform(place, {"act": "language", "language": "xx"})
    assert place.language == "de"
