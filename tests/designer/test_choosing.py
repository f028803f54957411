"""Some edits of a turn taken and others left: always a valid text, with what depends on what told."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from chat_app.app import surroundings
from chat_app.designer.choosing import Chosen, choosable, choose, with_needs
from chat_app.designer.history import History
from chat_app.workflow.check import check
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.fixers import repair_edits
from tests.designer.agent.samples import DRAFT

KNOWN = surroundings(None)
TURN: list[dict[str, Any]] = [
    {"op": "add_node",
     "node": {"id": "summarise", "kind": "llm", "prompt": "Shorten: {{ state.answer }}", "writes": ["short"]},
     "fields": {"short": {"type": "string"}}, "after": "reply"},
    {"op": "add_node",
     "node": {"id": "translate", "kind": "llm", "prompt": "In German: {{ state.short }}", "writes": ["german"]},
     "fields": {"german": {"type": "string"}}, "after": "summarise"},
    {"op": "set_outputs", "outputs": ["short", "german"]},
    {"op": "set_prompt", "id": "judge", "prompt": "Calm or angry? Be strict. {{ state.email }}"},
    {"op": "add_requirement", "id": "german", "text": "Answers are in German too", "met_by": ["translate"]},
]  # fmt: skip


def full(edits: list[dict[str, Any]], base: str = DRAFT) -> str:
    result = apply_edits(base, repair_edits(edits)[0], KNOWN)
    assert result.ok
    return result.text


def chosen(*wanted: int) -> Chosen:
    return choose(DRAFT, TURN, wanted, check, full=full(TURN), surroundings=KNOWN)


def test_each_edit_is_told_with_what_it_needs() -> None:
    offered = choosable(DRAFT, TURN)
    assert [one.needs for one in offered] == [(), (0,), (0, 1), (), (1,)]
    assert offered[0].line == "Add the step summarise after reply"
    assert with_needs(offered, [4]) == [0, 1, 4]


def test_one_edit_alone_touches_nothing_else() -> None:
    result = chosen(3)
    assert result.ok and result.kept == (3,)
    assert "Be strict" in result.text
    assert (
        result.text.replace(
            "Calm or angry? Be strict. {{ state.email }}", "Is the writer calm or angry? {{ state.email }}"
        )
        == DRAFT
    )


def test_what_an_edit_needs_is_taken_along_and_told() -> None:
    result = chosen(1)
    assert result.ok
    assert result.taken_along == (0,)
    assert "summarise" in result.text and "Be strict" not in result.text


def test_all_is_the_whole_turn_and_none_is_the_base() -> None:
    assert chosen(*range(5)).text == full(TURN)
    assert chosen().text == DRAFT


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_every_choice_ends_valid(size: int) -> None:
    for wanted in itertools.combinations(range(len(TURN)), size):
        result = chosen(*wanted)
        assert result.ok, result.problems
        assert set(wanted) <= set(result.kept)
        assert check(result.text).valid


def test_a_choice_that_cannot_be_leaves_the_base_and_says_why() -> None:
    turn = [
        {"op": "set_outputs", "outputs": ["nothing_writes_this"]},
        {"op": "set_prompt", "id": "reply", "prompt": "x"},
    ]
    result = choose(DRAFT, turn, [0], check, full=DRAFT, surroundings=KNOWN)
    assert not result.ok
    assert result.text == DRAFT
    assert result.problems[0].message


def test_a_whole_document_is_taken_whole() -> None:
    result = choose("", [{"op": "document"}], [0], check, full=DRAFT, surroundings=KNOWN)
    assert result.text == DRAFT
    assert choosable("", [{"op": "document"}])[0].line == "The whole workflow as it was written"


def test_undo_and_redo_walk_the_revisions() -> None:
    history = History().added("a").added("b").added("b").added("c")
    assert history.texts == ("a", "b", "c")
    back = history.undone().undone()
    assert back.text == "a" and not back.can_undo and back.can_redo
    assert back.undone() == back
    assert back.redone().text == "b"
    assert back.added("d").texts == ("a", "d")
    assert history.redone() == history
    assert not History().can_undo and not History().can_redo and History().text == ""
    many = History()
    for number in range(150):
        many = many.added(str(number))
    assert len(many.texts) == 100 and many.text == "149"
