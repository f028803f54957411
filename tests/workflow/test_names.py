"""Nearest names, and names made of any text."""

import pytest

from chat_app.workflow.names import as_name, free_name, likeness, nearest, ranked_names


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("sumary", "summary"),
        ("Draft Answer", "draft_answer"),
        ("draftAnswer", "draft_answer"),
        ("reviewer", "review"),
        ("answer", "draft_answer"),
        ("zzz", None),
        ("", None),
    ],
)
def test_nearest(said: str, meant: str | None) -> None:
    assert nearest(said, ["summary", "draft_answer", "review"]) == meant


def test_the_best_comes_first_and_ties_keep_their_order() -> None:
    assert ranked_names("draft", ["draft_two", "draft", "draft_one"]) == ["draft", "draft_two", "draft_one"]


def test_case_and_separators_do_not_count() -> None:
    assert likeness("Draft-Answer", "draft_answer") == 1.0


def test_a_very_long_name_costs_no_time() -> None:
    assert nearest("x" * 1_000_000, ["summary"]) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [("Mail Helper", "mail_helper"), ("2 go", "item_2_go"), ("…", "item"), ("aB", "a_b"), ("x" * 80, "x" * 64)],
)
def test_as_name(text: str, name: str) -> None:
    assert as_name(text) == name


def test_free_name() -> None:
    assert free_name("a", []) == "a"
    assert free_name("a", ["a", "a_2"]) == "a_3"
    assert len(free_name("x" * 64, ["x" * 64])) == 64
