"""The guided designer takes over in the same conversation when a model behind a real socket fails."""

from __future__ import annotations

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.designer.conversation import Conversation
from chat_app.designer.designers import Designers
from chat_app.events.design import DesignEvent, Edited, Offered, Said, TurnFailed
from chat_app.workflow.check import check
from tests.designer.guided.conftest import HERE
from tests.designer.guided.conftest import check as check_here
from tests.servers.openai_server import Fails, OpenAIServer, Reply, Says


def designers() -> Designers:
    return Designers(check_here, surroundings=HERE)


async def said(conversation: Conversation, server: OpenAIServer, models: ChatModels, text: str) -> list[DesignEvent]:
    designer = designers().of(models.get("openai/any", server.keys))
    return [event async for event in designer.turn(conversation, text)]


@pytest.mark.parametrize(
    "reply",
    [Fails(401, "invalid key"), Fails(429, "slow down"), Says("{}")],
    ids=["no key", "too many requests", "nonsense"],
)
async def test_guided_takes_over_and_builds(
    reply: Reply, openai_server: OpenAIServer, real_models: ChatModels
) -> None:
    openai_server.add(*[reply] * 12)
    conversation = Conversation("takeover")
    events = await said(conversation, openai_server, real_models, "Fasse einen Text zusammen und übersetze ihn")
    assert not [event for event in events if isinstance(event, TurnFailed)]
    assert [event for event in events if isinstance(event, Said)], "it says that the model failed"
    [cards] = [event for event in events if isinstance(event, Offered)]
    asked = len(openai_server.requests)
    await said(conversation, openai_server, real_models, cards.cards[0].value)
    events = await said(conversation, openai_server, real_models, "alles überspringen")
    assert len(openai_server.requests) == asked, "the interview goes on without asking the model again"
    assert [event for event in events if isinstance(event, Edited)]
    checked = check(conversation.draft, HERE)
    assert checked.workflow is not None
    assert checked.valid
    assert [message.role for message in conversation.messages] == ["user", "designer"] * 3
