"""Wishes that combine: the steps that are named, in order, become one workflow that checks and runs."""

from __future__ import annotations

import re

import pytest

from chat_app.designer.guided.building import build
from chat_app.designer.guided.composing import compose
from chat_app.designer.guided.interview import default_of, read_slots
from chat_app.designer.guided.plans import Plan, PlannedStep, plan_of
from chat_app.designer.guided.steps import Step, load_steps, step_named, steps_in
from chat_app.designer.guided.toolbox import equipped
from chat_app.engine.dry_run import dry_run
from chat_app.engine.testing import run_tests
from chat_app.events.design import Edited, Offered, Said
from chat_app.translation import LANGUAGES, speaking, tr
from chat_app.translation.languages import ENGLISH
from chat_app.workflow.nodes import MapNode, ParallelNode
from tests.designer.guided.conftest import HERE, Talk, check

PLANS = {
    "summarise each item, then classify it, and ask me to approve": "summarise* classify* approve",
    "translate each review into English, extract the product, and write an overview": "translate* extract* merge",
    "summarise the text, list the risks and find a title in parallel": "summarise| risks| title|",
    "proofread my text and translate it into German": "proofread translate",
    "summarise each review": "summarise*",
    "draft a reply": "reply",
    "write a summary": "summarise",
    "add up the numbers": "",
    "a report about three key points": "",
}


@pytest.mark.parametrize(("wish", "expected"), PLANS.items(), ids=PLANS)
def test_a_wish_becomes_a_plan(wish: str, expected: str) -> None:
    plan = plan_of(wish)
    shown = [step.id + "*" * step.each + "|" * step.at_once for step in plan.steps] if plan else []
    assert " ".join(shown) == expected


@pytest.mark.parametrize("wish", [wish for wish, expected in PLANS.items() if expected])
async def test_a_plan_becomes_a_workflow_that_runs(wish: str) -> None:
    plan = plan_of(wish)
    assert plan is not None
    pattern = compose(plan)
    values = read_slots(pattern, wish)
    checked = check(build(pattern, values, dict.fromkeys(values, "said")).text)
    assert checked.faults == ()
    assert all(outcome.passed for outcome in await run_tests(checked))
    assert (await dry_run(checked)).complete


READY = [step for step in load_steps() if set(step.needs) <= HERE.tools.keys()]
"""The steps that this installation has the tools for."""


@pytest.mark.parametrize("step", READY, ids=lambda step: step.id)
@pytest.mark.parametrize("each", [False, True], ids=["once", "each"])
def test_every_step_fits_behind_and_before_a_text(step: object, each: bool) -> None:
    name = str(getattr(step, "id", ""))
    alone = Plan((PlannedStep(name, each=each),))
    before = Plan((PlannedStep(name, each=each), PlannedStep("rewrite", each=each)))
    behind = Plan((PlannedStep("rewrite", each=each), PlannedStep(name, each=each)))
    for plan in (alone, behind) if name == "rewrite" else (alone, before, behind):
        pattern = compose(plan)
        assert check(build(pattern, {}, {}).text).faults == (), pattern.title


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != ENGLISH])
@pytest.mark.parametrize("each", [False, True], ids=["once", "each"])
async def test_the_texts_that_a_step_is_tried_with_speak_the_conversations_language(each: bool, code: str) -> None:
    step = step_named("extract")
    assert step is not None
    with speaking(code):
        pattern = compose(Plan((PlannedStep("extract", each=each),)))
        sample = next(slot for slot in pattern.slots if slot.id == "sample")
        checked = check(build(pattern, {"sample": default_of(sample)}, {"sample": "assumed"}).text)
        wanted = [tr(one) for one in step.sample]
    assert checked.faults == () and checked.workflow is not None
    assert all(outcome.passed for outcome in await run_tests(checked))
    assert not set(wanted) & set(step.sample)
    (held,) = checked.workflow.tests[0].inputs.values()
    assert held == (wanted if each else wanted[0])


async def test_cards_and_steps_name_nothing_in_english(talk: Talk) -> None:
    await talk.say("总结每封邮件，然后翻译成韩语，并让我批准")
    cards = talk.one(Offered).cards
    assert [one.text for one in cards if re.search("[a-z]{3}", one.text or "")] == []
    assert any("然后：请人批准" in (one.text or "") for one in cards[1:])
    await talk.say(cards[0].value, "全部跳过")
    workflow = talk.checked().workflow
    assert workflow is not None and isinstance(workflow.nodes[0], MapNode)
    assert "翻译成：韩语" in [node.description for node in workflow.nodes[0].body.nodes]


@pytest.mark.parametrize("step", READY, ids=lambda step: step.id)
def test_every_verb_of_a_step_names_it(step: Step) -> None:
    with equipped(HERE.tools):
        for verb in step.verbs:
            assert any(named.step is step for named in steps_in(verb)), verb


async def test_a_combination_is_the_first_card_and_is_built(talk: Talk) -> None:
    await talk.say("summarise each item, then classify it, and ask me to approve")
    card = talk.one(Offered).cards[0]
    assert card.title == "For each item: summarise, then classify; then ask a person to approve"
    assert card.draft
    await talk.say(card.value, "good, bad", "one\ntwo\nthree")
    assert talk.one(Edited).valid
    workflow = talk.checked().workflow
    assert workflow is not None
    assert isinstance(workflow.nodes[0], MapNode)
    assert workflow.nodes[0].body.returns == ["summary", "category"]
    assert workflow.tests[0].inputs == {"items": ["one", "two", "three"]}


async def test_steps_at_once_become_a_parallel(talk: Talk) -> None:
    await talk.say(
        "summarise the text, list the risks and find a title in parallel, then merge them", "1", "skip all"
    )
    workflow = talk.checked().workflow
    assert workflow is not None
    assert isinstance(workflow.nodes[0], ParallelNode)
    assert workflow.nodes[0].subtasks == ["summarise", "risks", "title"]


async def test_commands_in_a_wish_are_carried_out_on_what_is_built(talk: Talk) -> None:
    await talk.say(
        "extract name and total from an invoice, if the total is above 1000 ask me to approve, limit to 2 minutes",
        "1",
    )
    await talk.say("skip all")
    workflow = talk.checked().workflow
    assert workflow is not None
    assert workflow.limits.seconds == 120
    assert "state.total > 1000" in talk.draft


async def test_a_part_of_a_wish_that_could_not_be_done_is_told(talk: Talk) -> None:
    await talk.say("summarise a text, and if the moon is full ask me to approve", "1", "skip all")
    assert talk.one(Edited).valid
    assert "could not do this part of your wish" in "".join(event.text for event in talk.found(Said))


async def test_a_pattern_is_followed_by_the_steps_that_it_lacks(talk: Talk) -> None:
    await talk.say("answer questions about a document and translate the answer into French")
    titles = [card.title for card in talk.one(Offered).cards]
    await talk.say(f"Use: {titles[titles.index('Answer questions about a text')]}", "skip all")
    assert "into French" in talk.draft
    assert talk.checked().faults == ()


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_it_does_is_told_whole_before_its_questions_are_answered(code: str) -> None:
    with speaking(code):
        told = compose(Plan((PlannedStep("draft"), PlannedStep("translate")))).description
        assert told.endswith((tr("Translate"), f"{tr('Translate')}.", f"{tr('Translate')}。", "Translates."))
    assert not re.search(r"[:：]\s*[.。]|<<", told)
