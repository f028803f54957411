"""A guided designer in conversation, for the tests beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from chat_app.designer.conversation import Conversation
from chat_app.designer.guided import GuidedDesigner
from chat_app.engine.capabilities import RUNNABLE_KINDS
from chat_app.events.design import DesignEvent, TurnFinished
from chat_app.tools.built_in import BUILT_IN
from chat_app.tools.catalog import Catalog, catalog
from chat_app.tools.media import MediaSetup
from chat_app.tools.setup import ToolSetup
from chat_app.workflow import check as checker
from chat_app.workflow.check import CheckResult
from chat_app.workflow.surroundings import Surroundings

Event = TypeVar("Event")
HERE = Surroundings(runnable_kinds=RUNNABLE_KINDS, tools=Catalog(BUILT_IN).signatures())
"""What the app knows of this machine when it checks."""
EQUIPPED = Surroundings(
    runnable_kinds=RUNNABLE_KINDS,
    tools=catalog(ToolSetup(media=MediaSetup(transcription="openai/listener"))).signatures(),
)
"""The same where a search engine and a model that listens are set up."""


def check(text: str, where: Surroundings = HERE) -> CheckResult:
    """The checker as the app uses it."""
    return checker.check(text, where)


@dataclass
class Talk:
    """A conversation with the designer, message by message."""

    designer: GuidedDesigner
    conversation: Conversation = field(default_factory=lambda: Conversation("talk"))
    events: list[DesignEvent] = field(default_factory=list)
    """What the last message led to."""

    async def say(self, *messages: str) -> list[DesignEvent]:
        """Sends messages in order; the events of the last are returned and kept."""
        for message in messages:
            self.events = [event async for event in self.designer.turn(self.conversation, message)]
            assert isinstance(self.events[-1], TurnFinished)
        return self.events

    def found(self, kind: type[Event]) -> list[Event]:
        """The last message's events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def one(self, kind: type[Event]) -> Event:
        """The last message's only event of one kind."""
        [event] = self.found(kind)
        return event

    @property
    def draft(self) -> str:
        """The draft as it stands."""
        return self.conversation.draft

    def checked(self) -> CheckResult:
        """The draft, checked."""
        return check(self.draft)


@pytest.fixture(scope="session")
def designer() -> GuidedDesigner:
    """One designer for all tests: it keeps nothing between turns."""
    return GuidedDesigner(check)


@pytest.fixture
def talk(designer: GuidedDesigner) -> Talk:
    """A fresh conversation."""
    return Talk(designer)
