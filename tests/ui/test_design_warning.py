"""What is told of a model as a designer, and the ways out where it can't design."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from chat_app.chat_models.errors import NotReachable
from chat_app.chat_models.models import Availability
from chat_app.designer.agent.memory import handed_over
from chat_app.designer.agent.verdict import Verdict
from chat_app.translation import speaking, use_language
from chat_app.ui import desk, model_desk, paint
from chat_app.ui.acts import perform
from chat_app.ui.painters import painted
from chat_app.ui.workspace import Workspace
from tests.servers.openai_server import OpenAIServer, as_json
from tests.ui.house import House, build_house
from tests.ui.test_desk import answered

WISH = "I want to summarise a text"
MODEL = "openai/tiny"


class Known:
    """What is known of models; a probe finds what is said here."""

    def __init__(self, found: Verdict) -> None:
        self.found = found
        self.tried: list[str] = []
        self.broken = False

    def probed(self, model: str) -> bool:
        return model in self.tried

    def verdict(self, model: str) -> Verdict:
        return self.found if model in self.tried else Verdict("unknown", "")

    async def probe(self, model: str, keys: Mapping[str, str], again: bool) -> Verdict:
        if self.broken:
            raise NotReachable("Nobody answers.", help="Start it.")
        self.tried.append(model)
        return self.found


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """One with a key, and nobody at the model's address."""
    made = build_house(tmp_path, {"OPENAI_API_KEY": "sk-x", "OPENAI_API_BASE": "http://127.0.0.1:9/v1"})
    yield made
    await made.close()


def knowing(house: House, known: Known, **more: Any) -> Workspace:
    asked = {"verdict": known.verdict, "probed": known.probed, "probe": known.probe}
    place = Workspace("v1", dataclasses.replace(house.services, **asked, **more))
    place.found_models = [Availability(name, True, "it is here") for name in (MODEL, "openai/large", "simulated")]
    place.model = MODEL
    return place


async def test_a_model_is_tried_at_its_first_use_and_told_of_once_in_a_conversation(house: House) -> None:
    known = Known(Verdict("weak", "It solved 1 of 3.", "Say it in steps."))
    place = knowing(house, known)
    place.model = "simulated"
    await desk.say(place, WISH)
    await answered(place)
    assert known.tried == []  # nobody is asked: the guided designer answers
    await perform(place, {"act": "new"})
    place.model = MODEL
    for _ in range(2):
        await desk.say(place, WISH)
        await answered(place)
    assert known.tried == [MODEL]
    told = [line.content for line in place.transcript if "It solved 1 of 3. Say it in steps." in line.content]
    assert len(told) == 1
    assert "It solved 1 of 3." in str(paint.models(place))


async def test_a_model_that_can_not_design_is_not_used_and_the_ways_out_are_offered(house: House) -> None:
    known = Known(Verdict("unfit", "It solved none."))
    place = knowing(house, known)
    await desk.say(place, WISH)
    await answered(place)
    assert place.transcript[-1].content.startswith("**It solved none.**")
    assert [choice.value for choice in place.choices] == ["", "openai/large", MODEL]
    await perform(place, {"act": "design_with", "message": "openai/other"})
    assert not place.busy and place.model == MODEL  # that was not offered
    await perform(place, {"act": "design_with", "message": ""})
    await answered(place)
    # The guided designer answers; runs still ask the model.
    assert place.transcript[0].content == WISH and len(place.transcript) == 2
    assert handed_over(place.conversation.memory) == MODEL and place.model == MODEL
    assert place.choices and place.choices[0].act == "say"


async def test_a_way_out_is_understood_typed_as_it_is_shown(house: House) -> None:
    place = knowing(house, Known(Verdict("unfit", "It solved none.")))
    place.language = use_language("de")
    await desk.say(place, WISH)
    await answered(place)
    await desk.say(place, place.choices[0].label.lower())
    await answered(place)
    assert place.transcript[0].content == WISH and len(place.transcript) == 2
    assert handed_over(place.conversation.memory) == MODEL


async def test_another_model_can_be_taken_or_this_one_all_the_same(house: House) -> None:
    known = Known(Verdict("unfit", "It solved none."))
    for chosen in ("openai/large", MODEL):
        place = knowing(house, known)
        await desk.say(place, WISH)
        await answered(place)
        known.found = Verdict("unfit" if chosen == MODEL else "good", "")
        await perform(place, {"act": "design_with", "message": chosen})
        await answered(place)
        assert place.model == chosen
        [first], [again] = [await painted(place, ["model_moved"]) for _ in range(2)]
        # The list of models shows what was chosen in the chat, once: somebody may be typing into it.
        assert first.get("value") == (chosen if chosen != MODEL else None)
        assert "value" not in again
        assert "guided designer takes over" in place.transcript[-1].content  # it was really asked: nobody is there
        known.found = Verdict("unfit", "It solved none.")


async def test_without_a_key_the_guided_designer_answers_and_says_so_once(tmp_path: Path) -> None:
    house = build_house(tmp_path)
    place = Workspace("v1", house.services, model=MODEL)
    for wish in (WISH, "add a review step"):
        await desk.say(place, wish)
        await answered(place)
    assert (
        "needs a key" in place.transcript[1].content and "guided designer takes over" in place.transcript[1].content
    )
    assert "needs a key" not in place.transcript[3].content
    place = Workspace("v2", house.services, model="nonsense/model", language="zh")
    with speaking("zh"):
        await desk.say(place, "总结一段文字")
        await answered(place)
    told = place.transcript[1].content
    assert "没有模型 `nonsense/model`" in told and "请检查名称" in told and "Check" not in told
    await house.close()


async def test_a_model_that_does_not_answer_tells_its_error_and_the_guided_designer_helps(house: House) -> None:
    known = Known(Verdict("unknown", ""))
    known.broken = True
    place = knowing(house, known)
    await desk.say(place, WISH)
    await answered(place)
    assert "Start" in place.transcript[-1].content or "address" in place.transcript[-1].content
    assert "guided designer takes over" in place.transcript[-1].content


async def test_the_button_tries_a_model_again(tmp_path: Path) -> None:
    known = Known(Verdict("unfit", "It solved none.", "Take another."))
    with OpenAIServer(otherwise=as_json({"yes": "yes"})) as server:
        house = build_house(tmp_path, server.keys)
        place = knowing(house, known)
        await model_desk.probe(place)
        assert place.notice is not None and place.notice.bad
        assert "it answers. It solved none." in place.notice.text and place.notice.help == "Take another."
        known.broken = True
        await model_desk.probe(place)
        assert place.notice.text == "Nobody answers." and place.notice.help == "Start it."
        await house.close()
