"""Typing in the YAML while a turn of the designer ends: neither what was typed nor what was designed is lost."""

from __future__ import annotations

import pytest

from chat_app.ui import desk, draft_desk
from chat_app.ui.painters import painted_now
from chat_app.ui.workspace import Workspace
from tests.ui.house import House
from tests.ui.test_desk import GOOD, answered

WISH = "add a review step"


@pytest.fixture
async def place(house: House) -> Workspace:
    """A design to which the designer has just added a step."""
    made = Workspace("v1", house.services)
    await draft_desk.typed_yaml(made, GOOD)
    await desk.say(made, WISH)
    await answered(made)
    assert "review" in made.draft and made.take_tab() == "graph"
    return made


async def test_what_was_typed_into_the_text_before_is_joined_with_the_change(place: Workspace) -> None:
    # Each of these left the browser before it had the designer's text.
    for words in ("Greet warmly", "Greet warmly and", "Greet warmly and long"):
        await draft_desk.typed_yaml(place, GOOD.replace("Greet", words))
        assert f"{words} {{{{" in place.draft and "review" in place.draft
        assert place.checked is not None and place.checked.valid
        # The editor shows what stands there now.
        assert place.take_retyped() == place.draft and place.take_retyped() is None
    assert place.notice is not None and not place.notice.bad
    both = place.draft
    # What is typed into the new text is no more than that.
    await draft_desk.typed_yaml(place, both.replace("warmly", "kindly"))
    assert "kindly" in place.draft and place.take_retyped() is None
    # Each of them is a revision or part of one; the designer's own is among them.
    assert any("review" in one.text and "Greet {{" in one.text for one in place.history)


async def test_what_does_not_fit_together_is_told_and_both_are_kept(place: Workspace) -> None:
    designed, broken = place.draft, GOOD.replace("outputs: [text]", "outputs: [text")
    await draft_desk.typed_yaml(place, broken)
    assert place.draft == broken
    assert place.notice is not None and place.notice.bad and "revision 2" in place.notice.help
    await draft_desk.restore(place, "1")
    assert place.draft == designed


async def test_the_text_before_taken_back_by_hand_is_what_is_meant(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert painted_now(place, ("code",)) == [place.draft]
    monkeypatch.setattr(draft_desk, "ON_ITS_WAY", 0.0)
    await draft_desk.typed_yaml(place, GOOD)
    assert place.draft == GOOD and place.take_retyped() is None


@pytest.mark.parametrize("given", [False, True], ids=["not yet painted", "on its way"])
async def test_the_text_before_told_once_more_takes_no_change_back(place: Workspace, given: bool) -> None:
    designed = place.draft
    if given:
        assert painted_now(place, ("code",)) == [designed]
    # What the last key but one had told already, told by the last.
    await draft_desk.typed_yaml(place, GOOD)
    assert place.draft == designed and place.take_retyped() == designed
    # What is typed on is still joined with the change.
    await draft_desk.typed_yaml(place, GOOD.replace("Greet", "Welcome"))
    assert "Welcome {{" in place.draft and "review" in place.draft


async def test_what_is_typed_before_the_turn_ends_counts_too(house: House) -> None:
    place = Workspace("v1", house.services)
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, WISH)
    await draft_desk.typed_yaml(place, GOOD.replace("Greet", "Welcome"))
    await answered(place)
    assert "Welcome {{" in place.draft and "review" in place.draft
    assert place.tab is None  # where one types stays open
    # The review is of the turn alone.
    assert place.review is not None and "Welcome" in place.review.before


async def test_a_tab_that_was_opened_since_one_spoke_stays_open(house: House) -> None:
    place = Workspace("v1", house.services)
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, WISH)
    await answered(place)
    assert place.take_tab() == "graph"
    # As quick as can be: the turn does not yet go on.
    await desk.open_tab(place)
    await desk.retry_turn(place, None)
    await answered(place)
    assert place.tab is None
