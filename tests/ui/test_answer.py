"""The stream by which an answer is shown while it is given: who gets it, and that it is whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from chat_app.designer.conversation import Conversation
from chat_app.events.design import DesignEvent, Edited, Said, Stage, TurnFinished
from chat_app.ui import desk, signal
from chat_app.ui.answer_route import LONGEST_BODY, PATH, answer, route
from chat_app.ui.sessions import Sessions
from chat_app.ui.workspace import Workspace
from tests.ui.house import House
from tests.ui.test_desk import GOOD


class Dictated:
    """A designer that says what a test hands it, one event after another."""

    name = "dictated"

    def __init__(self) -> None:
        self.events: asyncio.Queue[DesignEvent] = asyncio.Queue()

    async def turn(self, conversation: Conversation, message: str) -> AsyncGenerator[DesignEvent, None]:
        while True:
            yield (event := await self.events.get())
            if isinstance(event, TurnFinished):
                return


@pytest.fixture
def designer() -> Dictated:
    return Dictated()


@pytest.fixture
def sessions(house: House, designer: Dictated) -> Sessions:
    return Sessions(replace(house.services, designer=lambda name, keys: designer))


def read(place: Workspace) -> AsyncGenerator[dict[str, Any], None]:
    assert place.turn is not None
    told = answer(place, place.turn)
    assert isinstance(told, AsyncGenerator)
    return told


async def next_of(stream: AsyncGenerator[dict[str, Any], None], *names: str) -> dict[str, Any]:
    """The next message that tells one of these."""
    async with asyncio.timeout(20):
        async for told in stream:
            if any(name in told for name in names):
                return told
    raise AssertionError("the stream ended")


async def test_an_answer_grows_by_what_is_new_and_ends_whole(sessions: Sessions, designer: Dictated) -> None:
    _, place = await sessions.enter("")
    await desk.say(place, "hello")
    stream = read(place)
    designer.events.put_nowait(Said("It **sorts** <b>mails</b>"))
    first = await next_of(stream, "text")
    assert [one["content"][0]["text"] for one in first["before"]] == ["hello"]
    assert first["text"] == "…"
    assert await next_of(stream, "text") == {"text": "It **sorts** &lt;b>mails&lt;/b>"}
    designer.events.put_nowait(Said(", and more"))
    assert await next_of(stream, "more", "text") == {"more": ", and more"}
    designer.events.put_nowait(Stage("checking"))
    assert await next_of(stream, "more", "text") == {"more": "\n\n*checking …*"}
    designer.events.put_nowait(Edited(GOOD, edits=(), summary=()))
    assert "round" in await next_of(stream, "round")
    designer.events.put_nowait(TurnFinished())
    async with asyncio.timeout(20):
        rest = [told async for told in stream if "text" in told]
    # What the designer was doing is gone, so the whole is told anew.
    assert rest[-1] == {"text": "It **sorts** &lt;b>mails&lt;/b>, and more"}
    assert place.transcript[1].content == "It **sorts** <b>mails</b>, and more"


async def test_the_end_of_an_answer_waits_for_no_pause(
    sessions: Sessions, designer: Dictated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "PAUSE", 3600.0)
    _, place = await sessions.enter("")
    await desk.say(place, "hello")
    designer.events.put_nowait(Said("At once."))
    designer.events.put_nowait(TurnFinished())
    async with asyncio.timeout(20):
        told = [one async for one in read(place)]
    assert told[-1] == {"text": "At once."}


async def test_a_stream_of_a_turn_that_gave_way_to_another_conversation_ends(
    sessions: Sessions, designer: Dictated
) -> None:
    _, place = await sessions.enter("")
    await desk.say(place, "hello")
    stream = read(place)
    designer.events.put_nowait(Said("canary"))
    await next_of(stream, "text")
    turn, place.turn = place.turn, None
    async with asyncio.timeout(20):
        assert [told async for told in stream] == []
    assert turn is not None
    turn.stop()
    await turn.ended()


async def test_only_the_own_token_opens_an_answer(sessions: Sessions, designer: Dictated) -> None:
    token, place = await sessions.enter("")
    other, _ = await sessions.enter("")
    server = Starlette(routes=[route(sessions)])
    server.stop_event = asyncio.Event()  # type: ignore[attr-defined]
    await desk.say(place, "hello")
    designer.events.put_nowait(Said("the canary"))
    nothing = 'data: {"end": true}\n\n'
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="http://page") as client:
        for body in (
            json.dumps({"token": other}),
            json.dumps({"token": "A" * 43}),
            json.dumps({"token": place.owner}),
            json.dumps({"token": {"$ne": ""}}),
            json.dumps([token]),
            json.dumps({"token": token, "more": "x" * LONGEST_BODY}),
            "no JSON",
            "",
        ):
            given = await client.post(PATH, content=body)
            assert (given.status_code, given.text) == (200, nothing), body
        assert (await client.get(PATH)).status_code == 405
        asked = asyncio.create_task(client.post(PATH, json={"token": token}))
        designer.events.put_nowait(TurnFinished())
        given = await asked
    assert "the canary" in given.text
    assert given.text.endswith(nothing)
    assert given.headers["cache-control"] == "no-store"


async def test_a_server_that_ends_does_not_wait_for_an_answer(sessions: Sessions, designer: Dictated) -> None:
    token, place = await sessions.enter("")
    server = Starlette(routes=[route(sessions)])
    server.stop_event = asyncio.Event()  # type: ignore[attr-defined]
    server.stop_event.set()  # type: ignore[attr-defined]
    await desk.say(place, "hello")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="http://page") as client:
        # The page asks again: it was not told that the answer has ended.
        assert "end" not in (await client.post(PATH, json={"token": token})).text
    assert place.turn is not None
    place.turn.stop()
    await place.turn.ended()
