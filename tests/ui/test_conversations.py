"""One's conversations: kept while they are held, listed, opened again, renamed, forgotten; nobody else's ever."""

from __future__ import annotations

import re

import pytest

from chat_app.ui import desk, draft_desk, keeping, paint
from chat_app.ui.acts import perform
from chat_app.ui.sessions import Sessions
from chat_app.ui.turn_view import GO_ON, LEAVE
from chat_app.ui.workspace import Workspace
from tests.ui.house import House
from tests.ui.test_desk import GOOD, answered

WISH = "add a review step"


@pytest.fixture
def place(house: House) -> Workspace:
    return Workspace("v1", house.services)


async def talked(place: Workspace, text: str = GOOD, wish: str = WISH) -> str:
    """A conversation with one message about a design; its id."""
    await draft_desk.typed_yaml(place, text)
    await desk.say(place, wish)
    await answered(place)
    return place.conversation.id


def listed(place: Workspace) -> dict[str, str]:
    """The rows of the list by id, without their markup."""
    rows = re.findall(r'<li data-conversation="([^"]+)">(.*?)</li>', str(paint.head(place)))
    return {id: re.sub(r"<[^>]+>", " ", row) for id, row in rows}


async def test_an_earlier_conversation_is_opened_with_its_panel_and_revisions(place: Workspace) -> None:
    first = await talked(place)
    lines, history = list(place.transcript), list(place.history)
    await perform(place, {"act": "new"})
    assert place.empty
    second = await talked(place, GOOD.replace("greet", "welcome"), "add a translation to German at the end")
    await perform(place, {"act": "conversations"})
    assert set(listed(place)) == {first, second}
    assert WISH in listed(place)[first] and "greet" in listed(place)[first] and "1 message" in listed(place)[first]
    assert "open now" in listed(place)[second]
    await perform(place, {"act": "open_conversation", "conversation": first})
    assert (place.transcript, place.history, place.conversation.id) == (lines, history, first)
    assert "review" in place.draft and place.checked is not None and place.checked.valid
    assert place.earlier is None
    await desk.undo_turn(place, None)
    assert place.draft == GOOD


async def test_a_reload_brings_what_was_open_last_be_it_empty(house: House) -> None:
    token, place = await Sessions(house.services).enter("")
    first = await talked(place)
    await perform(place, {"act": "new"})
    _, again = await Sessions(house.services).enter(token)
    assert again.empty and again.conversation.id == place.conversation.id
    await perform(again, {"act": "open_conversation", "conversation": first})
    await perform(again, {"act": "conversations"})
    # The empty one was not worth keeping.
    assert set(listed(again)) == {first}
    _, later = await Sessions(house.services).enter(token)
    assert later.conversation.id == first


async def test_a_conversation_is_renamed_and_forgotten(place: Workspace, house: House) -> None:
    first = await talked(place)
    await perform(place, {"act": "new"})
    second = await talked(place)
    await perform(place, {"act": "conversations"})
    for id, name in ((first, "The <b>first</b>"), (second, "The second")):
        await perform(place, {"act": "submit", "form": f"rename:{id}", "values": {"name": name}})
    assert "The &lt;b&gt;first&lt;/b&gt;" in listed(place)[first]
    assert "The second" in listed(place)[second]
    await perform(place, {"act": "forget_conversation", "conversation": first})
    assert set(listed(place)) == {second}
    await perform(place, {"act": "forget_conversation", "conversation": second})
    assert listed(place) == {} and place.empty
    assert "Nothing yet" in str(paint.head(place))
    # The designs that were saved stay, until they are forgotten too.
    assert "greet" in str(paint.head(place))
    await perform(place, {"act": "forget_design", "design": "greet"})
    assert house.services.library.designs("v1") == []
    assert place.notice is not None and "greet is forgotten" in place.notice.text


async def test_what_is_anothers_can_neither_be_seen_nor_touched(place: Workspace, house: House) -> None:
    canary = "the canary in the coal mine"
    theirs = await talked(place, GOOD.replace("Greet", f"{canary}: greet"), canary)
    stranger = Workspace("v2", house.services)
    await talked(stranger)
    for act in ("open_conversation", "forget_conversation"):
        await perform(stranger, {"act": act, "conversation": theirs})
    await perform(stranger, {"act": "submit", "form": f"rename:{theirs}", "values": {"name": "mine"}})
    await perform(stranger, {"act": "forget_design", "design": "greet"})
    stranger.earlier = house.services.library.conversations("v2")
    everything = [paint.head(stranger), paint.chat(stranger), paint.changes(stranger), paint.runs(stranger)]
    assert canary not in str(everything) and canary not in stranger.draft
    (kept,) = house.services.library.conversations("v1")
    assert kept.id == theirs and kept.about["name"] == ""
    assert house.services.library.designs("v1")


async def test_a_new_conversation_gets_nothing_of_the_turn_it_ended(place: Workspace, house: House) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, WISH)
    old = place.conversation.id
    await perform(place, {"act": "new"})
    assert place.empty
    kept = house.services.library.load_conversation("v1", old)
    assert [line["role"] for line in kept["transcript"]] == ["user", "assistant"]
    assert "Stopped" in kept["transcript"][1]["content"]


async def cut_off(place: Workspace, house: House) -> Workspace:
    """Another process that finds the conversation as it was kept when a turn had begun."""
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, WISH)
    began = keeping.stored(place)
    await desk.stop_turn(place)
    await answered(place)
    house.services.library.save_conversation("v1", place.conversation.id, began)
    again = Workspace("v1", house.services)
    await keeping.take_up(again, house.services.library.load_conversation("v1", place.conversation.id))
    return again


async def test_a_turn_that_was_cut_off_is_told_and_gone_on_with(place: Workspace, house: House) -> None:
    again = await cut_off(place, house)
    assert "not finished" in again.transcript[-1].content
    assert [choice.value for choice in again.choices] == [GO_ON, LEAVE]
    await perform(again, {"act": "say", "message": GO_ON, "label": "Continue"})
    await answered(again)
    assert [line.role for line in again.transcript] == ["user", "assistant"]
    assert again.transcript[0].content == WISH
    assert "review" in again.draft


async def test_what_was_typed_since_a_cut_stays_when_one_goes_on(place: Workspace, house: House) -> None:
    again = await cut_off(place, house)
    await draft_desk.typed_yaml(again, f"# mine\n{GOOD}")
    await perform(again, {"act": "say", "message": GO_ON})
    await answered(again)
    assert again.draft.startswith("# mine\n") and "review" in again.draft


async def test_a_cut_turn_is_left_and_what_was_asked_before_can_be_answered(place: Workspace, house: House) -> None:
    again = await cut_off(place, house)
    await perform(again, {"act": "say", "message": LEAVE})
    assert again.draft == GOOD and again.choices == [] and not again.busy
    # Without an offer these are words like any others.
    await perform(again, {"act": "say", "message": GO_ON})
    await answered(again)
    assert again.transcript[2].content == GO_ON


async def test_a_stopped_turn_offers_to_go_on(place: Workspace) -> None:
    await draft_desk.typed_yaml(place, GOOD)
    await desk.say(place, WISH)
    await desk.stop_turn(place)
    await answered(place)
    assert [choice.value for choice in place.choices] == [GO_ON, LEAVE]
    await perform(place, {"act": "say", "message": GO_ON, "label": "Continue"})
    await answered(place)
    assert "review" in place.draft
