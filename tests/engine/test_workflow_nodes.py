"""Nodes that run other files: their state, names, people, limits, and that a run keeps their texts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chat_app.engine.dry_run import dry_run
from chat_app.engine.envelope import envelope
from chat_app.engine.errors import AnswersRefused
from chat_app.engine.manager import RunManager
from chat_app.engine.testing import run_tests
from chat_app.events.run import (
    LimitReached,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStopped,
    RunWaiting,
    StepFinished,
    StepStarted,
)
from chat_app.workflow.check import check
from chat_app.workflow.surroundings import Surroundings
from tests.engine.conftest import Make, OneModel, ToldModel, checked, events_of, of_type

OUTER = """
inputs: {topic: {type: string, default: bees}}
state: {draft: {type: string}, answer: {type: string}}
outputs: [answer]
nodes:
  - {id: draft, kind: template, template: "about {{ state.topic }}", writes: [draft]}
  - {id: call, kind: workflow, uses: ./inner.yaml, arguments: {text: "{{ state.draft }}"}, writes: [answer]}
tests:
  - {name: pinned, given: {call: {answer: x}}, expect: ["state.answer == 'x'"]}
"""
INNER = """
model: of_the_file
inputs: {text: {type: string}, mark: {type: string, default: "!"}}
state: {draft: {type: string}, end: {type: string}}
outputs: [end]
nodes:
  - {id: draft, kind: llm, prompt: "{{ state.text }}", writes: [draft]}
  - {id: finish, kind: template, template: "{{ state.draft }}{{ state.mark }}", writes: [end]}
"""
ASKING = INNER.replace('kind: llm, prompt: "{{ state.text }}"', 'kind: human, ask: "{{ state.text }}?"')


def echo() -> ToldModel:
    return ToldModel(lambda request: f"<{request.messages[-1].content}>")


async def ran(manager: RunManager, inner: str = INNER, outer: str = OUTER) -> list[RunEvent]:
    run_id = await manager.start(checked(outer, {"inner.yaml": inner}), {})
    return await events_of(manager, run_id)


async def test_it_has_a_state_of_its_own_and_gives_its_outputs_back(make: Make) -> None:
    events = await ran(make(echo()))
    assert events[-1].outputs == {"answer": "<about bees>!"}
    started = [(step.step, step.node, step.parent) for step in of_type(events, StepStarted)]
    assert started == [
        ("draft#1", "draft", None),
        ("call#1", "call", None),
        ("call#1/draft#1", "call/draft", "call#1"),
        ("call#1/finish#1", "call/finish", "call#1"),
    ]


async def test_its_own_model_is_asked_unless_another_is_chosen(tmp_path: Path) -> None:
    source = OneModel(echo())
    manager = RunManager(source, tmp_path)
    await ran(manager)
    assert "of_the_file" in source.names
    source.names.clear()
    run_id = await manager.start(checked(OUTER, {"inner.yaml": INNER}), {}, model="chosen")
    await events_of(manager, run_id)
    assert set(source.names) == {"chosen"}
    await manager.close()


async def test_a_person_in_it_is_asked_and_the_run_keeps_the_files_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(f"version: 1\nname: inner\n{ASKING}", encoding="utf-8")
    found = check(f"version: 1\nname: outer\n{OUTER}", Surroundings(folder=tmp_path))
    assert found.valid
    first = RunManager(OneModel(echo()), tmp_path)
    run_id = await first.start(found, {})
    waiting = (await events_of(first, run_id))[-1]
    assert isinstance(waiting, RunWaiting)
    (question,) = waiting.questions
    assert (question.step, question.node, question.text) == ("call#1/draft#1", "call/draft", "about bees?")
    await first.close()
    (tmp_path / "inner.yaml").write_text("no workflow any more", encoding="utf-8")
    second = RunManager(OneModel(echo()), tmp_path)
    with pytest.raises(AnswersRefused):
        await second.answer(run_id, {"draft": {"draft": "yes"}})
    await second.answer(run_id, {"call": {"draft": {"draft": "yes"}}})
    events = await events_of(second, run_id)
    assert events[-1].outputs == {"answer": "yes!"}
    assert "call#1" not in [step.step for step in of_type(events, StepStarted)]
    await second.close()


async def test_one_file_may_be_used_twice_and_for_each_item(make: Make) -> None:
    outer = """
