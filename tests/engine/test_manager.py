"""Runs and their manager: events by offset, answers, resumes, other processes, refusals."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from chat_app.chat_models.errors import RequestRefused
from chat_app.engine.errors import AnswersRefused, EngineError, InputsRefused, NotRunnable, UnknownRun
from chat_app.engine.manager import RunManager
from chat_app.events.run import (
    CheckpointSaved,
    Recorded,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    RunWaiting,
    StepFinished,
    StepStarted,
)
from chat_app.workflow.check import check
from tests.engine.conftest import KeptEvents, Make, OneModel, ToldModel, checked, events_of, of_type

ASK = """
inputs: {text: {type: string, default: Hi}}
state:
  draft: {type: string}
  verdict: {type: string, enum: [send, discard]}
  score: {type: integer, minimum: 0, maximum: 5}
  done: {type: string}
outputs: [done]
nodes:
  - {id: write, kind: llm, prompt: "{{ state.text }}", writes: [draft]}
  - {id: approve, kind: human, ask: "Send {{ state.draft }}?", writes: [verdict, score]}
  - {id: finish, kind: template, template: "{{ state.verdict }} {{ state.draft }}", writes: [done]}
edges:
  - {from: START, to: write}
  - {from: write, to: approve}
  - {from: approve, to: finish}
  - {from: finish, to: END}
"""


async def test_offsets_are_gap_free_and_any_subscriber_sees_all(make: Make) -> None:
    recorder = KeptEvents()
    manager = make(ToldModel(["one"]), recorder)
    run_id = await manager.start(checked(ASK), {})
    early, late = await asyncio.gather(*(_entries(manager, run_id) for _ in range(2)))
    assert early == late == recorder.entries
    assert [entry.offset for entry in early] == list(range(len(early)))
    assert [entry async for entry in manager.subscribe(run_id, 4)] == early[4:]
    assert isinstance(early[0].event, RunStarted)
    assert isinstance(early[-1].event, RunWaiting)
    assert of_type([entry.event for entry in early], CheckpointSaved)


async def _entries(manager: RunManager, run_id: str) -> list[Recorded]:
    return [entry async for entry in manager.subscribe(run_id)]


async def test_a_subscriber_on_another_loop_sees_the_run(make: Make) -> None:
    manager = make(ToldModel(["one"]))
    found: list[Recorded] = []

    def elsewhere(run_id: str) -> None:
        found.extend(asyncio.run(_entries(manager, run_id)))

    run_id = await manager.start(checked(ASK), {})
    thread = threading.Thread(target=elsewhere, args=(run_id,))
    thread.start()
    await _entries(manager, run_id)
    await asyncio.to_thread(thread.join)
    assert isinstance(found[-1].event, RunWaiting)


async def test_an_answer_lets_the_run_go_on_where_it_was(make: Make) -> None:
    model = ToldModel(["the draft"])
    manager = make(model)
    run_id = await manager.start(checked(ASK), {})
    before = await events_of(manager, run_id)
    assert manager.status(run_id).state == "waiting"
    await manager.answer(run_id, {"approve": {"verdict": "send", "score": 5.0}})
    after = await events_of(manager, run_id, len(before))
    assert [type(event) for event in after[:2]] == [RunStarted, StepFinished]
    assert after[0].resumed
    assert after[1].writes == {"verdict": "send", "score": 5}
    assert after[-1].outputs == {"done": "send the draft"}
    assert len(model.asked) == 1
    assert not [event for event in of_type(after, StepStarted) if event.node == "approve"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"approve": {"verdict": "burn", "score": 1}}, "must be one of"),
        ({"approve": {"verdict": "send"}}, "`score` is missing"),
        ({"approve": {"verdict": "send", "score": 1, "more": 2}}, "`more` is not asked for"),
        ({"nobody": {"verdict": "send"}}, "`nobody` asks nothing"),
    ],
)
async def test_an_answer_that_does_not_fit_is_refused_and_the_run_waits_on(
    make: Make, answer: dict[str, dict[str, object]], problem: str
) -> None:
    manager = make(ToldModel(["the draft"]))
    run_id = await manager.start(checked(ASK), {})
    await events_of(manager, run_id)
    with pytest.raises(AnswersRefused, match=problem):
        await manager.answer(run_id, answer)
    assert manager.status(run_id).state == "waiting"
    await manager.answer(run_id, {"approve#1": {"verdict": "send", "score": 1}})
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)


async def test_of_two_answers_at_once_one_counts(make: Make) -> None:
    manager = make(ToldModel(["the draft"]))
    run_id = await manager.start(checked(ASK), {})
    await events_of(manager, run_id)
    answer = {"approve": {"verdict": "send", "score": 1}}
    results = await asyncio.gather(*(manager.answer(run_id, answer) for _ in range(2)), return_exceptions=True)
    events = await events_of(manager, run_id)
    assert len([event for event in of_type(events, StepFinished) if event.node == "approve"]) == 1
    assert len(of_type(events, RunFinished)) == 1
    assert all(result is None or isinstance(result, EngineError) for result in results)


TWO = """
state: {a: {type: string}, b: {type: string}, both: {type: string}}
outputs: [both]
nodes:
  - {id: first, kind: human, ask: First?, writes: [a]}
  - {id: second, kind: human, ask: Second?, writes: [b]}
  - {id: join, kind: template, template: "{{ state.a }}{{ state.b }}", writes: [both]}
