"""The scripted server as a fixture: name this module in the `pytest_plugins` of a conftest, or import it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.openai_server import OpenAIServer


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    """A scripted server with an empty script; `add` replies to it."""
    with OpenAIServer() as server:
        yield server
