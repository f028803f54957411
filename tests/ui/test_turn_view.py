from __future__ import annotations

from chat_app.events.design import (
    Asked,
    Assumed,
    Card,
    Edited,
    ModelUsed,
    Offered,
    Option,
    RunWanted,
    Said,
    SaveWanted,
    Stage,
    TurnFailed,
    TurnFinished,
    UndoWanted,
)
from chat_app.ui.turn_view import MOST_LINES, SKIP, TurnView


def seen(*events: object) -> TurnView:
    view = TurnView()
    for event in events:
        view.fold(event)  # type: ignore[arg-type]
    return view


def test_pieces_are_joined_and_the_stage_shows_only_while_it_lasts() -> None:
    view = seen(Stage("thinking"), Said("Hel"), Said("lo"))
    assert view.text == "Hello"
    assert view.shown == "Hello\n\n*thinking …*"
    view.fold(TurnFinished())
    assert view.shown == "Hello"
    assert view.told.finished


def test_a_question_offers_its_options_and_what_a_skip_takes() -> None:
    view = seen(
        Asked("tone", "Which tone?", "It shapes the prompt.", (Option("Calm", "c"), Option("Loud", "l")), "l")
    )
    assert "**Which tone?**" in view.text
    assert [(choice.label, choice.value) for choice in view.choices] == [
        ("Calm", "c"),
        ("Loud", "l"),
        ("Skip: take “Loud”", SKIP),
    ]
    assert seen(Asked("x", "X?", "", skip=False)).choices == []
    # A whole sample is no label: its beginning is.
    (skip,) = seen(Asked("sample", "Paste one.", "", default="One line\n" + "and another " * 20)).choices
    assert skip.label.startswith("Skip: take “One line and another") and len(skip.label) < 100


def test_cards_keep_their_text_and_preview() -> None:
    view = seen(Offered("Pick one.", (Card("A", "does a", "a", draft="version: 1"),)))
    assert view.choices[0].text == "does a"
    assert view.choices[0].draft == "version: 1"


def test_a_change_is_told_by_its_summary_in_bounds() -> None:
    lines = tuple(f"Added node n{number}." for number in range(30))
    view = seen(Edited("text", (), lines, repaired=("a key was misspelt",), valid=False))
    assert view.text.count("Added node") == MOST_LINES - 1
    assert "23 more" in view.text
    assert "a key was misspelt" in view.text
    assert "not valid yet" in view.text


def test_wishes_to_the_panel_are_kept() -> None:
    view = seen(RunWanted(), SaveWanted("mine"), UndoWanted(), Assumed("English."), ModelUsed("m", 1, 2, None))
    assert view.told.wants_run
    assert view.told.wants_undo
    assert view.told.wants_save == SaveWanted("mine")
    assert "English." in view.text


def test_a_failure_says_what_to_do() -> None:
    assert "Try later." in seen(TurnFailed("The model is down.", "Try later.")).text


def test_after_a_valid_change_running_is_one_click_away() -> None:
    changed = Edited("text", (), ("Added node a.",))
    assert [choice.value for choice in seen(changed, TurnFinished()).choices] == ["run"]
    broken = Edited("text", (), ("Added node a.",), valid=False)
    assert seen(broken, TurnFinished()).choices == []
    assert seen(changed, Asked("x", "X?", "", skip=False), TurnFinished()).choices == []
