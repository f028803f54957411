"""Many model calls at once under one limit, on real sockets: together they never use more than it allows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.prices import Price
from chat_app.chat_models.protocol import ModelUsage
from chat_app.events.run import LimitReached, ModelAsked, RunFinished, StepFinished, UsageReported
from chat_app.workflow.document import Limits
from tests.engine.conftest import KeptEvents, Make, ToldModel, checked, events_of, of_type
from tests.servers.openai_server import Asked, OpenAIServer, Says

MANY = 20
ALLOWED = 5
ANSWER = 100
"""Tokens of each answer: as many as the node lets it have."""
PRICE = Price(input=0.000_001, output=0.001)

FIELDS = """
inputs: {names: {type: array, items: {type: integer}, default: [NUMBERS]}}
state: {found: {type: array, items: {type: string}, reduce: append}}
outputs: [found]
limits: {LIMIT, concurrency: 20}
""".replace("NUMBERS", ", ".join(map(str, range(MANY))))
ASK = "kind: llm, prompt: Tell me more, max_tokens: 100, writes: [found]"
MAP = f"""{FIELDS}
nodes:
  - id: each
    kind: map
    over: "{{{{ state.names }}}}"
    item: name
    max_concurrency: {MANY}
    body:
      state: {{one: {{type: string}}}}
      nodes: [{{id: tell, kind: llm, prompt: "Tell me more", max_tokens: 100, writes: [one]}}]
      returns: one
    writes: [found]
"""
NAMES = [f"n{number}" for number in range(MANY)]
SIDE_BY_SIDE = "".join(f"  - {{id: {name}, {ASK}}}\n" for name in NAMES)
GROUP = f"{FIELDS}\nnodes:\n  - {{id: all, kind: parallel, subtasks: [{', '.join(NAMES)}]}}\n{SIDE_BY_SIDE}"
EDGES = "".join(f"  - {{from: {name}, to: END}}\n" for name in NAMES)
BRANCHES = f"{FIELDS}\nnodes:\n{SIDE_BY_SIDE}edges:\n  - {{from: START, to: [{', '.join(NAMES)}]}}\n{EDGES}"


def longest(asked: Asked) -> Says:
    """An answer as long as the request lets it be, billed in full; all can't be told in any length."""
    most = asked.body.get("max_tokens") or asked.body.get("max_completion_tokens") or 1_000
    sent = sum(len(message["content"]) for message in asked.messages) // 4
    text = "more and more" if asked.schema is None else '{"found": ["more"]}'
    return Says(text, tokens_in=sent, tokens_out=most, finish="length" if "all" in asked.last else None)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(longest) as server:
        yield server


@pytest.mark.parametrize("text", [MAP, GROUP, BRANCHES], ids=["map", "group", "branches"])
@pytest.mark.parametrize("limit", ["cost_usd", "tokens"])
async def test_calls_side_by_side_never_pass_the_limit_together(
    make: Make, server: OpenAIServer, real_models: ChatModels, text: str, limit: str
) -> None:
    model = real_models.get("openai/any", server.keys)
    model.price = PRICE  # type: ignore[misc]
    # Five answers and their prompts, and not quite a sixth.
    allowed = 0.56 if limit == "cost_usd" else 560 if text == MAP else 660
    manager = make(model, KeptEvents())
    run_id = await manager.start(checked(text.replace("LIMIT", f"{limit}: {allowed}")), {})
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], LimitReached)
    assert events[-1].limit == limit
    assert ("next call may cost $0.1" if limit == "cost_usd" else "next call needs more") in events[-1].message
    bills = of_type(events, UsageReported)
    assert len(bills) == len(server.requests) == ALLOWED
    used = [bill.cost_usd or 0.0 if limit == "cost_usd" else bill.tokens_in + bill.tokens_out for bill in bills]
    assert 0.5 * allowed < sum(used) <= allowed
    assert len([step for step in of_type(events, StepFinished) if step.node not in ("each", "all")]) == ALLOWED
    await manager.resume(run_id, Limits(cost_usd=5.0, tokens=50_000))
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], RunFinished)
    assert len(events[-1].outputs["found"]) == MANY
    assert len(server.requests) == MANY


