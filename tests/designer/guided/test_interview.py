"""The interview itself: cards, questions, skips, second thoughts, memory."""

from __future__ import annotations

import json
import re

import pytest

from chat_app.designer.conversation import Conversation
from chat_app.designer.guided import GuidedDesigner
from chat_app.designer.guided.interview import assumption
from chat_app.designer.guided.patterns import load_patterns
from chat_app.events.design import Asked, Assumed, Edited, Offered, Said, TurnFailed
from chat_app.translation import LANGUAGES, speaking
from tests.designer.guided.conftest import Talk, check


def said(talk: Talk) -> str:
    """What the designer said in words."""
    return "".join(event.text for event in talk.found(Said))


async def test_a_wish_offers_three_cards_and_never_chooses_silently(talk: Talk) -> None:
    await talk.say("sort support mails into billing and technical")
    assert len(talk.one(Offered).cards) in (2, 3)
    assert talk.draft == ""


async def test_what_the_wish_says_is_not_asked(talk: Talk) -> None:
    await talk.say("sort mails into billing, technical and sales and draft a reply in German", "1")
    assert talk.one(Asked).id == "sample"
    assert "billing, technical or sales" in said(talk)
    await talk.say("skip")
    assert "enum: [billing, technical, sales]" in talk.draft
    assert "Write in German." in talk.draft
    workflow = talk.checked().workflow
    assert workflow is not None
    assert {"labels", "handling", "language"} <= {requirement.id for requirement in workflow.requirements}


async def test_a_card_is_chosen_by_number_word_or_title(designer: GuidedDesigner) -> None:
    for answer in ("2", "the second", "second one"):
        talk = Talk(designer)
        await talk.say("sort support mails into billing and technical")
        second = talk.one(Offered).cards[1]
        await talk.say(answer)
        assert said(talk).startswith(f"**{second.title}**")


async def test_a_skip_takes_the_default_and_is_recorded(talk: Talk) -> None:
    await talk.say("answer questions about a document", "1", "skip")
    assert talk.one(Assumed).text == "What may the answer rest on: Only the text."
    assert talk.conversation.assumptions == ["What may the answer rest on: Only the text."]
    assert talk.one(Asked).id == "passages"


async def test_skip_all_builds_at_once_and_lists_every_assumption(talk: Talk) -> None:
    await talk.say("answer questions about a document", "skip", "skip all")
    assert talk.one(Edited).valid
    assert len(talk.conversation.assumptions) == 4
    assert "requirements" not in talk.draft, "what was assumed is no requirement"


async def test_answers_become_requirements_and_the_sample_a_test(talk: Talk) -> None:
    await talk.say("write, review and improve a text", "1", "newsletter", "short and plain", "9", "2")
    await talk.say("The new library of our town")
    workflow = talk.checked().workflow
    assert workflow is not None
    assert {requirement.id for requirement in workflow.requirements} == {
        "text_kind",
        "criteria",
        "threshold",
        "rounds",
    }
    assert workflow.tests[0].inputs == {"topic": "The new library of our town"}
    assert workflow.inputs["topic"].examples == ["The new library of our town"]
    assert "state.score < 9" in talk.draft


async def test_an_answer_that_is_not_understood_is_asked_again(talk: Talk) -> None:
    await talk.say("write, review and improve a text", "1", "skip", "skip", "very good")
    assert "a whole number from 1 to 10" in said(talk)
    assert talk.one(Asked).id == "threshold"
    await talk.say("eight")
    assert talk.one(Asked).id == "rounds"


async def test_why_and_back(talk: Talk) -> None:
    await talk.say("write, review and improve a text", "1", "essay", "why?")
    assert "The reviewer scores the text by this." in said(talk)
    await talk.say("back")
    assert talk.one(Asked).id == "text_kind"


async def test_no_i_meant_answers_the_last_question_anew(talk: Talk) -> None:
    await talk.say("write, review and improve a text", "1", "essay", "no, I meant a newsletter", "skip all")
    assert "Writes the newsletter" in talk.draft


