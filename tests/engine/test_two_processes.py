"""Two processes lay hands on one run: one goes on with it, the other is told, and nothing finished runs twice."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest

from chat_app.chat_models.errors import RequestRefused
from chat_app.engine.batch import Batch, Row, RowResult
from chat_app.engine.errors import EngineError, NotAtRest
from chat_app.engine.manager import RunManager
from chat_app.events.run import RunFailed, RunFinished
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import KeptEvents, Make, OneModel, ToldModel, checked, events_of
from tests.engine.victim import forked, resume_all

TWO_CALLS = """
state: {a: {type: string}, b: {type: string}}
outputs: [a, b]
nodes:
  - {id: one, kind: llm, prompt: One, writes: [a]}
  - {id: two, kind: llm, prompt: "Two {{ state.a }}", writes: [b]}
edges:
  - {from: START, to: one}
  - {from: one, to: two}
  - {from: two, to: END}
"""
ASKING = """
state: {draft: {type: string}, said: {type: string}, end: {type: string}}
outputs: [said, end]
nodes:
  - {id: write, kind: llm, prompt: One, writes: [draft]}
  - {id: ask, kind: human, ask: "{{ state.draft }}?", writes: [said]}
  - {id: last, kind: llm, prompt: "Last {{ state.said }}", writes: [end]}
edges:
  - {from: START, to: write}
  - {from: write, to: ask}
  - {from: ask, to: last}
  - {from: last, to: END}
