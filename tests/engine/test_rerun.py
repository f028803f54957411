"""Reruns: what would come to the same is taken over, the rest is done anew; nothing made up stands for real."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chat_app.chat_models.protocol import ChatRequest
from chat_app.engine.errors import InputsRefused, NotRunnable
from chat_app.events.rebuilt import rebuilt
from chat_app.events.run import Logged, RunFinished, RunWaiting, UsageReported
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import KeptEvents, Make, ToldModel, checked, events_of, of_type

TEXT = """
inputs:
  topic: {type: string}
  tone: {type: string, default: calm}
  names: {type: array, items: {type: string}, default: [ada, bo]}
state:
  plan: {type: string}
  draft: {type: string}
  facts: {type: array, items: {type: string}}
  decision: {type: string}
  end: {type: string}
outputs: [end]
nodes:
  - {id: think, kind: llm, prompt: "plan {{ state.topic }}", writes: [plan]}
  - id: each
    kind: map
    over: "{{ state.names }}"
    item: name
    body:
      state: {fact: {type: string}}
      nodes: [{id: find, kind: llm, prompt: "find {{ name }}", writes: [fact]}]
      returns: fact
    writes: [facts]
  - {id: write, kind: llm, prompt: "write {{ state.plan }} {{ state.tone }}", writes: [draft]}
  - {id: approve, kind: human, ask: "Send {{ state.draft }}?", writes: [decision]}
  - {id: finish, kind: template, template: "{{ state.draft }} {{ state.facts }} {{ state.decision }}", writes: [end]}
edges:
  - {from: START, to: think}
  - {from: think, to: each}
  - {from: each, to: write}
  - {from: write, to: approve}
  - {from: approve, to: finish}
  - {from: finish, to: END}