async def test_an_answer_that_is_cut_at_what_is_left_ends_the_run_and_is_not_taken(
    make: Make, server: OpenAIServer, real_models: ChatModels
) -> None:
    model = real_models.get("openai/any", server.keys)
    model.price = Price(input=0.000_001, output=0.001, most_out=100_000)  # type: ignore[misc]
    text = """
state: {text: {type: string}}
outputs: [text]
limits: {cost_usd: 0.5}
nodes:
  - {id: tell, kind: llm, prompt: Tell me all, writes: [text]}
"""
    manager = make(model)
    run_id = await manager.start(checked(text), {})
    events = await events_of(manager, run_id)
    (asked,) = server.requests
    bound = asked.body.get("max_tokens") or asked.body["max_completion_tokens"]
    assert 400 < bound <= 500
    assert isinstance(events[-1], LimitReached) and "cut after" in events[-1].message
    assert not of_type(events, StepFinished)


async def test_what_is_left_is_shared_by_calls_that_begin_together(make: Make) -> None:
    """The greatest answer of one would take nearly all; side by side, each gets its part, and none waits."""
    model = ToldModel(lambda request: '{"found": ["more"]}', price=Price(input=0.0, output=0.000_01, most_out=64_000))
    manager = make(model)
    text = BRANCHES.replace("LIMIT", "cost_usd: 1.0").replace("concurrency: 20", "concurrency: 4")
    events = await events_of(manager, await manager.start(checked(text.replace("max_tokens: 100, ", "")), {}))
    assert isinstance(events[-1], RunFinished)
    assert model.most_running == 4
    assert len(of_type(events, ModelAsked)) == MANY
    bounds = [request.max_tokens for request in model.asked[:4]]
    assert all(bound is not None and 8_192 <= bound <= 25_000 for bound in bounds), bounds


LONG = 8_192
"""Tokens that are set aside where nobody says how long an answer may be: said in decision 16."""
PROMPT = 1
UNBOUNDED = """
inputs: {words: {type: array, items: {type: string}, default: [aaaa, bbbb]}}
state: {found: {type: array, items: {type: string}}}
outputs: [found]
limits: {tokens: TOKENS, concurrency: 2}
nodes:
  - id: each
    kind: map
    over: "{{ state.words }}"
    item: word
    max_concurrency: 2
    body:
      state: {one: {type: string}}
      nodes: [{id: tell, kind: llm, prompt: "{{ word }}", writes: [one]}]
      returns: one
    writes: [found]
"""


@pytest.mark.parametrize(
    ("tokens", "at_once"), [(2 * (LONG + PROMPT), 2), (2 * (LONG + PROMPT) - 1, 1), (LONG + PROMPT, 1)]
)
async def test_an_answer_that_nobody_bounds_has_its_tokens_set_aside(make: Make, tokens: int, at_once: int) -> None:
    model = ToldModel(lambda request: "short", usage=ModelUsage(0, 0, 0.0))
    manager = make(model)
    text = UNBOUNDED.replace("TOKENS", str(tokens))
    events = await events_of(manager, await manager.start(checked(text), {}))
    assert isinstance(events[-1], RunFinished) and events[-1].outputs == {"found": ["short", "short"]}
    assert model.most_running == at_once
    # Nobody bounded the calls themselves: there was room for all that was set aside.
    assert [request.max_tokens for request in model.asked] == [None, None]


@pytest.mark.parametrize(("tokens", "ends"), [(PROMPT + LONG + 99, False), (PROMPT + LONG + 100, True)])
async def test_a_longer_answer_takes_more_while_it_comes_until_nothing_is_left(
    make: Make, tokens: int, ends: bool
) -> None:
    piece = "x" * 4 * 100
    pieces = [piece] * (LONG // 100) + ["x" * 4 * (LONG % 100), piece]
    model = ToldModel(lambda request: pieces, usage=ModelUsage(1, LONG + 100, 0.0))
    text = UNBOUNDED.replace("TOKENS", str(tokens)).replace("[aaaa, bbbb]", "[aaaa]")
    manager = make(model)
    events = await events_of(manager, await manager.start(checked(text), {}))
    if ends:
        assert isinstance(events[-1], RunFinished) and events[-1].outputs == {"found": ["".join(pieces)]}
    else:
        assert isinstance(events[-1], LimitReached) and events[-1].limit == "tokens"
        assert model.running == 0 and not of_type(events, StepFinished)
