"""The guided designer takes over in the same conversation when a model behind a real socket fails."""

from __future__ import annotations

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.designer.agent.budget import Budget
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.conversation import Conversation
from chat_app.designer.designers import Designers
from chat_app.designer.guided.designer import GuidedDesigner
from chat_app.events.design import Asked, DesignEvent, Edited, Offered, Said, TurnFailed
from chat_app.workflow.check import check
from tests.designer.guided.conftest import HERE
from tests.designer.guided.conftest import check as check_here
from tests.servers.openai_server import BreaksOff, Fails, Garbage, Hangs, OpenAIServer, Reply, Says, as_json

DESIGN = """\
version: 1
name: short
inputs: {text: {type: string}}
state: {summary: {type: string}}
outputs: [summary]
nodes:
  - {id: shorten, kind: llm, prompt: "Summarise: {{ state.text }}", writes: [summary]}
"""


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


def question(text: str, *options: str) -> Says:
    """The model asks something."""
    asked = {"id": "language", "text": text, "why": "It decides what is written.", "options": list(options)}
    return as_json({"thought": "t", "action": "ask", "say": "", "question": asked})


class Middle:
    """A conversation with a model that built a design and then asked something."""

    def __init__(self, server: OpenAIServer, models: ChatModels, seconds: float = 30.0) -> None:
        guided = GuidedDesigner(check_here, HERE.tools)
        model = models.get("openai/any", server.keys)
        self.designer = AgentDesigner(
            model, check_here, surroundings=HERE, fallback=guided, budget=Budget(seconds=seconds, refusals=2)
        )
        self.server = server
        self.conversation = Conversation("middle", draft=DESIGN)

    async def say(self, message: str) -> list[DesignEvent]:
        return [event async for event in self.designer.turn(self.conversation, message)]


FAILURES = {
    "no key": Fails(401, "invalid key"),
    "too many requests": Fails(429, "slow down"),
    "server error": Fails(500, "broken"),
    "no answer": Garbage(),
    "nonsense": Says("{}"),
    "breaks off": BreaksOff(),
    "hangs": Hangs(),
}


@pytest.mark.parametrize("reply", FAILURES.values(), ids=FAILURES)
async def test_in_the_middle_the_open_question_is_answered_and_the_design_changed(
    reply: Reply, openai_server: OpenAIServer, real_models: ChatModels
) -> None:
    openai_server.add(question("Into which language?", "German", "French"), *[reply] * 8)
    # Only what hangs is waited for; the rest fails by itself.
    middle = Middle(openai_server, real_models, 1.0 if isinstance(reply, Hangs) else 30.0)
    events = await middle.say("Add a translation of the summary at the end")
    assert [event for event in events if isinstance(event, Asked)]
    events = await middle.say("German")
    assert not [event for event in events if isinstance(event, TurnFailed)]
    [notice, *_] = [event.text for event in events if isinstance(event, Said)]
    assert "guided designer takes over" in notice
    checked = check(middle.conversation.draft, HERE)
    assert checked.workflow is not None and checked.valid
    assert [node.id for node in checked.workflow.nodes] == ["shorten", "translate"]
    assert "German" in middle.conversation.draft
    assert [message.role for message in middle.conversation.messages] == ["user", "designer"] * 2
    assert middle.conversation.messages[2].text == "German", "what was really said stands there"
    asked = len(openai_server.requests)
    await middle.say("rename translate to german_summary")
    assert len(openai_server.requests) == asked, "it goes on without asking the model"
    assert "german_summary" in middle.conversation.draft
    openai_server.release()


@pytest.mark.parametrize(
    ("wish", "asks", "answer", "kept"),
    [
        ("Add keywords at the end", "How many?", "at most five", "How many? at most five"),
        ("Füge am Ende eine Übersetzung hinzu", "In welche Sprache?", "Französisch", "French"),
    ],
)
async def test_what_was_answered_is_kept_in_other_words_and_languages(
    wish: str, asks: str, answer: str, kept: str, openai_server: OpenAIServer, real_models: ChatModels
) -> None:
    openai_server.add(question(asks), *[Fails(429, "slow down")] * 8)
    middle = Middle(openai_server, real_models)
    await middle.say(wish)
    await middle.say(answer)
    assert kept in middle.conversation.draft
    assert check(middle.conversation.draft, HERE).valid


async def test_the_model_comes_back_when_it_is_called(openai_server: OpenAIServer, real_models: ChatModels) -> None:
    middle = Middle(openai_server, real_models)  # a server without a script refuses every request
    await middle.say("let me approve the result")
    assert "kind: human" in middle.conversation.draft, "the guided one did it"
    asked = len(openai_server.requests)
    [back, _] = await middle.say("use the model")
    assert isinstance(back, Said) and "designs again" in back.text
    openai_server.add(as_json({"thought": "t", "action": "answer", "say": "A person approves it."}))
    events = await middle.say("What did we change?")
    assert len(openai_server.requests) > asked
    assert "A person approves it." in "".join(event.text for event in events if isinstance(event, Said))
    assert "let me approve the result" in str(openai_server.requests[-1].messages), "it knows what happened meanwhile"
