"""What was typed just before a page was left: taken from who has the token, and from nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from chat_app.ui.sessions import Sessions
from chat_app.ui.typed_route import LONGEST_BODY, PATH, route
from tests.ui.house import House
from tests.ui.test_desk import GOOD


@pytest.fixture
def sessions(house: House) -> Sessions:
    return Sessions(house.services)


@pytest.fixture
async def page(sessions: Sessions) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(Starlette(routes=[route(sessions)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
        yield client


async def test_what_was_typed_last_is_the_draft_and_is_kept(
    sessions: Sessions, house: House, page: httpx.AsyncClient
) -> None:
    token, _ = await sessions.enter(None)
    assert (await page.post(PATH, json={"token": token, "text": GOOD})).status_code == 204
    _, restored = await Sessions(house.services).enter(token)
    assert restored.draft == GOOD
    assert [one.text for one in restored.history] == [GOOD]


async def test_nobody_changes_a_workspace_without_its_token(
    sessions: Sessions, house: House, page: httpx.AsyncClient
) -> None:
    token, place = await sessions.enter(None)
    for wrong in ("", "x" * 43, None, 3, [token]):
        await page.post(PATH, json={"token": wrong, "text": GOOD})
    assert place.draft == ""
    # What is nobody's is not kept: a stranger could fill the disk with it.
    assert list(house.services.library.conversations("nobody")) == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 60_000, b'"text"', b'{"token": 1}', b'{"text": 3}', b" " * (LONGEST_BODY + 1)]
)
async def test_what_is_no_text_is_refused(page: httpx.AsyncClient, body: bytes) -> None:
    assert (await page.post(PATH, content=body)).status_code == 400
