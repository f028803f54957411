"""Fixtures around the scripted server; a conftest imports the ones it wants.

from tests.servers.fixtures import openai_server, real_models  # noqa: F401
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from chat_app.chat_models.models import ChatModels
from tests.servers.openai_server import OpenAIServer


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    """A scripted server with an empty script; `add` replies to it."""
    with OpenAIServer() as server:
        yield server


@pytest.fixture
async def real_models() -> AsyncIterator[ChatModels]:
    """A source of real chat models that closes its connections, as open ones are warnings, hence errors."""
    models = ChatModels({})
    yield models
    await models.close()
