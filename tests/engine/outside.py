"""What the tests of code, requests and tools share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chat_app.engine.reach import Reach
from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from chat_app.tools.secrets import SecretStore
from tests.tools.web_server import WebServer, web_server

CANARY = "canary/+9f3a=secret"


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    async with web_server() as server:
        yield server


@pytest.fixture
def reach() -> Reach:
    """May contact 127.0.0.1, and knows one secret."""
    network = Network(NetworkPolicy(allowed=frozenset({"127.0.0.1"}), seconds=5))
    return Reach(network=network, secrets=SecretStore({"API_KEY": CANARY, "OTHER_KEY": "never-asked-for"}))


def http(url: str, more: str = "", writes: str = "text", fields: str = "text: {type: string}") -> str:
    return f"""
inputs: {{topic: {{type: string, default: bees}}}}
state: {{{fields}}}
outputs: [{writes}]
nodes:
  - id: ask
    kind: http
    url: {url}
    writes: [{writes}]
{more}
"""
