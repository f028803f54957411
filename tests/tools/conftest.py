"""What the tests of tools share: a web server, and networks that may or may not reach it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from tests.servers.fixtures import openai_server  # noqa: F401
from tests.tools.web_server import WebServer, web_server


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    async with web_server() as server:
        yield server


@pytest.fixture
def network() -> Network:
    """A network whose operator lets workflows contact 127.0.0.1."""
    return Network(NetworkPolicy(allowed=frozenset({"127.0.0.1"}), seconds=2.0, answer_bytes=100_000))
