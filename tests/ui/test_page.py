"""What the page promises before anybody opens it."""

from __future__ import annotations

import colorsys
from types import SimpleNamespace
from typing import Any

import pytest

from chat_app.ui.lean_gradio import _Later, gr
from chat_app.ui.look import static
from chat_app.ui.page import ALL, Wiring, build_page, launch_options
from chat_app.ui.sessions import Sessions
from tests.ui.house import House


@pytest.fixture
async def config(house: House) -> dict[str, Any]:
    page = build_page(Sessions(house.services))
    found: dict[str, Any] = page.get_config_file()
    return found


async def test_no_event_is_public(config: dict[str, Any]) -> None:
    assert config["dependencies"]
    assert {event["api_visibility"] for event in config["dependencies"]} == {"private"}


async def test_streams_of_many_visitors_run_side_by_side(house: House, config: dict[str, Any]) -> None:
    assert build_page(Sessions(house.services)).max_threads >= 300
    assert launch_options(Sessions(house.services))["max_threads"] >= 300
    streams = [event for event in config["dependencies"] if event["types"]["generator"]]
    assert streams
    assert all(event["queue"] for event in streams)


async def test_a_page_that_rests_looks_seldom_for_work(house: House) -> None:
    ours, usual = vars(build_page(Sessions(house.services))._queue), vars(gr.Blocks().queue()._queue)
    for name in ("sleep_when_free", "progress_update_sleep_when_free"):
        assert ours[name] >= 20 * usual[name]


async def test_what_is_typed_while_the_page_opens_stays(house: House) -> None:
    parts: Any = None
    wiring = Wiring(Sessions(house.services), parts)
    request: Any = SimpleNamespace(session_hash="page", headers={}, query_params={})
    token, *shown = await wiring.enter(request, "")
    assert shown[ALL.index("code")] == gr.skip()
    (await wiring.place(token, request)).conversation.draft = "kept: true\n"
    _, *shown = await wiring.enter(request, token)
    assert shown[ALL.index("code")] == "kept: true\n"


async def test_which_models_there_are_is_told_as_soon_as_it_is_known(config: dict[str, Any]) -> None:
    # By the queue it came after the answer to a choice that was made later, and showed the model of before.
    ids = {one["props"].get("elem_id"): one["id"] for one in config["components"]}
    enter = next(one["id"] for one in config["dependencies"] if any(target[1] == "load" for target in one["targets"]))
    after = [one for one in config["dependencies"] if one["trigger_after"] == enter]
    looks = [one["queue"] for one in after if ids["models"] in one["outputs"]]
    assert looks and not any(looks)


async def test_nothing_is_shared_or_measured(house: House, config: dict[str, Any]) -> None:
    options = launch_options(Sessions(house.services))
    assert options["run_history"] is False
    assert options["share"] is False
    assert config["analytics_enabled"] is False
    chat = next(one for one in config["components"] if one["type"] == "chatbot")
    assert "share" not in chat["props"]["buttons"]


async def test_the_page_may_load_from_nowhere_else(house: House) -> None:
    head = launch_options(Sessions(house.services))["head"]
    assert "default-src 'self'" in head
    for text in (static("page.css"), head):
        assert "http://" not in text
        assert "https://" not in text
        assert "@import" not in text


async def test_where_nothing_is_followed_what_is_shown_stays(house: House) -> None:
    parts: Any = None
    wiring = Wiring(Sessions(house.services), parts)
    request: Any = SimpleNamespace(session_hash="page")
    token, _ = await wiring.sessions.enter("")
    # Of a stream that ends without a word Gradio empties the outputs.
    assert [given async for given in wiring.follow_run(request, token)] == [(gr.skip(), gr.skip())]


def test_what_is_put_off_is_there_for_whoever_asks() -> None:
    later = _Later("colorsys")
    assert later.rgb_to_hsv is colorsys.rgb_to_hsv
    with pytest.raises(AttributeError):
        _ = later.no_such_thing