async def test_something_else_and_start_over(talk: Talk) -> None:
    await talk.say("sort support mails", "none of these")
    assert "other words" in said(talk)
    await talk.say("extract name and date from a letter")
    assert "name: extract_fields" in (talk.one(Offered).cards[0].draft or "")
    await talk.say("start over")
    assert talk.designer.pending(talk.conversation) is None


async def test_a_conversation_survives_a_restart(designer: GuidedDesigner) -> None:
    talk = Talk(designer)
    await talk.say("answer questions about a document", "1")
    before = designer.pending(talk.conversation)
    stored = json.loads(json.dumps(talk.conversation.memory))
    again = Talk(GuidedDesigner(check), Conversation("talk", memory=stored))
    assert again.designer.pending(again.conversation) == before
    await again.say("text", "yes", "skip")
    assert again.one(Edited).valid


async def test_pending_tells_what_is_open(talk: Talk) -> None:
    assert talk.designer.pending(talk.conversation) is None
    await talk.say("sort support mails")
    assert talk.designer.pending(talk.conversation) == talk.one(Offered)
    await talk.say("1")
    assert talk.designer.pending(talk.conversation) == talk.one(Asked)


async def test_a_broken_memory_is_left_behind(talk: Talk) -> None:
    talk.conversation.memory["guided"] = {"stage": "asking", "unheard_of": 1}
    await talk.say("sort support mails")
    assert talk.found(Offered)


async def test_an_unknown_wish_changes_nothing_and_shows_what_can_be_built(talk: Talk) -> None:
    await talk.say("xyzzy plugh")
    assert talk.draft == ""
    assert "not sure that I can build" in said(talk)
    assert talk.one(Offered).cards


async def test_an_impossible_wish_is_refused_with_neighbours(talk: Talk) -> None:
    await talk.say("book a flight to Rome for me")
    assert "cannot book" in said(talk)
    assert talk.one(Offered).cards
    assert talk.draft == ""


async def test_files_are_told_to_be_pasted(talk: Talk) -> None:
    await talk.say("answer questions about a PDF", "1")
    assert any("pasted in" in event.text for event in talk.found(Assumed))


async def test_a_first_message_of_greeting_or_help(talk: Talk) -> None:
    await talk.say("hello")
    assert "guided designer" in said(talk)
    await talk.say("what can you do?")
    assert "patterns" in said(talk)


async def test_both_sides_of_the_talk_are_kept(talk: Talk) -> None:
    await talk.say("answer questions about a document", "1")
    roles = [message.role for message in talk.conversation.messages]
    assert roles == ["user", "designer", "user", "designer"]
    assert talk.conversation.messages[-1].text.endswith("What may the answer rest on?")


async def test_a_broken_draft_is_told_and_left_as_it_is(talk: Talk) -> None:
    talk.conversation.draft = "version: 1\nname: [broken\n"
    await talk.say("add a summary at the end")
    assert "YAML has errors" in talk.one(TurnFailed).message
    assert talk.draft == "version: 1\nname: [broken\n"


async def test_another_workflow_is_begun_while_there_is_a_draft(talk: Talk) -> None:
    await talk.say("answer questions about a document", "1", "skip all")
    first = talk.draft
    await talk.say("now build me a new workflow that translates a text into German")
    assert talk.draft == first
    await talk.say("1", "skip all")
    assert talk.one(Edited).valid
    assert "translat" in talk.draft and "find_passages" not in talk.draft


async def test_a_draft_made_elsewhere_is_changed_by_command(talk: Talk) -> None:
    await talk.say("answer questions about a document", "1", "skip all")
    other = Talk(talk.designer, Conversation("other", draft=talk.draft))
    await other.say("add a translation into German at the end")
    assert other.one(Edited).valid


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_assumption_takes_its_question_without_the_marks_of_one(code: str) -> None:
    with speaking(code):
        said = [assumption(slot) for pattern in load_patterns() for slot in pattern.slots if slot.ask]
    assert [one for one in said if re.match("¿", one) or re.search(r"[?？]\s*[:：]", one)] == []
