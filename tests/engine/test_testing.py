"""The `tests:` of workflows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chat_app.engine.errors import NotRunnable
from chat_app.engine.testing import run_tests
from chat_app.workflow.check import check
from chat_app.workflow.surroundings import Surroundings
from tests.engine.conftest import checked

EXAMPLES = sorted(Path("generated_configs/examples").glob("*.yaml"))

TEXT = """
inputs: {mail: {type: string}}
state: {mood: {type: string, enum: [calm, angry]}, answer: {type: string}, decision: {type: string, default: none}}
outputs: [answer, decision]
nodes:
  - {id: judge, kind: llm, prompt: "{{ state.mail }}", writes: [mood]}
  - {id: draft, kind: llm, prompt: "Answer {{ state.mail }}", writes: [answer]}
  - {id: approve, kind: human, ask: "Send {{ state.answer }}?", writes: [decision]}
edges:
  - {from: START, to: judge}
  - {from: judge, to: draft}
  - {from: draft, routes: [{condition: "state.mood == 'angry'", to: approve}, {to: END}]}
  - {from: approve, to: END}
tests:
  - name: TEST
    inputs: {mail: Hello}
    given: {judge: {mood: MOOD}, draft: {answer: Fine}}
    answers: ANSWERS
    expect: ["EXPECT"]
"""


def text(mood: str = "angry", answers: str = "{approve: {decision: send}}", expect: str = "true") -> str:
    return TEXT.replace("MOOD", mood).replace("ANSWERS", answers).replace("EXPECT", expect)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_pass_their_own_tests(example: Path) -> None:
    outcomes = asyncio.run(run_tests(check(example.read_text(encoding="utf-8"), Surroundings(folder=example.parent))))
    assert outcomes
    assert [outcome.problems for outcome in outcomes if not outcome.passed] == []


async def test_given_results_and_answers_lead_the_way() -> None:
    (outcome,) = await run_tests(checked(text(expect="state.decision == 'send' && state.answer == 'Fine'")))
    assert outcome.passed, outcome.problems
    assert outcome.name == "TEST"


async def test_what_does_not_hold_is_told_with_what_was_found() -> None:
    (outcome,) = await run_tests(checked(text(mood="calm", expect="state.decision == 'send'")))
    assert outcome.problems == ("`state.decision == 'send'` does not hold (decision = 'none')",)


async def test_a_question_without_an_answer_fails_the_test() -> None:
    (outcome,) = await run_tests(checked(text(answers="{}")))
    assert not outcome.passed
    assert "no answer is given" in outcome.problems[0]


async def test_what_has_errors_is_not_tested() -> None:
    with pytest.raises(NotRunnable):
        await run_tests(check("version: 1\nname: x\nnodes: []\n"))
