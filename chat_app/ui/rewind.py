"""Going back in a conversation: the panel goes back with it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any

from chat_app.designer.conversation import Conversation

MOST_MARKS = 30


@dataclass(frozen=True)
class Mark:
    """How things stood before a message was sent."""

    line: int
    """The place of the message in what the chat shows."""
    said: str
    """The message as the designer got it."""
    shown: str
    draft: str
    revisions: int
    messages: int
    assumptions: tuple[str, ...]
    memory: dict[str, Any]
    choices: tuple[dict[str, Any], ...]

    def rewind(self, conversation: Conversation) -> None:
        """Takes back what was said since."""
        del conversation.messages[self.messages :]
        conversation.draft = self.draft
        conversation.assumptions[:] = self.assumptions
        conversation.memory = deepcopy(self.memory)

    def as_json(self) -> dict[str, Any]:
        """The mark as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Mark:
        """The mark that `as_json` made."""
        return cls(**data | {"assumptions": tuple(data["assumptions"]), "choices": tuple(data["choices"])})


def mark_of(
    conversation: Conversation, *, line: int, said: str, shown: str, revisions: int, choices: list[Any]
) -> Mark:
    """How a conversation stands now."""
    return Mark(
        line=line,
        said=said,
        shown=shown,
        draft=conversation.draft,
        revisions=revisions,
        messages=len(conversation.messages),
        assumptions=tuple(conversation.assumptions),
        memory=deepcopy(conversation.memory),
        choices=tuple(asdict(choice) for choice in choices),
    )