edges:
  - {from: START, to: [first, second]}
  - {from: first, to: join}
  - {from: second, to: join}
  - {from: join, to: END}
"""


async def test_a_run_goes_on_when_every_question_is_answered(make: Make) -> None:
    manager = make(ToldModel([]))
    run_id = await manager.start(checked(TWO), {})
    events = await events_of(manager, run_id)
    assert [question.node for question in events[-1].questions] == ["first", "second"]
    await manager.answer(run_id, {"second": {"b": "2"}})
    assert [question.node for question in manager.status(run_id).questions] == ["first"]
    await manager.answer(run_id, {"first": {"a": "1"}})
    assert (await events_of(manager, run_id))[-1].outputs == {"both": "12"}


async def test_a_run_is_answered_in_another_process(make: Make, tmp_path: Path) -> None:
    recorder = KeptEvents()
    first = make(ToldModel(["the draft"]), recorder)
    run_id = await first.start(checked(ASK), {})
    before = await events_of(first, run_id)
    await first.close()
    second = make(ToldModel([]), recorder)
    assert second.status(run_id).state == "waiting"
    assert [one.run_id for one in second.runs("local")] == [run_id]
    assert await events_of(second, run_id) == before
    await second.answer(run_id, {"approve": {"verdict": "send", "score": 1}})
    events = await events_of(second, run_id)
    assert events[-1].outputs == {"done": "send the draft"}
    assert [entry.offset for entry in recorder.entries] == list(range(len(events)))


MAPPED = """
inputs: {names: {type: array, items: {type: string}, default: [a, b]}}
state: {answers: {type: array, items: {type: string}}}
outputs: [answers]
nodes:
  - id: each
    kind: map
    over: "{{ state.names }}"
    item: name
    body:
      state: {draft: {type: string}, answer: {type: string}}
      nodes:
        - {id: write, kind: llm, prompt: "{{ name }}", writes: [draft]}
        - {id: ask, kind: human, ask: "{{ state.draft }}?", writes: [answer]}
      returns: answer
    writes: [answers]
