"""In Chinese and Japanese nothing on the page is joined by the commas, colons and blanks of English."""

from __future__ import annotations

import re

import pytest

from chat_app.designer.guided import speech
from chat_app.designer.guided.describe import describe_workflow
from chat_app.designer.guided.patterns import load_patterns
from chat_app.engine.testing import run_tests
from chat_app.events.run import Question, RunFinished, RunWaiting, StepFinished, StepStarted, UsageReported
from chat_app.translation import speaking, tr
from chat_app.ui import draft_desk, paint_run, runs_html
from chat_app.ui.form import FormField, read_form
from chat_app.ui.node_details import node_html
from chat_app.ui.problems_html import count_words
from chat_app.ui.run_html import said_of
from chat_app.ui.workspace import Workspace
from chat_app.workflow.check import check
from tests.ui.house import House
from tests.ui.test_run_view import STARTED, seen

WORKFLOW = """
version: 1
name: mail
description: 邮件
inputs: {mail: {type: string}, unused: {type: string}}
state: {mood: {type: string}, note: {type: string}}
outputs: [mood, note]
nodes:
  - {id: judge, kind: llm, prompt: "{{ state.mail }}", writes: [mood]}
  - {id: tell, kind: template, template: "{{ state.mood }}", writes: [note]}
edges:
  - {from: START, to: judge}
  - {from: judge, routes: [{condition: "state.mood == 'x'", to: tell}, {to: END}]}
  - {from: tell, to: END}
tests: [{name: t, inputs: {mail: a, unused: b}, given: {judge: {mood: y}}, expect: ["true"]}]
"""
ENGLISH_JOINT = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff][,;:] |[，。、；：] ")


@pytest.fixture(params=["zh", "ja"])
def code(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def joined_in_english(html: str) -> list[str]:
    """What an English joint stands in, of a text or of HTML."""
    text = re.sub(r"<[^>]+>", "\n", html)
    return [line for line in text.splitlines() if ENGLISH_JOINT.search(line)]


async def test_the_panel_joins_in_the_visitors_way(code: str) -> None:
    checked = check(WORKFLOW)
    broken = check(WORKFLOW.replace("outputs: [mood, note]", "outputs: [mud]"))
    assert checked.workflow is not None and checked.diagnostics and broken.diagnostics
    started, finished = StepStarted("judge#0", "judge", "llm"), StepFinished("judge#0", "judge", {"mood": "x"}, 0.5)
    used = UsageReported("judge#0", "judge", "x", 5, 10, 0.0), UsageReported("judge#0", "judge", "x", 5, 10, 0.0)
    done = seen(STARTED, started, *used, finished, RunFinished({"mood": "x", "note": "y"}, 1.0))
    asked = seen(STARTED, RunWaiting((Question("a", "ask", "继续？", {}),)))
    outcomes = await run_tests(checked)
    with speaking(code):
        shown = {
            "problems": count_words((*checked.diagnostics, *broken.diagnostics)),
            "done": said_of(done),
            "asked": said_of(asked),
            "pair": runs_html.pair_html((done, done)),
            "tests": runs_html.tests_html(checked.workflow, outcomes, stale=False),
            "node": node_html(checked, "judge", done),
            "form": read_form([FormField("x", {"type": "object"})], {"x": "{1"}).problems["x"],
        }
    assert "、" in shown["problems"] and "mood、note" in shown["done"] and "：继续？" in shown["asked"]
    assert {name: joined_in_english(text) for name, text in shown.items() if joined_in_english(text)} == {}


async def test_what_a_run_may_use_is_joined_in_the_visitors_way(house: House, code: str) -> None:
    place = Workspace("v1", house.services)
    await draft_desk.typed_yaml(place, WORKFLOW)
    with speaking(code):
        drawn = str(paint_run.form(place))
        assert f"{tr('Model')}：<b>" in drawn
    assert joined_in_english(drawn) == []


def test_the_guided_designer_joins_in_the_visitors_way(code: str) -> None:
    workflow = check(WORKFLOW).workflow
    assert workflow is not None
    pattern = load_patterns()[0]
    with speaking(code):
        said = [
            speech.card_text(pattern, ["甲", "乙"]),
            speech.left_out(["甲", "乙"]),
            speech.chosen(pattern.title, ["甲", "乙"]),
            speech.not_understood("甲", ["乙"]),
            speech.families(load_patterns()),
            speech.built("mail", "a → b", "b", 2),
            describe_workflow(workflow),
        ]
        assert tr("and") not in ("and", "")
    assert "甲；乙" in said[0] and "甲；乙" in said[1]
    assert [text for text in said if joined_in_english(text)] == []