inputs: {words: {type: array, items: {type: string}, default: [a, b]}}
state: {found: {type: array, items: {type: string}}, one: {type: string}}
outputs: [found, one]
nodes:
  - id: each
    kind: map
    over: "{{ state.words }}"
    body:
      state: {x: {type: string}}
      nodes:
        - {id: inside, kind: workflow, uses: ./inner.yaml, arguments: {text: "{{ item }}", mark: "?"}, writes: [x]}
      returns: x
    writes: [found]
  - {id: again, kind: workflow, uses: inner.yaml, arguments: {text: c}, writes: [one]}
"""
    events = await ran(make(echo()), outer=outer)
    assert events[-1].outputs == {"found": ["<a>?", "<b>?"], "one": "<c>!"}
    steps = {step.step: step.node for step in of_type(events, StepFinished)}
    assert steps["each#1[1]/inside#1/draft#1"] == "inside/draft"


async def test_files_may_use_files(make: Make) -> None:
    middle = OUTER.replace("./inner.yaml", "./last.yaml")
    files = {"sub/inner.yaml": middle, "sub/last.yaml": INNER}
    outer = OUTER.replace("./inner.yaml", "./sub/inner.yaml").replace("{text:", "{topic:")
    manager = make(echo())
    run_id = await manager.start(checked(outer, files), {})
    events = await events_of(manager, run_id)
    assert events[-1].outputs == {"answer": "<about about bees>!"}
    assert "call/call/draft" in [step.node for step in of_type(events, StepStarted)]
    assert set(manager.status(run_id).files) == set(files)


async def test_the_limits_of_the_whole_run_hold_within(make: Make) -> None:
    events = await ran(make(echo()), outer=OUTER + "limits: {steps: 3}\n")
    assert isinstance(events[-1], LimitReached)
    assert of_type(events, StepStarted)[-1].node == "call/draft"


async def test_stop_within_it_and_resume_do_nothing_twice(make: Make) -> None:
    began = asyncio.Event()

    def says(request: object) -> list[str]:
        began.set()
        return ["word "] * 100_000

    model = ToldModel(says)
    manager = make(model)
    run_id = await manager.start(checked(OUTER, {"inner.yaml": INNER}), {})
    await began.wait()
    await manager.stop(run_id)
    assert isinstance((await events_of(manager, run_id))[-1], RunStopped)
    model.reply = ["good"]
    await manager.resume(run_id)
    events = await events_of(manager, run_id)
    assert events[-1].outputs == {"answer": "good!"}
    assert [step.step for step in of_type(events, StepFinished)].count("draft#1") == 1


async def test_a_failure_within_it_names_the_node_and_on_error_helps(make: Make) -> None:
    failing = INNER.replace("{{ state.draft }}{{ state.mark }}", "{{ state.text[9999] }}")
    events = await ran(make(echo()), failing)
    assert isinstance(events[-1], RunFailed)
    assert events[-1].node == "call"
    assert "call/finish" in events[-1].message
    kept = OUTER.replace("answer: {type: string}", 'answer: {type: string, default: ""}')
    events = await ran(
        make(echo()), failing, kept.replace("writes: [answer]", "writes: [answer], on_error: continue")
    )
    assert isinstance(events[-1], RunFinished)


async def test_tests_dry_runs_and_the_envelope_reach_within() -> None:
    found = checked(OUTER, {"inner.yaml": INNER})
    assert all(outcome.passed for outcome in await run_tests(found))
    report = await dry_run(found)
    assert report.complete, report.lines()
    assert "4 of 4 nodes" in report.lines()[0]
    assert found.workflow is not None
    bounds = envelope(found.workflow, lambda name: None, used=found.used)
    assert (bounds.calls_least, bounds.calls_most, bounds.models) == (1, 1, ("of_the_file",))


async def test_answers_of_a_test_are_written_under_the_node() -> None:
    answered = "  - {name: asked, answers: {call: {draft: {draft: yes}}}, expect: [\"state.answer == 'yes!'\"]}\n"
    outcomes = await run_tests(checked(OUTER + answered, {"inner.yaml": ASKING}))
    assert [outcome.problems for outcome in outcomes] == [(), ()]
