"""What the guided designer keeps between turns, as JSON in the conversation's memory."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from chat_app.designer.conversation import Conversation

_KEY = "guided"

Origin = Literal["said", "answered", "assumed"]


@dataclass
class OfferedCard:
    """A card that was shown: what choosing it sends, and the recipe behind it."""

    value: str
    title: str
    recipe: dict[str, Any]


@dataclass
class Memory:
    """Where the interview stands."""

    stage: Literal["idle", "choosing", "asking"] = "idle"
    language: str = ""
    """The language that the conversation is in, where a message told."""
    wish: str = ""
    """What was wished, in English."""
    said: str = ""
    """The same as the person put it."""
    offered: list[OfferedCard] = field(default_factory=list)
    recipe: dict[str, Any] = field(default_factory=dict)
    """`{pattern: id}`, `{steps: […]}`, or `{say: message}` for a suggested command."""
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    question: str | None = None
    focus: str | None = None
    """The node that "it" means."""
    before: str = ""
    """The draft before the last change, so that "no, I meant …" can take it back."""
    after: str = ""
    did: str = ""
    """The command that made the last change, in English: what a correction puts right."""
    answered: dict[str, Any] = field(default_factory=dict)
    """What the last workflow was built from, as `saved.Answers` has it."""

    @classmethod
    def of(cls, conversation: Conversation) -> Memory:
        """The memory that a conversation holds; a fresh one where it holds none, or one of another shape."""
        data = conversation.memory.get(_KEY)
        if not isinstance(data, dict) or not data.keys() <= cls.__dataclass_fields__.keys():
            return cls()
        cards = [OfferedCard(**card) for card in data.get("offered", [])]
        return cls(**{**data, "offered": cards})

    def keep(self, conversation: Conversation) -> None:
        """Puts the memory into the conversation."""
        conversation.memory[_KEY] = asdict(self)

    def rest(self) -> None:
        """Ends an interview; what was built is remembered only by its text."""
        self.stage, self.question = "idle", None
        self.offered, self.recipe, self.values, self.origins = [], {}, {}, {}
