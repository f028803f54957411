"""A design conversation, and what a designer is."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from chat_app.events.design import DesignEvent

GUIDED = "guided"
"""The name of the designer that needs no model."""


@dataclass
class Message:
    role: Literal["user", "designer"]
    text: str


@dataclass
class Conversation:
    """All that a designer knows between turns; plain data, so that it can be stored and restored."""

    id: str
    messages: list[Message] = field(default_factory=list)
    draft: str = ""
    """The workflow text as it stands, hand edits included; empty before the first edit."""
    assumptions: list[str] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)
    """JSON data private to the designer: the open question, slots, what was asked."""


class Designer(Protocol):
    """Turns a message into events; guided and model-driven designers are both one of these.

    A turn appends the message and its own text to `conversation.messages`, and replaces
    `conversation.draft` only together with an `Edited` event. A failed or cancelled turn
    leaves the draft as it was. The last event is always `TurnFinished`.
    """

    @property
    def name(self) -> str: ...

    def turn(self, conversation: Conversation, message: str) -> AsyncGenerator[DesignEvent, None]: ...
