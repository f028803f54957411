"""A decision is bounded and made sense of, and one that can't be acted on is none."""

from __future__ import annotations

from typing import Any

import pytest

from chat_app.designer.agent.answers import Answer
from chat_app.designer.agent.decision import Decision, decision_of


def read(cut: bool = False, **raw: Any) -> Decision | None:
    return decision_of(Answer(decision=raw, cut=cut))


@pytest.mark.parametrize(
    ("raw", "action"),
    [
        ({"action": "EDIT", "edits": [{"op": "remove_node", "id": "a"}]}, "edit"),
        ({"edits": [{"op": "remove_node", "id": "a"}]}, "edit"),
        ({"action": "build", "operations": [{"op": "remove_node", "id": "a"}]}, "edit"),
        ({"action": "answer", "say": "Done", "edits": [{"op": "remove_node", "id": "a"}]}, "edit"),
        ({"action": "edit", "edits": [], "question": {"text": "Which one?"}}, "ask"),
        ({"question": "Which one?"}, "ask"),
        ({"action": "propose_plan", "plan": ["a", "b"]}, "plan"),
        ({"say": "Because."}, "answer"),
        ({"action": "run"}, "run"),
        ({"action": "dance", "say": "la"}, "answer"),
    ],
)
def test_the_action_is_understood(raw: dict[str, Any], action: str) -> None:
    decision = read(**raw)
    assert decision is not None
    assert decision.action == action


@pytest.mark.parametrize(
    "raw",
    [
        {"action": "ask"},
        {"action": "ask", "question": {"text": ""}},
        {"action": "ask", "question": {"text": "none"}},
        {"action": "plan", "plan": []},
        {"action": "edit"},
        {"action": "edit", "edits": [None, {}, ""]},
        {"action": "answer", "say": ""},
        {"action": {"nested": 1}, "say": None},
    ],
)
def test_what_cannot_be_acted_on_is_nothing(raw: dict[str, Any]) -> None:
    assert read(**raw) is None


def test_options_are_two_to_four_and_different() -> None:
    def options(*given: Any) -> tuple[str, ...]:
        decision = read(action="ask", question={"text": "Which?", "options": list(given)})
        assert decision is not None and decision.question is not None
        return decision.question.options

    assert options("a", "a", "b", "", None, "c", "d", "e") == ("a", "b", "c", "d")
    assert options("only") == ()
    assert options({"label": "A"}, {"value": "B"}, 3) == ("A", "B", "3")


def test_lengths_are_bounded() -> None:
    long = "x" * 10_000
    decision = read(
        action="ask",
        say=long,
        thought=long,
        question={"id": long, "text": long, "options": [long, "b"], "default": long},
    )
    assert decision is not None and decision.question is not None
    assert len(decision.say) <= 2_000
    assert len(decision.question.id) <= 40
    assert len(decision.question.text) <= 500
    assert all(len(option) <= 120 for option in decision.question.options)


def test_the_last_edit_of_a_cut_answer_is_not_trusted() -> None:
    decision = read(cut=True, action="edit", say="", edits=[{"op": "remove_node", "id": "a"}, {"op": "remove_node"}])
    assert decision is not None
    assert decision.edits == ({"op": "remove_node", "id": "a"},)
    assert decision.more


def test_the_default_is_the_first_option_where_none_is_given() -> None:
    decision = read(action="ask", question={"text": "Which?", "options": ["a", "b"]})
    assert decision is not None and decision.question is not None
    assert decision.question.default == "a"