"""


async def failed_once(make: Make, model: ToldModel, recorder: KeptEvents) -> tuple[RunManager, str]:
    """A run whose second node has failed, in a process that lives on."""
    model.reply = ["first", RequestRefused("down", help="")]
    manager = make(model, recorder)
    run_id = await manager.start(checked(TWO_CALLS), {})
    assert isinstance((await events_of(manager, run_id))[-1], RunFailed)
    model.reply = lambda request: "second"
    return manager, run_id


async def test_of_two_processes_that_resume_at_once_one_is_told(make: Make) -> None:
    model, recorder = ToldModel([]), KeptEvents()
    _, run_id = await failed_once(make, model, recorder)
    ours, theirs = make(model, recorder), make(model, recorder)
    results = await asyncio.gather(ours.resume(run_id), theirs.resume(run_id), return_exceptions=True)
    (refused,) = [result for result in results if result is not None]
    assert isinstance(refused, NotAtRest) and "another process" in refused.message and refused.help
    winner, loser = (ours, theirs) if results[0] is None else (theirs, ours)
    assert isinstance((await events_of(winner, run_id))[-1], RunFinished)
    assert Counter(request.messages[-1].content for request in model.asked) == {"One": 1, "Two first": 2}
    # Nobody else began a stretch of the run, and the one who lost sees how it ended.
    assert [entry.offset for entry in recorder.entries] == list(range(len(recorder.entries)))
    assert loser.status(run_id).state == "finished"


async def test_two_who_resume_at_once_in_one_process_start_one_stretch(make: Make) -> None:
    model = ToldModel([])
    manager, run_id = await failed_once(make, model, KeptEvents())
    results = await asyncio.gather(manager.resume(run_id), manager.resume(run_id), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), NotAtRest]
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)
    assert len(model.asked) == 3


async def test_who_kept_a_run_at_rest_in_memory_sees_that_another_finished_it(make: Make) -> None:
    model, recorder = ToldModel([]), KeptEvents()
    ours, run_id = await failed_once(make, model, recorder)
    theirs = make(model, recorder)
    await theirs.resume(run_id)
    await events_of(theirs, run_id)
    assert ours.status(run_id).state == "finished"
    asked = len(model.asked)
    with pytest.raises(EngineError, match="finished"):
        await ours.resume(run_id)
    await ours.stop(run_id)
    assert ours.status(run_id).state == "finished" and ours.status(run_id).outputs == {"a": "first", "b": "second"}
    assert len(model.asked) == asked


async def test_of_two_answers_in_two_processes_the_one_that_goes_on_counts(make: Make) -> None:
    model, recorder = ToldModel(lambda request: request.messages[-1].content), KeptEvents()
    ours, theirs = make(model, recorder), make(model, recorder)
    run_id = await ours.start(checked(ASKING), {})
    await events_of(ours, run_id)
    results = await asyncio.gather(
        ours.answer(run_id, {"ask": {"said": "ours"}}),
        theirs.answer(run_id, {"ask": {"said": "theirs"}}),
        return_exceptions=True,
    )
    (place,) = [place for place, result in enumerate(results) if result is None]
    assert isinstance(results[1 - place], NotAtRest)
    said = ("ours", "theirs")[place]
    ended = (await events_of((ours, theirs)[place], run_id))[-1]
    assert isinstance(ended, RunFinished) and ended.outputs == {"said": said, "end": f"Last {said}"}
    assert [request.messages[-1].content for request in model.asked] == ["One", f"Last {said}"]


async def test_a_waiting_run_that_another_answered_is_not_stopped_here(make: Make) -> None:
    model, recorder = ToldModel(lambda request: "x"), KeptEvents()
    ours, theirs = make(model, recorder), make(model, recorder)
    run_id = await ours.start(checked(ASKING), {})
    await events_of(ours, run_id)
    await theirs.answer(run_id, {"ask": {"said": "yes"}})
    await events_of(theirs, run_id)
    await ours.stop(run_id)
    assert theirs.status(run_id).state == make(model).status(run_id).state == "finished"


async def test_a_batch_that_two_processes_run_does_each_row_once(make: Make) -> None:
    model = ToldModel(lambda request: request.messages[-1].content)
    text = f"inputs: {{word: {{type: string}}}}{TWO_CALLS}".replace("One", '"{{ state.word }}"')
    rows = [Row(number, {"word": f"word {number}"}) for number in range(1, 9)]

    async def all_of(manager: RunManager) -> list[RowResult]:
        return [result async for result in Batch(manager, checked(text), "batch", at_once=3).results(rows)]

    done = await asyncio.gather(all_of(make(model)), all_of(make(model)))
    assert set(Counter(request.messages[-1].content for request in model.asked).values()) == {1}
    for ours, theirs in zip(*(sorted(one, key=lambda result: result.row.number) for one in done), strict=True):
        assert ours.run_id == theirs.run_id
        assert "finished" in (ours.state, theirs.state)
        assert all(one.state == "finished" or "in another process" in one.message for one in (ours, theirs))


ROUNDS = 8


async def test_two_real_processes_resume_the_same_runs(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs.sqlite")
    model = ToldModel(
        lambda request: RequestRefused("down", help="") if "Two" in request.messages[-1].content else "1"
    )
    manager = RunManager(OneModel(model), tmp_path, store)
    run_ids = [await manager.start(checked(TWO_CALLS), {}) for _ in range(ROUNDS)]
    for run_id in run_ids:
        assert isinstance((await events_of(manager, run_id))[-1], RunFailed)
    await manager.close()
    store.close()
    context = forked()
    together = context.Barrier(2, timeout=60)
    files = [tmp_path / "one", tmp_path / "other"]
    both = [context.Process(target=resume_all, args=(tmp_path, run_ids, together, file)) for file in files]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    heard = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    for one, other in zip(*heard, strict=True):
        assert not (one and other) and (one or other), heard
        assert "process" in one + other or "finished" in one + other
    assert (tmp_path / "calls").read_text(encoding="utf-8").splitlines() == ["Two 1"] * ROUNDS
    store = RunStore(tmp_path / "runs.sqlite")
    for run_id in run_ids:
        entries = store.events(run_id)
        assert [entry.offset for entry in entries] == list(range(len(entries)))
        assert sum(isinstance(entry.event, RunFinished) for entry in entries) == 1
    store.close()
