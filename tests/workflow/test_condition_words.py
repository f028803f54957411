"""Conditions in the words of Python, SQL and JavaScript: the checker's fix and the repair of edits say the same."""

from __future__ import annotations

import pytest

from chat_app.workflow.cel_tree import Parsed, parse
from chat_app.workflow.edits.repairs.parts import repair_condition
from chat_app.workflow.typed import TextProblem


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        ("state.a > 1 and state.b < 2 or state.c", "state.a > 1 && state.b < 2 || state.c"),
        ("state.a AND NOT state.b", "state.a && !state.b"),
        ("not (state.a OR state.b)", "!(state.a || state.b)"),
        ("not state.done and state.a = 3", "!state.done && state.a == 3"),
        ("state.mood = 'and so = on'", "state.mood == 'and so = on'"),
        ("state.mood is not 'calm'", "state.mood != 'calm'"),
        ("state.mood is 'calm'", "state.mood == 'calm'"),
        ("state.done is True", "state.done == true"),
        ("state.a <> 3", "state.a != 3"),
        ("state.a === 3 and state.b !== 4", "state.a == 3 && state.b != 4"),
    ],
)
def test_both_ways_lead_to_the_same(foreign: str, ours: str) -> None:
    assert isinstance(parse(ours), Parsed)
    assert repair_condition(foreign, []) == ours
    found = parse(foreign)
    assert isinstance(found, TextProblem) and found.whole == ours


@pytest.mark.parametrize("text", ["state.mood == 'is not and or <> ='", "state.a >= 1 && state.b <= 2", "!state.a"])
def test_what_is_ours_stays(text: str) -> None:
    assert isinstance(parse(text), Parsed)
    assert repair_condition(text, []) == text
