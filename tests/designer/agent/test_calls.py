"""A model is asked in the manner it understands; failures are told apart."""

from __future__ import annotations

import asyncio
import json

import pytest

from chat_app.chat_models.errors import (
    KeyRefused,
    RateLimited,
    RequestRefused,
    ServerFailed,
    StreamCut,
    TookTooLong,
)
from chat_app.designer.agent.budget import Budget
from chat_app.designer.agent.calls import Ask, Caller, Heard
from chat_app.designer.agent.modes import Modes
from chat_app.designer.agent.wire import ACTIONS, decision_schema
from chat_app.events.design import DesignEvent, ModelUsed, Said
from chat_app.workflow.surroundings import ALL_KINDS
from tests.designer.agent.scripted import Called, Cut, Hangs, ScriptedModel

ASK = Ask("system", "message", decision_schema(ACTIONS, ALL_KINDS), True, "turn")
SAYS = {"action": "answer", "say": "Good morning."}


async def ask(model: ScriptedModel, modes: Modes | None = None, **bounds: float) -> tuple[Heard, list[DesignEvent]]:
    events: list[DesignEvent] = []
    budget = Budget(**bounds)  # type: ignore[arg-type]
    return await Caller(model, modes or Modes(), budget).ask(ASK, events.append), events


async def test_the_words_stream_and_the_use_is_told() -> None:
    heard, events = await ask(ScriptedModel(SAYS))
    said = [event.text for event in events if isinstance(event, Said)]
    assert "".join(said) == heard.said == "Good morning."
    assert len(said) > 1
    (used,) = [event for event in events if isinstance(event, ModelUsed)]
    assert (used.model, used.tokens_in, used.tokens_out, used.cost_usd) == ("test/model", 100, 20, None)
    assert [message["role"] for message in used.messages] == ["system", "user"]
    assert (used.purpose, json.loads(used.answer)) == ("turn", SAYS)


async def test_modes_are_tried_in_order_and_remembered() -> None:
    modes = Modes()
    model = ScriptedModel(SAYS, SAYS, refuses=["schema", "tools"])
    await ask(model, modes)
    assert [(bool(r.schema), bool(r.tools)) for r in model.requests] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert "fenced block" in model.asked()
    await ask(model, modes)
    assert len(model.requests) == 4
    assert modes.of("test/model").proven
    assert modes.of("another").mode == "structured"


async def test_a_model_that_refuses_everything_is_an_error() -> None:
    refused = RequestRefused("bad", help="h", status=400)
    with pytest.raises(RequestRefused):
        await ask(ScriptedModel(refused, forever=True))


async def test_a_refusal_for_another_reason_teaches_nothing() -> None:
    modes = Modes()
    refused = RequestRefused("too long", help="h", status=400)
    with pytest.raises(RequestRefused):
        await ask(ScriptedModel(refused, forever=True), modes)
    assert modes.of("test/model").mode == "structured"
    await ask(ScriptedModel(SAYS), modes)
    model = ScriptedModel(refused, forever=True)
    with pytest.raises(RequestRefused):
        await ask(model, modes)
    assert len(model.requests) == 1
    unknown = ScriptedModel(RequestRefused("no such model", help="h", status=404), forever=True, name="x")
    with pytest.raises(RequestRefused):
        await ask(unknown, modes)
    assert len(unknown.requests) == 1


async def test_tool_calls_are_heard() -> None:
    model = ScriptedModel(Called((("decide", '{"action": "answer", "say": "Hello"}'),)), refuses=["schema"])
    heard, _ = await ask(model)
    assert heard.answer.decision == {"action": "answer", "say": "Hello"}


async def test_a_short_wait_is_waited_and_a_long_one_is_told() -> None:
    heard, _ = await ask(ScriptedModel(RateLimited("slow", help="h", retry_after=0.01), SAYS))
    assert heard.answer.decision == SAYS
    with pytest.raises(RateLimited):
        await ask(ScriptedModel(RateLimited("slow", help="h", retry_after=60), SAYS))
    with pytest.raises(RateLimited):
        await ask(ScriptedModel(RateLimited("slow", help="h"), SAYS))


async def test_a_server_fault_is_tried_once_more_and_a_key_is_not() -> None:
    fault = ServerFailed("500", help="h")
    heard, _ = await ask(ScriptedModel(fault, SAYS))
    assert heard.answer.decision == SAYS
    with pytest.raises(ServerFailed):
        await ask(ScriptedModel(fault, fault, SAYS))
    with pytest.raises(KeyRefused):
        await ask(ScriptedModel(KeyRefused("401", help="h"), SAYS))


async def test_a_cut_stream_gives_what_is_whole_in_it() -> None:
    partial = '{"action": "edit", "say": "", "edits": [{"op": "remove_node", "id": "a"}, {"op": "x'
    heard, _ = await ask(ScriptedModel(StreamCut("cut", help="h", partial=partial)))
    assert heard.answer.cut
    assert heard.answer.decision is not None
    with pytest.raises(StreamCut):
        await ask(ScriptedModel(StreamCut("cut", help="h", partial="Hm"), StreamCut("cut", help="h"), SAYS))


async def test_a_hanging_model_is_given_up() -> None:
    with pytest.raises(TookTooLong):
        await ask(ScriptedModel(Hangs('{"thought')), seconds=0.05)


async def test_a_model_that_thinks_its_answer_away_gets_room() -> None:
    modes = Modes()
    model = ScriptedModel(Cut(""), SAYS, SAYS)
    heard, _ = await ask(model, modes)
    assert heard.answer.decision == SAYS
    await ask(model, modes)
    assert [request.max_tokens for request in model.requests] == [1_500, 6_000, 6_000]


BILLED = [
    (StreamCut("cut", help="h", partial="Hm"), "Hm"),
    (TookTooLong("late", help="h"), ""),
]


@pytest.mark.parametrize(("failure", "came"), BILLED)
async def test_a_call_that_fails_after_the_provider_worked_is_told_as_of_unknown_cost(
    failure: Exception, came: str
) -> None:
    events: list[DesignEvent] = []
    with pytest.raises(type(failure)):
        await Caller(ScriptedModel(failure, forever=True), Modes(), Budget()).ask(ASK, events.append)
    used = [event for event in events if isinstance(event, ModelUsed)]
    assert used
    for one in used:
        assert (one.model, one.tokens_in, one.tokens_out, one.cost_usd) == ("test/model", None, None, None)
        assert (one.answer, one.purpose) == (came, "turn") and one.messages


async def test_a_call_that_was_refused_costs_nothing_and_one_after_it_is_told_once() -> None:
    with pytest.raises(KeyRefused):
        _, events = await ask(ScriptedModel(KeyRefused("401", help="h")))
    _, events = await ask(ScriptedModel(ServerFailed("500", help="h"), SAYS))
    assert len([event for event in events if isinstance(event, ModelUsed)]) == 1


async def test_a_call_that_a_person_stops_is_told_as_of_unknown_cost() -> None:
    events: list[DesignEvent] = []
    model = ScriptedModel(Hangs())
    asking = asyncio.create_task(Caller(model, Modes(), Budget()).ask(ASK, events.append))
    await model.hanging.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    (used,) = [event for event in events if isinstance(event, ModelUsed)]
    assert used.cost_usd is None and used.tokens_in is None
