"""An `llm` node with tools: rounds of calls over the real protocol, errors the model may mend, bounds."""

from __future__ import annotations

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.engine.manager import RunManager
from chat_app.events.run import RunFailed, ToolCalled, UsageReported
from chat_app.tools.catalog import catalog
from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.surroundings import Surroundings
from tests.engine.conftest import KeptEvents, Make, Pauses, events_of, of_type
from tests.servers.openai_server import OpenAIServer, Says, ToolCall, as_json, calls

TEXT = """version: 1
name: finds
model: openai/any
inputs: {document: {type: string, default: "Bees dance. Ants march. Wasps sting."}}
state: {answer: {type: string}}
outputs: [answer]
nodes:
  - id: find
    kind: llm
    prompt: "How many parts has: {{ state.document }}"
    tools: [split_text]
    max_turns: 2
    writes: [answer]
"""


def valid(text: str) -> CheckResult:
    found = check(text, Surroundings(tools=catalog().signatures()))
    assert found.valid, found.diagnostics
    return found


@pytest.fixture
def manager(make: Make, real_models: ChatModels) -> RunManager:
    manager = make(None, KeptEvents(), pause=Pauses())
    manager._models = real_models
    return manager


async def test_the_model_calls_a_tool_and_answers_with_its_result(
    manager: RunManager, openai_server: OpenAIServer
) -> None:
    openai_server.add(calls("split_text", text="Bees dance. Ants march."), Says("One part."))
    run_id = await manager.start(valid(TEXT), {}, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert events[-1].outputs == {"answer": "One part."}
    (called,) = of_type(events, ToolCalled)
    assert (called.tool, called.error) == ("split_text", None)
    assert called.result
    assert openai_server.requests[0].tools == ("split_text",)
    assert openai_server.requests[1].messages[-1]["role"] == "tool"
    assert "Bees dance" in openai_server.requests[1].messages[-1]["content"]
    assert len(of_type(events, UsageReported)) == 2


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (calls("split_text", colour="red"), "do not fit"),
        (calls("remove_everything"), "There is no tool `remove_everything` here"),
        (Says(calls=(ToolCall("split_text", "no json"),)), "no JSON object"),
    ],
)
async def test_a_wrong_call_is_told_to_the_model_which_may_mend_it(
    manager: RunManager, openai_server: OpenAIServer, asked: Says, error: str
) -> None:
    openai_server.add(asked, Says("Sorry: three."))
    run_id = await manager.start(valid(TEXT), {}, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert events[-1].outputs == {"answer": "Sorry: three."}
    (called,) = of_type(events, ToolCalled)
    assert error in str(called.error)
    assert error in openai_server.requests[1].last


async def test_after_the_last_round_the_model_must_answer(manager: RunManager, openai_server: OpenAIServer) -> None:
    again = calls("split_text", text="a")
    openai_server.add(again, again, Says("Enough."))
    run_id = await manager.start(valid(TEXT), {}, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert events[-1].outputs == {"answer": "Enough."}
    assert openai_server.requests[2].tools == ()


async def test_tools_and_structured_output_go_together(manager: RunManager, openai_server: OpenAIServer) -> None:
    text = TEXT.replace("answer: {type: string}", "parts: {type: integer}, sure: {type: boolean}")
    text = text.replace("[answer]", "[parts, sure]")
    openai_server.add(
        calls("split_text", text="a"), Says("I think there is one."), as_json({"parts": 1, "sure": True})
    )
    run_id = await manager.start(valid(text), {}, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert events[-1].outputs == {"parts": 1, "sure": True}
    assert openai_server.requests[2].schema is not None


async def test_a_tool_that_is_gone_fails_the_node(manager: RunManager, openai_server: OpenAIServer) -> None:
    found = check(TEXT.replace("split_text", "gone_tool"))
    run_id = await manager.start(found, {}, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], RunFailed)
    assert "gone_tool" in events[-1].message
