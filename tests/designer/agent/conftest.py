"""A designer over a scripted model, and a way to take turns with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.conversation import Conversation
from chat_app.events.design import (
    Asked,
    DesignEvent,
    Edited,
    Offered,
    Said,
    TurnFinished,
)
from chat_app.workflow.check import CheckResult, check
from tests.designer.agent.scripted import Reply, ScriptedModel


@dataclass
class Talk:
    """A conversation under test."""

    designer: AgentDesigner
    model: ScriptedModel
    conversation: Conversation = field(default_factory=lambda: Conversation("c"))
    events: list[DesignEvent] = field(default_factory=list)

    async def say(self, message: str) -> list[DesignEvent]:
        """Takes one turn; holds what must hold of every turn."""
        before = self.conversation.draft
        self.events = [event async for event in self.designer.turn(self.conversation, message)]
        assert isinstance(self.events[-1], TurnFinished)
        assert sum(isinstance(event, TurnFinished) for event in self.events) == 1
        if self.conversation.draft != before:
            assert self.edited is not None
            assert self.edited.text == self.conversation.draft
            assert self.checked.valid or not check(before).valid
        return self.events

    @property
    def draft(self) -> str:
        return self.conversation.draft

    @property
    def checked(self) -> CheckResult:
        return check(self.draft)

    @property
    def said(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Said))

    @property
    def edited(self) -> Edited | None:
        return next((event for event in self.events if isinstance(event, Edited)), None)

    @property
    def asked(self) -> Asked | None:
        return next((event for event in self.events if isinstance(event, Asked)), None)

    @property
    def offered(self) -> Offered | None:
        return next((event for event in self.events if isinstance(event, Offered)), None)

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def node_ids(self) -> list[str]:
        workflow = self.checked.workflow
        return [node.id for node in workflow.nodes] if workflow else []


@pytest.fixture
def talk() -> Callable[..., Talk]:
    """Makes a conversation with a model that gives these replies."""

    def make(*replies: Reply, draft: str = "", forever: bool = False, **options: Any) -> Talk:
        model = ScriptedModel(*replies, forever=forever, refuses=options.pop("refuses", ()))
        made = Talk(AgentDesigner(model, check, **options), model)
        made.conversation.draft = draft
        return made

    return make
