"""A design turn as spans: what was wished, what came of it, and each call of the designer's model."""

from __future__ import annotations

from chat_app.events.design import (
    Assumed,
    DesignEvent,
    DesignTurn,
    Edited,
    ModelUsed,
    RunWanted,
    Said,
    Stage,
    TurnFailed,
    TurnFinished,
)
from chat_app.tracing.spans import Span
from chat_app.tracing.turn_spans import turn_spans

CALL = ModelUsed(
    "openai/x", 100, 20, None, "decide", ({"role": "user", "content": "Add a step"},), '{"edits": 1}', 2.0
)
EDIT = Edited("version: 1", ({"op": "add_node"},), ("Added node `a`.",), ("`sumary` was `summary`.",), True)


def spans(*events: DesignEvent) -> list[Span]:
    told = tuple((12.0 + at, event) for at, event in enumerate(events))
    last = told[-1][0]
    prompts = {"designer_system": "abc"}
    return turn_spans(DesignTurn("t1", "c1", 3, "ann", "m", "openai/x", "add a step", 10.0, last, told, prompts))


def test_a_turn_holds_its_wish_its_words_and_its_edits() -> None:
    *_, turn = spans(
        Stage("editing"), Said("Do"), Said("ne."), Assumed("English."), EDIT, RunWanted(), TurnFinished()
    )
    assert (turn.kind, turn.inputs, turn.error) == ("turn", "add a step", None)
    assert (turn.start, turn.end) == (10.0, 18.0)
    assert turn.outputs == {
        "said": "Done.",
        "assumed": ["English."],
        "edits": [{"op": "add_node"}],
        "changes": ["Added node `a`."],
        "text": "version: 1",
        "wanted": "run",
    }
    assert {name: turn.facts[name] for name in ("turn", "valid", "edits", "repairs")} == {
        "turn": 3,
        "valid": True,
        "edits": 1,
        "repairs": 1,
    }
    assert (12.0, "editing") in turn.notes
    assert turn.facts["prompt.designer_system"] == "abc"


def test_each_call_stands_in_the_turn_with_what_is_known_of_it() -> None:
    call, turn = spans(CALL, TurnFinished())
    assert (call.parent, call.trace) == (turn.id, turn.trace)
    assert (call.start, call.end) == (10.0, 12.0)
    assert call.inputs == [{"role": "user", "content": "Add a step"}]
    assert call.outputs["text"] == '{"edits": 1}'
    assert (call.facts["tokens_in"], "cost_usd" in call.facts) == (100, False)


def test_two_calls_of_a_turn_are_two_spans() -> None:
    one, other, turn = spans(CALL, CALL, TurnFinished())
    assert len({one.id, other.id, turn.id}) == 3


def test_a_turn_that_failed_says_why() -> None:
    *_, turn = spans(TurnFailed("The model does not answer.", "Wait."), TurnFinished())
    assert turn.error == "The model does not answer."