"""


async def test_people_are_asked_inside_a_map_and_no_model_is_asked_twice(make: Make) -> None:
    model = ToldModel(lambda request: request.messages[-1].content.upper())
    recorder = KeptEvents()
    first = make(model, recorder)
    run_id = await first.start(checked(MAPPED), {})
    questions = (await events_of(first, run_id))[-1].questions
    assert [(question.step, question.text) for question in questions] == [
        ("each#1[0]/ask#1", "A?"),
        ("each#1[1]/ask#1", "B?"),
    ]
    await first.close()
    second = make(model, recorder)
    await second.answer(run_id, {"each#1[1]/ask#1": {"answer": "two"}, "each#1[0]/ask#1": {"answer": "one"}})
    events = await events_of(second, run_id)
    assert events[-1].outputs == {"answers": ["one", "two"]}
    assert len(model.asked) == 2
    steps = [event.step for event in of_type(events, StepStarted)]
    assert len(steps) == len(set(steps)) == 5


async def test_one_answer_for_a_node_answers_all_its_questions(make: Make) -> None:
    manager = make(ToldModel(lambda request: "draft"))
    run_id = await manager.start(checked(MAPPED), {})
    await events_of(manager, run_id)
    await manager.answer(run_id, {"ask": {"answer": "same"}})
    assert (await events_of(manager, run_id))[-1].outputs == {"answers": ["same", "same"]}


async def test_a_failed_run_is_resumed_and_repeats_nothing_finished(make: Make) -> None:
    model = ToldModel(["first", RequestRefused("down", help=""), "second"])
    manager = make(model)
    text = """
state: {a: {type: string}, b: {type: string}}
outputs: [a, b]
nodes:
  - {id: one, kind: llm, prompt: One, writes: [a]}
  - {id: two, kind: llm, prompt: "{{ state.a }}", writes: [b]}
"""
    run_id = await manager.start(checked(text), {})
    assert isinstance((await events_of(manager, run_id))[-1], RunFailed)
    assert manager.status(run_id).message == "down"
    await manager.resume(run_id)
    assert (await events_of(manager, run_id))[-1].outputs == {"a": "first", "b": "second"}
    assert [request.messages[-1].content for request in model.asked] == ["One", "first", "first"]


async def test_a_run_that_asks_two_models_at_once_repeats_only_the_one_that_failed(make: Make) -> None:
    replies: dict[str, list[object]] = {"One": ["a"], "Two": [RequestRefused("down", help=""), "b"]}
    model = ToldModel(lambda request: replies[request.messages[-1].content].pop(0))
    text = """
state: {a: {type: string}, b: {type: string}}
outputs: [a, b]
nodes:
  - {id: one, kind: llm, prompt: One, writes: [a]}
  - {id: two, kind: llm, prompt: Two, writes: [b]}
