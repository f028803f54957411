"""What a run cost, from its events alone: what the server billed, and what the run store says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.engine.manager import RunManager
from chat_app.events.rebuilt import rebuilt
from chat_app.events.run import LimitReached, RunFinished
from chat_app.events.totals import Totals
from chat_app.tracing.run_store import RunStore
from chat_app.workflow.document import Limits
from tests.engine.conftest import Pauses, checked, events_of
from tests.servers.openai_server import Asked, Cuts, Fails, OpenAIServer, Reply, Says

TEXT = """
model: openai/down
inputs: {names: {type: array, items: {type: string}, default: [ada, bo, cy, di]}}
state:
  plan: {type: string}
  facts: {type: array, items: {type: string}}
  mood: {type: string, enum: [calm, angry]}
  title: {type: string}
outputs: [plan, facts, mood, title]
limits: {steps: 6}
nodes:
  - {id: think, kind: llm, prompt: Plan it, writes: [plan], retry: {attempts: 2}}
  - id: each
    kind: map
    over: "{{ state.names }}"
    item: name
    body:
      state: {fact: {type: string}}
      nodes: [{id: find, kind: llm, model: openai/busy, prompt: "Find {{ name }}", writes: [fact]}]
      returns: fact
    writes: [facts]
  - {id: judge, kind: llm, model: openai/strict, prompt: "Judge {{ state.plan }}", writes: [mood]}
  - {id: name, kind: workflow, uses: ./name.yaml, writes: [title]}
edges:
  - {from: START, to: think}
  - {from: think, to: each}
  - {from: each, to: judge}
  - {from: judge, to: name}
  - {from: name, to: END}
"""
FILES = {
    "name.yaml": """
state: {title: {type: string}}
outputs: [title]
nodes: [{id: write, kind: llm, model: openai/inner, prompt: Name it, writes: [title]}]
"""
}


@dataclass
class Provider:
    """Answers, and keeps a bill of its own; `tells` says whether it lets the caller know all of it."""

    tells: bool
    bill: list[Says] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)

    def __call__(self, asked: Asked) -> Reply:
        model, number = asked.body["model"], len(self.bill) + 1
        what = asked.last if model == "busy" else model
        self.asked[what] += 1
        again = self.asked[what] > 1
        if model == "down":
            return Fails(503)
        if not again and asked.last == "Find bo":
            return Fails(429, headers={"Retry-After": "0.01"})
        if not again and asked.last == "Find cy" and not self.tells:
            return Cuts("This fact ends too")
        # Each first judgement is no JSON and is asked for again.
        text = '{"mood": "calm"}' if model == "strict" and self.asked[what] % 2 == 0 else "Words without a form"
        if not again and asked.last == "Find ada":
            # It thought, and said nothing: the call fails, and is billed.
            text = ""
        self.bill.append(Says(text, tokens_in=10 * number, tokens_out=number, cost=0.001 * number))
        return self.bill[-1] if self.tells or asked.last != "Find di" else Says(text, usage=False)

    @property
    def usd(self) -> float:
        return sum(one.cost or 0.0 for one in self.bill)


@pytest.fixture(params=[True, False], ids=["all-told", "not-all-told"])
def provider(request: pytest.FixtureRequest) -> Provider:
    return Provider(request.param)


@pytest.fixture
def server(provider: Provider) -> Iterator[OpenAIServer]:
    with OpenAIServer(provider) as server:
        yield server


async def test_events_alone_tell_what_the_server_billed_and_the_store_says(
    tmp_path: Path, provider: Provider, server: OpenAIServer, real_models: ChatModels
) -> None:
    store = RunStore(tmp_path / "runs.sqlite")
    manager = RunManager(real_models, tmp_path, store, pause=Pauses(), fallbacks=("openai/spare",))
    run_id = await manager.start(checked(TEXT, FILES), {}, keys=server.keys)
    assert isinstance((await events_of(manager, run_id))[-1], LimitReached)
    await manager.resume(run_id, Limits(steps=50))
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)
    first = _told(store, run_id)
    billed = provider.usd
    if provider.tells:
        assert first.calls == len(provider.bill)
        assert first.tokens_in == sum(one.tokens_in for one in provider.bill)
        assert first.tokens_out == sum(one.tokens_out for one in provider.bill)
        assert first.cost_usd == pytest.approx(billed)
        assert manager.status(run_id).spent["cost_usd"] == pytest.approx(billed)
    else:
        # One answer was cut and one came without counts: both are calls, and what they cost is unknown.
        assert first.calls == len(provider.bill) + 1
        assert (first.tokens_in, first.tokens_out, first.cost_usd) == (None, None, None)
    again = await manager.rerun(run_id, anew="judge", keys=server.keys)
    assert isinstance((await events_of(manager, again))[-1], RunFinished)
    # The facts are taken over; what a model said that stood in for another is asked for again.
    assert _told(store, again).cost_usd == pytest.approx(provider.usd - billed)
    assert provider.asked["Find ada"] == 2 and provider.asked["spare"] == 2
    await manager.close()
    store.close()


def _told(store: RunStore, run_id: str) -> Totals:
    """What a run used, rebuilt from its events; the rows of the store say the same."""
    told = rebuilt(store.events(run_id)).totals
    row, calls = store.run(run_id), store.usage(run_id)
    assert row is not None and row.totals == told
    assert len(calls) == told.calls
    costs = [call.cost_usd for call in calls]
    assert told.cost_usd == (None if None in costs else pytest.approx(sum(cost or 0.0 for cost in costs)))
    return told
