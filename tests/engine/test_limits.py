"""Hard limits: where they stop a run, and how it goes on with higher ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from chat_app.chat_models.protocol import ChatRequest, Finished, ModelUsage, Piece
from chat_app.events.run import LimitReached, Logged, RunFinished, StepFinished, StepStarted, Token, UsageReported
from chat_app.workflow.document import Limits
from tests.engine.conftest import Make, ToldModel, checked, events_of, of_type, run

LOOP = """
state: {n: {type: integer, default: 0}}
outputs: [n]
limits: LIMITS
nodes:
  - {id: count, kind: llm, prompt: "{{ state.n }}", writes: [n]}
edges:
  - {from: START, to: count}
  - {from: count, routes: [{to: count, max_times: 9}, {to: END}]}
"""


def one_more(request: ChatRequest) -> str:
    return f'{{"n": {int(request.messages[-1].content) + 1}}}'


async def test_a_loop_ends_at_its_bound(make: Make) -> None:
    events = await run(make(ToldModel(one_more)), LOOP.replace("LIMITS", "{steps: 50}"))
    assert events[-1].outputs == {"n": 10}


@pytest.mark.parametrize(
    ("limits", "limit", "steps"),
    [("{steps: 4}", "steps", 4), ("{tokens: 90, steps: 50}", "tokens", 4), ("{cost_usd: 0.003}", "cost_usd", 3)],
)
async def test_a_limit_stops_the_run_at_a_checkpoint_and_a_higher_one_lets_it_end(
    make: Make, limits: str, limit: str, steps: int
) -> None:
    model = ToldModel(one_more, usage=ModelUsage(15, 5, 0.001))
    manager = make(model)
    run_id = await manager.start(checked(LOOP.replace("LIMITS", limits)), {})
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], LimitReached)
    assert events[-1].limit == limit
    assert manager.status(run_id).state == "limit"
    assert len(model.asked) == steps
    await manager.resume(run_id, Limits(steps=50, tokens=10_000, cost_usd=5))
    events = await events_of(manager, run_id)
    assert events[-1].outputs == {"n": 10}
    assert len(model.asked) == 10


async def test_usage_that_is_not_told_still_counts_against_the_limit(make: Make) -> None:
    model = ToldModel(one_more, usage=ModelUsage(None, None, None))
    events = await run(make(model), LOOP.replace("LIMITS", "{tokens: 100}"))
    assert isinstance(events[-1], LimitReached)


async def test_a_cost_that_is_only_likely_counts_against_the_limit_and_is_not_reported(make: Make) -> None:
    model = ToldModel(one_more, usage=ModelUsage(15, 5, None, likely_usd=0.001))
    events = await run(make(model), LOOP.replace("LIMITS", "{cost_usd: 0.003}"))
    assert isinstance(events[-1], LimitReached)
    assert len(model.asked) == 3
    assert {usage.cost_usd for usage in of_type(events, UsageReported)} == {None}


async def test_a_limit_on_cost_that_cannot_hold_is_told_once(make: Make) -> None:
    model = ToldModel(one_more, usage=ModelUsage(15, 5, None))
    events = await run(make(model), LOOP.replace("LIMITS", "{cost_usd: 0.003, steps: 50}"))
    assert isinstance(events[-1], RunFinished)
    assert ["`cost_usd` can't stop" in line.text for line in of_type(events, Logged)] == [True]
    silent = await run(
        make(ToldModel(one_more, usage=ModelUsage(15, 5, None))), LOOP.replace("LIMITS", "{steps: 50}")
    )
    assert of_type(silent, Logged) == []


async def test_a_call_that_a_limit_cuts_off_is_reported_with_unknown_usage(make: Make) -> None:
    model = ToldModel([["word "] * 1000])
    text = """
state: {text: {type: string}}
outputs: [text]
limits: {tokens: 100}
nodes:
  - {id: write, kind: llm, prompt: Write, writes: [text]}
"""
    events = await run(make(model), text)
    reported = of_type(events, UsageReported)
    assert [(usage.tokens_in, usage.tokens_out, usage.cost_usd) for usage in reported] == [(None, None, None)]


async def test_a_stream_that_never_ends_is_cut_at_the_token_limit(make: Make) -> None:
    model = ToldModel([["word "] * 1000])
    text = """
state: {text: {type: string}}
outputs: [text]
limits: {tokens: 100}
nodes:
  - {id: write, kind: llm, prompt: Write, writes: [text]}
"""
    events = await run(make(model), text)
    assert isinstance(events[-1], LimitReached)
    assert model.running == 0
    streamed = sum(len(token.text) for token in of_type(events, Token))
    assert streamed / 4 <= 105


async def test_seconds_are_counted_over_stops_and_resumes(make: Make) -> None:
    class Slow(ToldModel):
        async def stream(self, request: ChatRequest):  # type: ignore[no-untyped-def]
            await asyncio.Event().wait()
            yield

    text = LOOP.replace("LIMITS", "{seconds: 0.2}")
    manager = make(Slow([]))
    run_id = await manager.start(checked(text), {})
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], LimitReached)
    assert events[-1].limit == "seconds"
    await manager.resume(run_id)
    assert isinstance((await events_of(manager, run_id))[-1], LimitReached)
    assert 0.2 <= manager.status(run_id).spent["seconds"] < 2.0


async def test_a_map_over_too_many_items_is_stopped_before_its_first(make: Make) -> None:
    model = ToldModel(lambda request: "x")
    text = """