"""
    manager = make(model)
    run_id = await manager.start(checked(text), {})
    await events_of(manager, run_id)
    await manager.resume(run_id)
    assert (await events_of(manager, run_id))[-1].outputs == {"a": "a", "b": "b"}


async def test_what_cannot_run_is_refused_before_anything_is_kept(make: Make) -> None:
    manager = make(ToldModel([]))
    with pytest.raises(NotRunnable):
        await manager.start(check("version: 1\nname: broken\n"), {})
    with pytest.raises(InputsRefused) as refused:
        await manager.start(checked(ASK.replace(", default: Hi", "")), {"colour": 3})
    assert refused.value.problems == ("`colour` is no input of drawn", "the input `text` is missing")
    with pytest.raises(InputsRefused, match="must be text"):
        await manager.start(checked(ASK), {"text": 3})
    assert manager.runs() == []


async def test_unknown_runs_are_named(make: Make) -> None:
    manager = make(ToldModel([]))
    with pytest.raises(UnknownRun):
        manager.status("nothing")
    with pytest.raises(UnknownRun):
        await manager.stop("nothing")
    with pytest.raises(UnknownRun):
        await events_of(manager, "nothing")


async def test_owners_see_their_own_runs(make: Make) -> None:
    manager = make(ToldModel(lambda request: "x"))
    mine = await manager.start(checked(ASK), {}, owner="me")
    theirs = await manager.start(checked(ASK), {}, owner="them")
    assert [run.run_id for run in manager.runs("me")] == [mine]
    assert [run.run_id for run in manager.runs("them")] == [theirs]


async def test_finished_runs_cannot_be_resumed_or_answered(make: Make) -> None:
    manager = make(ToldModel(["x"]))
    run_id = await manager.start(checked(ASK), {}, given={"approve": {"verdict": "send", "score": 1}})
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)
    with pytest.raises(EngineError, match="finished"):
        await manager.resume(run_id)
    with pytest.raises(EngineError, match="asks nothing"):
        await manager.answer(run_id, {"approve": {}})
    await manager.stop(run_id)
    assert manager.status(run_id).state == "finished"


async def test_a_waiting_run_can_be_stopped(make: Make) -> None:
    manager = make(ToldModel(["x"]))
    run_id = await manager.start(checked(ASK), {})
    await events_of(manager, run_id)
    await manager.stop(run_id)
    assert manager.status(run_id).state == "stopped"
    assert isinstance((await events_of(manager, run_id))[-1], RunStopped)


@pytest.mark.parametrize(
    ("chosen", "asked"),
    [
        (None, ["workflow/model", "node/model"]),
        ("run/model", ["run/model", "node/model"]),
        ("simulated", ["simulated"]),
    ],
)
async def test_which_model_a_node_asks(tmp_path: Path, chosen: str | None, asked: list[str]) -> None:
    source = OneModel(ToldModel(lambda request: "x"))
    manager = RunManager(source, tmp_path)
    text = """
model: workflow/model
state: {a: {type: string}, b: {type: string}}
outputs: [a, b]
nodes:
  - {id: one, kind: llm, prompt: One, writes: [a]}
  - {id: two, kind: llm, model: node/model, prompt: "{{ state.a }}", writes: [b]}
"""
    run_id = await manager.start(checked(text), {}, model=chosen, keys={"OPENAI_API_KEY": "sk-secret"})
    await events_of(manager, run_id)
    assert source.names == asked
    assert source.keys[0] == {"OPENAI_API_KEY": "sk-secret"}
    await manager.close()
    assert b"sk-secret" not in _everything_in(tmp_path)


def _everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_a_recorder_that_fails_does_not_fail_the_run(make: Make) -> None:
    class Broken:
        def record(self, entry: Recorded) -> None:
            raise OSError("disk gone")

    manager = make(ToldModel(["x"]), Broken())
    run_id = await manager.start(checked(ASK), {})
    assert isinstance((await events_of(manager, run_id))[-1], RunWaiting)


async def test_a_call_that_will_not_end_is_left_behind(make: Make) -> None:
    class Stubborn(ToldModel):
        released = asyncio.Event()
        asked_once = asyncio.Event()

        async def stream(self, request):  # type: ignore[no-untyped-def]
            self.asked_once.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await self.released.wait()
            yield

    model = Stubborn([])
    manager = make(model)
    run_id = await manager.start(checked(ASK), {})
    await model.asked_once.wait()
    before = asyncio.get_running_loop().time()
    await manager.stop(run_id)
    assert asyncio.get_running_loop().time() - before < 1.5
    assert manager.status(run_id).state == "stopped"
    events = await events_of(manager, run_id)
    model.released.set()
    # What was left behind ends in its own time, and begins nothing new: the call is not tried again.
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == f"run {run_id}"))
    assert isinstance(events[-1], RunStopped)


async def test_a_start_whose_caller_goes_away_still_starts(make: Make) -> None:
    recorder, rested = KeptEvents(), asyncio.Event()
    recorder.hears = {RunWaiting: lambda entry: rested.set()}
    caller = asyncio.ensure_future(make(ToldModel(["x"]), recorder).start(checked(ASK), {}))
    await asyncio.sleep(0)
    caller.cancel()
    await rested.wait()
    assert caller.cancelled()
