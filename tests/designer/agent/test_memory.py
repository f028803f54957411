"""The designer's memory is JSON, forgiving of what it cannot read, and knows what was asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat_app.designer.agent.decision import AskedQuestion
from chat_app.designer.agent.memory import Memory, Question, Slot, load_memory, store_memory, was_asked

MEMORY = Memory(
    wish="w",
    asked=[Question(id="tone", text="Which tone do you like?")],
    slots=[Slot(id="tone", question="Which tone?", value="formal", source="user")],
)


def test_it_is_plain_data() -> None:
    data: dict[str, Any] = {"guided": {"its": "own"}}
    store_memory(data, MEMORY)
    assert load_memory(json.loads(json.dumps(data))) == MEMORY
    assert data["guided"] == {"its": "own"}


@pytest.mark.parametrize("broken", [None, 5, {"asked": "x"}, {"plan_state": "?"}, []])
def test_what_cannot_be_read_is_begun_anew(broken: Any) -> None:
    assert load_memory({"agent": broken}) == Memory()
    assert load_memory({}) == Memory()


@pytest.mark.parametrize(
    ("id", "text", "same"),
    [
        ("tone", "Something else?", True),
        ("x", "Which tone do you like?", True),
        ("x", "which tone would you like", True),
        ("x", "Which tone do you like, please?", True),
        ("x", "How long may the answer be?", False),
        ("x", "Which language do you write?", False),
    ],
)
def test_the_same_question_is_known_again(id: str, text: str, same: bool) -> None:
    assert was_asked(MEMORY, AskedQuestion(id, text, "", (), None)) is same
