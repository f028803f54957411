"""Wishes as they are typed in haste: spelling, lists without commas, other languages; nothing is asked twice."""

from __future__ import annotations

from typing import Any

import pytest

from chat_app.designer.guided.interview import read_slots
from chat_app.designer.guided.memory import Memory
from chat_app.designer.guided.patterns import load_patterns, pattern_named
from chat_app.designer.guided.ranking import Ranker
from chat_app.designer.guided.scope import refusals_in
from chat_app.designer.guided.wishes import Wishes
from chat_app.events.design import Asked, Offered
from tests.designer.guided.conftest import Talk, check

FIRST_CARDS = {
    "emails come in and i want them sorted into complaints, praise and questions": "classify_route",
    "compare the market, the tech and the law of a topic": "research_angles",
    "sumarise this articel": "summarise_text",
    "bitte einen text übersetzen und prüfen": "translate_text",
    "we get reports every week and want them summarised": "summarise_text",
}
SAID: dict[tuple[str, str], Any] = {
    ("classify_route", "sort them into complaints, praise and questions"): ("labels", "complaints praise questions"),
    ("classify_text", "tell me if a mail is spam or not spam"): ("labels", "spam not_spam"),
    ("extract_fields", "i need the name, the date and the total of an invoice"): ("fields", "name date total"),
    ("extract_fields", "get the iban the amount and the date from a bill"): ("fields", "iban amount date"),
    ("research_angles", "compare the market, the tech and the law of a topic"): ("angles", "market tech law"),
    ("translate_many", "same text in french spanish and polish"): ("languages", "french spanish polish"),
    ("translate_many", "into German and French and have a person check"): ("languages", "german french"),
    ("write_review_improve", "an essay that is improved at most 3 times"): ("rounds", 3),
    ("study_cards", "make 8 quiz questions from a chapter"): ("count", 8),
    ("brainstorm", "generate ten name ideas for a cafe"): ("count", 10),
    ("rule_route", "up to 500 is small"): ("low", 500),
    ("summarise_text", "a summary in german"): ("style_language", "German"),
    ("summarise_text", "a summary in five bullet points"): ("style_length", "exactly 5 bullet points"),
    ("summarise_text", "a summary in 3 sentences"): ("form", "3 sentences"),
}


@pytest.mark.parametrize(("wish", "expected"), FIRST_CARDS.items(), ids=FIRST_CARDS)
def test_the_first_card_is_right(wish: str, expected: str) -> None:
    assert Ranker(load_patterns()).rank(wish)[0].pattern.id == expected
    assert refusals_in(wish) == []


@pytest.mark.parametrize(("wish", "expected"), SAID.items(), ids=[wish for _, wish in SAID])
def test_what_is_said_is_taken(wish: tuple[str, str], expected: tuple[str, Any]) -> None:
    pattern = pattern_named(wish[0])
    assert pattern is not None
    name, value = expected
    found = read_slots(pattern, wish[1])[name]
    assert (" ".join(one["name"] for one in found) if isinstance(found, list) else found) == value


async def test_all_the_languages_that_are_named_are_translated_into_and_a_person_approves(talk: Talk) -> None:
    await talk.say("Translate our product texts into German and French and have a person check each", "1", "skip all")
    workflow = talk.checked().workflow
    assert workflow is not None
    assert [node.id for node in workflow.nodes] == ["all_languages", "to_german", "to_french", "approve"]


async def test_categories_that_were_said_are_not_asked_for(talk: Talk) -> None:
    await talk.say("emails come in and i want them sorted into complaints, praise and questions", "1")
    assert talk.one(Asked).id != "labels"
    await talk.say("skip all")
    assert "enum: [complaints, praise, questions]" in talk.draft
    assert talk.checked().faults == ()


def test_each_of_my_texts_is_a_list() -> None:
    memory = Memory()
    Wishes(check).understand(memory, "translate each of my texts")
    [step] = memory.offered[0].recipe["steps"]
    assert (step["id"], step["each"]) == ("translate", True)


async def test_cards_of_compositions_do_not_repeat_their_titles(talk: Talk) -> None:
    for wish in ("classify my texts", "proofread my text and translate it", "translate each of my texts"):
        talk.conversation.draft, talk.conversation.memory = "", {}
        await talk.say(wish)
        for card in talk.one(Offered).cards:
            assert card.text.strip(". ").lower() != card.title.strip(". ").lower()
            assert "<<" not in card.text


def test_what_happens_every_week_anyway_is_no_schedule() -> None:
    assert refusals_in("we ship every friday and need a changelog") == []
    assert [refusal.id for refusal in refusals_in("run it every friday")] == ["schedule"]
