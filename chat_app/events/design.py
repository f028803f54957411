"""The events of a design turn: what a designer says and does in answer to one message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Option:
    """An answer that can be clicked."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the interview; the turn ends and the next message answers it."""

    id: str
    text: str
    why: str
    options: tuple[Option, ...] = ()
    default: str | None = None
    """What a skip takes; it is then recorded as an assumption."""
    other: bool = True
    """Whether free text is an answer too."""
    skip: bool = True


@dataclass(frozen=True, slots=True)
class Card:
    """A way to go that can be chosen with a click: a pattern, or a plan to approve."""

    title: str
    text: str
    value: str
    """The message that choosing it sends."""
    draft: str | None = None
    """Workflow text to draw as a preview."""


@dataclass(frozen=True, slots=True)
class Offered:
    """Cards to choose from; the turn ends and the next message chooses."""

    text: str
    cards: tuple[Card, ...]
    takes_first: bool = False
    """Whether going on without an answer takes the first card."""


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of the designer's text, streamed; pieces are joined as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What the designer is doing now, for a progress line."""

    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Assumed:
    """Something the designer took for granted."""

    text: str


@dataclass(frozen=True, slots=True)
class Edited:
    """The draft changed: the new text and the edits that made it, as plain data."""

    text: str
    edits: tuple[dict[str, Any], ...]
    summary: tuple[str, ...]
    """One line for each change, made from the diff."""
    repaired: tuple[str, ...] = ()
    """What deterministic repairs did on the way."""
    valid: bool = True


@dataclass(frozen=True, slots=True)
class RunWanted:
    """The person asked to run the draft."""


@dataclass(frozen=True, slots=True)
class SaveWanted:
    """The person asked to save the draft."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class UndoWanted:
    """The person asked to go back."""

    steps: int = 1
    """How many revisions."""


@dataclass(frozen=True, slots=True)
class ModelUsed:
    """What one model call of the designer used; None where it is unknown."""

    model: str
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    purpose: str = ""
    """What the call was for: `decide`, `repair`."""
    messages: tuple[dict[str, str], ...] = ()
    """Role and content of what was asked."""
    answer: str = ""
    """What the model said, as it said it."""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class TurnFailed:
    """The turn could not be done; the draft is as it was."""

    message: str
    help: str


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The last event of every turn."""


DesignEvent = (
    Said
    | Stage
    | Asked
    | Offered
    | Assumed
    | Edited
    | RunWanted
    | SaveWanted
    | UndoWanted
    | ModelUsed
    | TurnFailed
    | TurnFinished
)


@dataclass(frozen=True, slots=True)
class DesignTurn:
    """A whole turn, as it is recorded when it has ended, however it ended."""

    id: str
    conversation: str
    number: int
    """From 1; a turn that was stopped and is said again has the same number."""
    owner: str
    """Empty where nobody has said whose conversation it is."""
    designer: str
    model: str
    """Empty for the guided designer."""
    message: str
    started: float
    ended: float
    events: tuple[tuple[float, DesignEvent], ...]
    """Each with its time; pieces of text that follow each other are joined."""
    prompts: dict[str, str] = field(default_factory=dict)
    """The prompts that were at hand, by name: the first letters of their hashes."""
    stopped: bool = False
    """Whether it was ended before its end."""