inputs: {names: {type: array, items: {type: string}, default: [a, b, c]}}
state: {found: {type: array, items: {type: string}}}
outputs: [found]
limits: {map_items: 2}
nodes:
  - id: each
    kind: map
    over: "{{ state.names }}"
    item: name
    body:
      state: {one: {type: string}}
      nodes: [{id: look, kind: llm, prompt: "{{ name }}", writes: [one]}]
      returns: one
    writes: [found]
"""
    manager = make(model)
    run_id = await manager.start(checked(text), {})
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], LimitReached)
    assert events[-1].limit == "map_items"
    assert model.asked == []
    await manager.resume(run_id, Limits(map_items=3))
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)


async def test_no_more_nodes_run_at_once_than_allowed(make: Make) -> None:
    model = ToldModel(lambda request: "x")
    names = [f"n{number}" for number in range(6)]
    fields = ", ".join(f"{name}: {{type: string}}" for name in names)
    nodes = "".join(f"\n  - {{id: {name}, kind: llm, prompt: x, writes: [{name}]}}" for name in names)
    text = f"state: {{{fields}}}\noutputs: [n0]\nlimits: {{concurrency: 2, steps: 10}}\nnodes:{nodes}\n"
    events = await run(make(model), text)
    assert isinstance(events[-1], RunFinished)
    assert model.most_running == 2
    assert len(of_type(events, StepStarted)) == 6


async def test_a_node_that_takes_too_long_fails_and_may_be_tried_again(make: Make) -> None:
    class SlowAtFirst(ToldModel):
        async def stream(self, request: ChatRequest):  # type: ignore[no-untyped-def]
            if not self.asked:
                self.asked.append(request)
                await asyncio.Event().wait()
            async for piece in super().stream(request):
                yield piece

    text = """
state: {text: {type: string}}
outputs: [text]
nodes:
  - id: write
    kind: llm
    prompt: Write
    timeout_seconds: 0.1
    retry: {attempts: 2, backoff_seconds: 0, on: [timeout]}
    writes: [text]
"""
    events = await run(make(SlowAtFirst(["late"])), text)
    assert events[-1].outputs == {"text": "late"}


class Slow(ToldModel):
    """Answers the first question at once, and all others when long something else has happened."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        first = not self.asked
        async for piece in super().stream(request):
            if isinstance(piece, Finished) and not first:
                for _ in range(200):
                    await asyncio.sleep(0)
            yield piece


MAPPED = """
inputs: {words: {type: array, items: {type: string}, default: [a, b, c, d, e, f]}}
state: {found: {type: array, items: {type: string}}}
outputs: [found]
limits: {steps: 4, concurrency: 3}
nodes:
  - id: each
    kind: map
    over: "{{ state.words }}"
    item: word
    max_concurrency: 3
    body:
      state: {one: {type: string}}
      nodes: [{id: ask, kind: llm, prompt: "{{ word }}", writes: [one]}]
      returns: one
    writes: [found]
"""
ASKS = "".join(
    f'  - {{id: n{word}, kind: llm, prompt: "{word}", max_tokens: 9, writes: [found]}}\n' for word in "abcdef"
)
BESIDE = """
state: {found: {type: array, items: {type: string}, reduce: append}}
outputs: [found]
limits: {steps: STEPS, concurrency: 6}
nodes:
"""
GROUP = f"{BESIDE.replace('STEPS', '4')}  - {{id: all, kind: parallel, subtasks: [na, nb, nc, nd, ne, nf]}}\n{ASKS}"
WAYS = "".join(f"  - {{from: n{word}, to: END}}\n" for word in "abcdef")
BRANCHES = f"{BESIDE.replace('STEPS', '3')}{ASKS}edges:\n  - {{from: START, to: [na, nb, nc, nd, ne, nf]}}\n{WAYS}"


@pytest.mark.parametrize("text", [MAPPED, GROUP, BRANCHES], ids=["map", "group", "branches"])
async def test_a_limit_on_steps_lets_the_calls_in_flight_end_and_none_is_paid_twice(make: Make, text: str) -> None:
    def answer(request: ChatRequest) -> str:
        said = request.messages[-1].content
        return said if request.schema is None else f'{{"found": ["{said[0]}"]}}'

    model = Slow(answer)
    manager = make(model)
    run_id = await manager.start(checked(text), {})
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], LimitReached) and events[-1].limit == "steps"
    # Three had begun; each is finished, and its price is known.
    assert len(model.asked) == 3
    assert [usage.cost_usd for usage in of_type(events, UsageReported)] == [0.001] * 3
    assert len([step for step in of_type(events, StepFinished) if step.node not in ("each", "all")]) == 3
    await manager.resume(run_id, Limits(steps=50))
    ended = (await events_of(manager, run_id))[-1]
    assert isinstance(ended, RunFinished) and ended.outputs == {"found": list("abcdef")}
    assert len(model.asked) == 6
