"""A model that cannot design well is told of before it is used."""

from __future__ import annotations

import dataclasses

from chat_app.designer.agent.probe import Verdict
from chat_app.ui import desk, paint
from chat_app.ui.workspace import Workspace
from tests.ui.house import House
from tests.ui.test_desk import answered


async def test_a_weak_model_is_told_of_in_its_tab_and_before_the_first_turn(house: House) -> None:
    place = Workspace("v1", dataclasses.replace(house.services, verdict=lambda name: Verdict("weak", "by its tasks")))
    await desk.say(place, "I want to summarise a text")
    assert place.notice is None  # nobody is asked: the guided designer answers
    await answered(place)
    place.begin_afresh()
    place.model = "openai/tiny"
    assert "openai/tiny is weak at designing" in str(paint.models(place))
    await desk.say(place, "I want to summarise a text")
    assert place.notice is not None and place.notice.text.startswith("openai/tiny is weak")
    await desk.stop_turn(place)


async def test_nothing_is_told_of_a_model_that_can_design(house: House) -> None:
    place = Workspace("v1", dataclasses.replace(house.services, verdict=lambda name: Verdict("good", "It can.")))
    place.model = "openai/large"
    assert place.design_warning == ""
    assert "It can." not in str(paint.models(place))
