"""A whole interview against a real HTTP server, through the real adapter."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.conversation import Conversation
from chat_app.events.design import Asked, DesignEvent, Edited, ModelUsed, Said, TurnFailed, TurnFinished
from chat_app.workflow.check import check
from tests.designer.agent.samples import DRAFT, FIRST, REVIEW, answer, ask
from tests.servers.fixtures import openai_server, real_models
from tests.servers.openai_server import (
    BreaksOff,
    Cuts,
    Drops,
    Empty,
    Fails,
    Garbage,
    OpenAIServer,
    Reply,
    Says,
    as_json,
    calls,
)

__all__ = ["openai_server", "real_models"]


async def turn(designer: AgentDesigner, conversation: Conversation, message: str) -> list[DesignEvent]:
    events = [event async for event in designer.turn(conversation, message)]
    assert events[-1] == TurnFinished()
    return events


def the(events: list[DesignEvent], kind: type[Any]) -> Any:
    return next((event for event in events if isinstance(event, kind)), None)


async def test_wish_question_answer_workflow_and_follow_up(
    openai_server: OpenAIServer, real_models: ChatModels
) -> None:
    openai_server.add(as_json(ask()), as_json(FIRST), as_json(REVIEW), as_json(answer("Two steps.")))
    designer = AgentDesigner(real_models.get("openai/any", openai_server.keys), check)
    conversation = Conversation("c")
    asked = the(await turn(designer, conversation, "Answer the mails of my customers"), Asked)
    assert [option.label for option in asked.options] == ["formal", "friendly"]
    events = await turn(designer, conversation, "friendly")
    assert the(events, Edited).valid
    assert the(events, ModelUsed).tokens_in == 11
    assert check(conversation.draft).valid
    first = conversation.draft
    await turn(designer, conversation, "Add a review step")
    workflow = check(conversation.draft).workflow
    assert workflow is not None
    assert [node.id for node in workflow.nodes] == ["reply", "review"]
    assert 'prompt: "Answer politely: {{ state.email }}"' in first
    assert 'prompt: "Answer politely: {{ state.email }}"' in conversation.draft
    said = [event.text for event in await turn(designer, conversation, "What is it now?") if isinstance(event, Said)]
    assert "".join(said) == "Two steps."
    assert openai_server.exhausted == 0
    schema = openai_server.requests[0].schema
    assert schema is not None
    assert json.dumps(schema).count('"op"') >= 1


@pytest.mark.parametrize(
    "replies",
    [
        [calls("decide", **REVIEW)],
        [Says("I would love to help!\n\n```json\n" + json.dumps(REVIEW) + "\n```")],
        [Fails(500), as_json(REVIEW)],
        [Drops(), as_json(REVIEW)],
        [Empty(), as_json(REVIEW)],
        [Garbage(), as_json(REVIEW)],
        [Cuts("Well,"), as_json(REVIEW)],
        [BreaksOff("{"), as_json(REVIEW)],
        [Fails(429, headers={"Retry-After": "0"}), as_json(REVIEW)],
    ],
    ids=["tool", "prose", "500", "drop", "empty", "garbage", "cut", "breaks off", "429"],
)
async def test_what_goes_wrong_once_is_mended(
    openai_server: OpenAIServer, real_models: ChatModels, replies: list[Reply]
) -> None:
    openai_server.add(*replies)
    designer = AgentDesigner(real_models.get("openai/any", openai_server.keys), check)
    conversation = Conversation("c", draft=DRAFT)
    events = await turn(designer, conversation, "Add a review step")
    assert the(events, TurnFailed) is None
    assert "id: review" in conversation.draft


@pytest.mark.parametrize(
    "reply",
    [Fails(401, "bad key"), Fails(429, headers={"Retry-After": "120"}), Fails(500), Drops(), Empty(), Garbage()],
    ids=["401", "429", "500", "drop", "empty", "garbage"],
)
async def test_what_goes_wrong_for_good_is_told_and_changes_nothing(real_models: ChatModels, reply: Reply) -> None:
    with OpenAIServer(otherwise=reply) as server:
        designer = AgentDesigner(real_models.get("openai/any", server.keys), check)
        conversation = Conversation("c", draft=DRAFT)
        failed = the(await turn(designer, conversation, "Add a review step"), TurnFailed)
        assert failed.message
        assert failed.help
        assert conversation.draft == DRAFT
        assert len(server.requests) <= 3


async def test_the_model_of_ollama_designs_too(real_models: ChatModels) -> None:
    with OpenAIServer([as_json(REVIEW)]) as server:
        models = ChatModels(server.ollama)
        try:
            designer = AgentDesigner(models.get("ollama_chat/small"), check)
            conversation = Conversation("c", draft=DRAFT)
            await turn(designer, conversation, "Add a review step")
        finally:
            await models.close()
    assert "id: review" in conversation.draft
