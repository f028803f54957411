"""What the designer keeps between turns: plain data inside the conversation."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from rapidfuzz import fuzz
from rapidfuzz.utils import default_process

from chat_app.designer.agent.decision import AskedQuestion

_KEY = "agent"
_ALIKE, _CONTAINED, _LENGTH = 80.0, 95.0, 0.55
"""Questions are the same when their words are nearly the same, or one's contain the other's and little more."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Question(_Part):
    """A question that was put; each is put once."""

    id: str
    text: str
    why: str = ""
    options: list[str] = []
    default: str | None = None


class Slot(_Part):
    """What the interview learnt."""

    id: str
    question: str
    value: str
    source: Literal["user", "assumed"]
    settled: bool = False
    """Whether it stands in the workflow's requirements."""


class Happened(_Part):
    """One earlier turn, in short."""

    wish: str
    did: str
    why: str = ""


class Pending(_Part):
    """A change that is shown before it is taken, as it costs something that the person may want to keep."""

    start: str
    """The draft that it was made from."""
    text: str
    edits: list[dict[str, Any]] = []
    summary: list[str] = []
    repaired: list[str] = []
    beside: bool = False
    """Whether it stands beside what was changed by hand meanwhile: then it is taken only when that is said."""


class Memory(_Part):
    """The designer's part of a conversation."""

    wish: str = ""
    """The first words of what is being built, kept while it is interviewed and planned."""
    asked: list[Question] = []
    open_question: Question | None = None
    slots: list[Slot] = []
    plan: list[str] = []
    plan_state: Literal["none", "offered", "approved"] = "none"
    plans: int = 0
    turns: list[Happened] = []
    assumptions: list[str] = []
    pending: Pending | None = None
    trial: Literal["none", "offered", "allowed"] = "none"
    """Whether the person was asked for leave to try the workflow, and gave it."""
    handed_over: str | None = None
    """The model that failed, while the guided designer has taken over."""

    def with_(self, **changes: Any) -> Memory:
        """A copy with some values changed."""
        return self.model_copy(update=changes)


def load_memory(data: dict[str, Any]) -> Memory:
    """The memory in a conversation; one that can't be read is begun anew."""
    try:
        return Memory.model_validate(data.get(_KEY) or {})
    except ValidationError:
        return Memory()


def store_memory(data: dict[str, Any], memory: Memory) -> None:
    """Puts the memory into a conversation as JSON data."""
    data[_KEY] = memory.model_dump(mode="json")


def hand_over(data: dict[str, Any], model: str) -> None:
    """Lets the guided designer serve a conversation in the place of a model, until the model is asked for again."""
    store_memory(data, load_memory(data).with_(handed_over=model))


def handed_over(data: dict[str, Any]) -> str | None:
    """The model in whose place the guided designer serves a conversation."""
    return load_memory(data).handed_over


def was_asked(memory: Memory, question: AskedQuestion) -> bool:
    """Whether the same was asked before, in these or nearly these words."""
    return any(asked.id == question.id or alike(asked.text, question.text) for asked in memory.asked)


def alike(one: str, other: str) -> bool:
    """Whether two texts ask the same."""
    first, second = default_process(one), default_process(other)
    shorter, longer = sorted((len(first), len(second)))
    if fuzz.token_sort_ratio(first, second) >= _ALIKE:
        return True
    return fuzz.token_set_ratio(first, second) >= _CONTAINED and shorter >= longer * _LENGTH