"""


class Echo(ToldModel):
    """Says what it was asked, and how often it was asked anything before."""

    def __init__(self) -> None:
        super().__init__(lambda request: f"<{request.messages[-1].content}>")

    @property
    def prompts(self) -> list[str]:
        return [request.messages[-1].content for request in self.asked]


async def first_run(make: Make) -> tuple[Echo, KeptEvents, str]:
    model, kept = Echo(), KeptEvents()
    manager = make(model, kept)
    run_id = await manager.start(checked(TEXT), {"topic": "tea"})
    await events_of(manager, run_id)
    await manager.answer(run_id, {"approve": {"decision": "yes"}})
    ended = (await events_of(manager, run_id))[-1]
    assert isinstance(ended, RunFinished)
    await manager.close()
    model.asked.clear()
    return model, kept, run_id


async def test_from_a_node_on_only_what_changed_is_done_again(make: Make) -> None:
    model, kept, run_id = await first_run(make)
    manager = make(model, kept)
    again = await manager.rerun(run_id, anew="think")
    events = await events_of(manager, again)
    assert model.prompts == ["plan tea"]
    assert isinstance(events[-1], RunFinished)
    assert events[-1].outputs == {"end": '<write <plan tea> calm> ["<find ada>", "<find bo>"] yes'}
    assert len(of_type(events, UsageReported)) == 1
    assert {one.node for one in of_type(events, Logged)} == {"find", "write", "approve"}
    assert again != run_id and manager.status(run_id).state == "finished"


async def test_other_inputs_redo_what_reads_them_and_what_reads_that(make: Make) -> None:
    model, kept, run_id = await first_run(make)
    manager = make(model, kept)
    again = await manager.rerun(run_id, inputs={"tone": "loud"})
    waiting = (await events_of(manager, again))[-1]
    assert model.prompts == ["write <plan tea> loud"]
    # The answer was to another question, so the person is asked again.
    assert isinstance(waiting, RunWaiting) and waiting.questions[0].text == "Send <write <plan tea> loud>?"


async def test_a_map_redoes_all_of_a_node_in_it_and_only_new_items_else(make: Make) -> None:
    model, kept, run_id = await first_run(make)
    manager = make(model, kept)
    await events_of(manager, await manager.rerun(run_id, inputs={"names": ["ada", "cy"]}))
    assert model.prompts == ["find cy"]
    for anew in ("each", "find"):
        model.asked.clear()
        await events_of(manager, await manager.rerun(run_id, anew=anew))
        assert model.prompts == ["find ada", "find bo"]


async def test_a_rerun_of_a_rerun_takes_over_all_the_same(make: Make) -> None:
    model, kept, run_id = await first_run(make)
    manager = make(model, kept)
    second = await manager.rerun(run_id, anew="think")
    await events_of(manager, second)
    model.asked.clear()
    third = await manager.rerun(second, anew="write")
    await events_of(manager, third)
    assert model.prompts == ["write <plan tea> calm"]


async def test_a_rerun_that_is_stopped_still_knows_what_it_takes_over(make: Make) -> None:
    model, kept, run_id = await first_run(make)
    manager = make(model, kept)
    again = await manager.rerun(run_id, inputs={"tone": "loud"})
    await events_of(manager, again)
    await manager.close()
    later = make(model, kept)
    await later.answer(again, {"approve": {"decision": "no"}})
    assert isinstance((await events_of(later, again))[-1], RunFinished)
    assert model.prompts == ["write <plan tea> loud"]


async def test_whole_does_everything_again(make: Make) -> None:
    model, kept, run_id = await first_run(make)
    manager = make(model, kept)
    await events_of(manager, await manager.rerun(run_id, whole=True))
    assert len(model.prompts) == 4


async def test_what_cannot_be_rerun_is_refused_in_words(make: Make) -> None:
    model, kept, run_id = await first_run(make)
    manager = make(model, kept)
    with pytest.raises(NotRunnable, match="no node `nowhere`"):
        await manager.rerun(run_id, anew="nowhere")
    with pytest.raises(InputsRefused, match="no input"):
        await manager.rerun(run_id, inputs={"other": 1})
    with pytest.raises(NotRunnable, match="No results"):
        await make(model).rerun(run_id, anew="think")


async def test_what_was_made_up_is_not_taken_over_by_a_real_run(make: Make) -> None:
    model, kept = ToldModel(lambda request: "made up", simulated=True), KeptEvents()
    text = "state: {a: {type: string}}\noutputs: [a]\nnodes: [{id: one, kind: llm, prompt: One, writes: [a]}]\n"
    manager = make(model, kept)
    run_id = await manager.start(checked(text), {})
    await events_of(manager, run_id)
    await events_of(manager, await manager.rerun(run_id, model="real"))
    assert len(model.asked) == 2


async def test_a_run_is_rebuilt_from_its_stored_events(make: Make, tmp_path: Path) -> None:
    def answer(request: ChatRequest) -> str:
        return json.dumps({"log": [request.messages[-1].content]})

    text = """
state: {log: {type: array, items: {type: string}, reduce: append}, late: {type: string, default: no}}
outputs: [log]
nodes:
  - {id: one, kind: llm, prompt: one, writes: [log]}
  - {id: two, kind: llm, prompt: two, writes: [log]}
  - {id: join, kind: template, template: "{{ state.log | join }}", writes: [late]}
  - {id: never, kind: template, template: x, writes: [late]}
edges:
  - {from: START, to: [two, one]}
  - {from: one, to: join}
  - {from: two, to: join}
  - {from: join, routes: [{condition: "state.late == 'x'", to: never}, {to: END}]}
  - {from: never, to: END}
"""
    store = RunStore(tmp_path / "runs.sqlite")
    manager = make(ToldModel(answer), store)
    run_id = await manager.start(checked(text), {})
    await events_of(manager, run_id)
    run = rebuilt(store.events(run_id))
    store.close()
    assert run.state == {"log": ["one", "two"], "late": "onetwo"}
    assert run.nodes == {"one": "finished", "two": "finished", "join": "finished", "never": "skipped"}
    assert dict(run.taken) == {
        ("START", "two"): 1, ("START", "one"): 1, ("one", "join"): 1, ("two", "join"): 1, ("join", "END"): 1
    }  # fmt: skip
    assert (run.totals.calls, run.totals.tokens_in) == (2, 20)
