"""The guided designer as the rest of the house sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from copy import deepcopy

from chat_app.designer.conversation import GUIDED, Conversation, Message
from chat_app.designer.guided.guide import Guide
from chat_app.designer.guided.memory import Memory
from chat_app.designer.guided.reply import Reply
from chat_app.designer.guided.saved import Answers, read_answers
from chat_app.designer.guided.starts import PatternStarts
from chat_app.designer.guided.tongues import language_of
from chat_app.designer.guided.toolbox import Toolbox, equipped
from chat_app.events.design import Asked, Assumed, DesignEvent, Edited, Offered, Said, TurnFailed, TurnFinished
from chat_app.translation import language, speaking, tr
from chat_app.workflow.check import CheckResult
from chat_app.workflow.surroundings import ToolSignature

_NO_TOOLS: Mapping[str, ToolSignature] = {}


class GuidedDesigner:
    """Implements `Designer` without a model: the same words give the same workflow, every time."""

    name = GUIDED

    def __init__(self, check: Callable[[str], CheckResult], tools: Mapping[str, ToolSignature] = _NO_TOOLS) -> None:
        self._guide = Guide(check)
        self._tools = Toolbox(tools)
        self.starts = PatternStarts(self._guide.wishes, self._tools)

    def warm_up(self) -> None:
        """Loads the ranker (about a second), so that the first card comes at once; meant for a thread."""
        with equipped(self._tools):
            self._guide.warm_up()

    async def turn(self, conversation: Conversation, message: str) -> AsyncGenerator[DesignEvent, None]:
        """Answers one message. The draft changes only with an `Edited` event, and whole or not at all."""
        memory = deepcopy(Memory.of(conversation))
        conversation.messages.append(Message("user", message))
        # A thread: the first turn loads the ranker, which must not hold up other sessions.
        draft = conversation.draft
        reply = await asyncio.to_thread(self._answer, memory, draft, message)
        if conversation.draft != draft:
            # Somebody typed meanwhile: the same message is answered once more, on what stands there now.
            memory, draft = deepcopy(Memory.of(conversation)), conversation.draft
            reply = await asyncio.to_thread(self._answer, memory, draft, message)
        for event in self._finish(conversation, memory, reply):
            yield event

    def _answer(self, memory: Memory, draft: str, message: str) -> Reply:
        """The reply, in the language of the message where it tells, else in that of the conversation or the page."""
        before = memory.language or language()
        memory.language = before if self._guide.is_choice(memory, message) else language_of(message, before)
        with speaking(memory.language), equipped(self._tools):
            return self._guide.answer(memory, draft, message)

    async def apply(self, conversation: Conversation, answers: Answers) -> AsyncGenerator[DesignEvent, None]:
        """Builds from saved answers, without a question; raises AnswersInvalid where they fit no recipe."""
        memory = deepcopy(Memory.of(conversation))
        with equipped(self._tools):
            reply = await asyncio.to_thread(self._guide.apply, memory, conversation.draft, answers)
        for event in self._finish(conversation, memory, reply):
            yield event

    def answers(self, conversation: Conversation) -> Answers | None:
        """What the last workflow was built from; None where nothing was built."""
        answered = Memory.of(conversation).answered
        return read_answers(answered) if answered else None

    def _finish(self, conversation: Conversation, memory: Memory, reply: Reply) -> Iterator[DesignEvent]:
        memory.keep(conversation)
        conversation.messages.append(Message("designer", told(reply)))
        for event in reply.events:
            if isinstance(event, Edited):
                conversation.draft = event.text
            elif isinstance(event, Assumed):
                conversation.assumptions.append(event.text)
            yield event
        yield TurnFinished()

    def pending(self, conversation: Conversation) -> Asked | Offered | None:
        """What the designer waits for: a question, cards, or nothing."""
        memory = Memory.of(conversation)
        with speaking(memory.language or language()), equipped(self._tools):
            return self._guide.pending(memory)


def told(reply: Reply) -> str:
    """A reply as the text that stands in the conversation."""
    parts = []
    for event in reply.events:
        match event:
            case Said(text=text) | Asked(text=text) | Offered(text=text):
                parts.append(text)
            case Edited(summary=summary):
                parts.append("\n".join(f"- {line}" for line in summary))
            case Assumed(text=text):
                parts.append(tr("Assumed: {text}", text=text))
            case TurnFailed(message=text, help=help_):
                parts.append(f"{text} {help_}")
            case _:
                continue
    return "\n\n".join(part.strip() for part in parts if part.strip())
