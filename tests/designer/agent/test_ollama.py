"""A local model over Ollama's own protocol: it gets room for what is asked, and its slips do no harm."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.designer.agent.budget import Budget, tokens
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.conversation import Conversation
from chat_app.events.design import DesignEvent, Said, TurnFailed, TurnFinished
from chat_app.workflow.check import check
from tests.designer.agent.replaying import HERE
from tests.designer.agent.samples import DRAFT, FIRST, REVIEW, edit
from tests.servers.openai_server import (
    BreaksOff,
    Cuts,
    Drops,
    EndsEarly,
    Fails,
    Garbage,
    OpenAIServer,
    Reply,
    Says,
    as_json,
)

NAME = "ollama_chat/qwen3"
HALF = json.dumps(REVIEW)[:60]
NONSENSE = "lorem {{{ ipsum ]] 42 </think> edits: yes"


@asynccontextmanager
async def designing(server: OpenAIServer) -> AsyncIterator[AgentDesigner]:
    """The designer with a model of this Ollama, through the real adapter."""
    models = ChatModels(server.ollama)
    try:
        yield AgentDesigner(models.get(NAME), check, surroundings=HERE)
    finally:
        await models.close()


async def turn(designer: AgentDesigner, conversation: Conversation, message: str) -> list[DesignEvent]:
    events = [event async for event in designer.turn(conversation, message)]
    assert events[-1] == TurnFinished()
    return events


@pytest.mark.parametrize("message", ["Answer mails", "Answer mails like these. " * 2_000], ids=["short", "long"])
async def test_every_call_asks_for_a_context_that_holds_prompt_and_answer(message: str) -> None:
    wrong = edit({"op": "set_outputs", "outputs": ["nothing"]})
    with OpenAIServer([as_json(wrong), as_json(FIRST)], otherwise=as_json(FIRST)) as server:
        async with designing(server) as designer:
            await turn(designer, Conversation("c"), message)
    assert len(server.requests) >= 2
    for request in server.requests:
        assert request.path == "/api/chat"
        options = request.body["options"]
        asked = sum(tokens(part["content"]) for part in request.messages)
        assert asked + options["num_predict"] <= options["num_ctx"]
        assert Budget().tokens_in + Budget().tokens_out_thinking <= options["num_ctx"]


@pytest.mark.parametrize(
    "reply",
    [
        Says("Sure, here it is:\n\n" + json.dumps(REVIEW) + "\n\nAnything else?"),
        Says(f"<think>A step {{behind}} reply.</think>\n```json\n{json.dumps(REVIEW)}\n```"),
        Says(""),
        Says(NONSENSE),
        Cuts("Well,"),
        Cuts(HALF),
        EndsEarly(HALF),
        BreaksOff("{"),
        Drops(),
        Garbage(),
        Fails(500, "llama runner process has terminated"),
    ],
    ids=["prose", "thinks", "empty", "nonsense", "cut", "cut json", "early", "broken", "drop", "garbage", "500"],
)
async def test_what_goes_wrong_once_is_mended(reply: Reply) -> None:
    with OpenAIServer([reply], otherwise=as_json(REVIEW)) as server:
        async with designing(server) as designer:
            conversation = Conversation("c", draft=DRAFT)
            events = await turn(designer, conversation, "Add a review step")
    assert not [event for event in events if isinstance(event, TurnFailed)]
    assert "id: review" in conversation.draft
    assert check(conversation.draft).valid


@pytest.mark.parametrize(
    "reply",
    [Says(""), Says(NONSENSE), Cuts(HALF), EndsEarly(HALF), Drops(), Garbage(), Fails(404, "model not found")],
    ids=["empty", "nonsense", "cut", "early", "drop", "garbage", "404"],
)
async def test_what_goes_wrong_for_good_is_told_and_changes_nothing(reply: Reply) -> None:
    with OpenAIServer(otherwise=reply) as server:
        async with designing(server) as designer:
            conversation = Conversation("c", draft=DRAFT)
            events = await turn(designer, conversation, "Add a review step")
    assert conversation.draft == DRAFT
    assert len(server.requests) <= Budget().refusals
    assert [event for event in events if isinstance(event, (TurnFailed, Said))]
