"""What an Ollama tells of the context that it serves a model with, on a real socket."""

from __future__ import annotations

import pytest

from chat_app.chat_models.context_length import ContextLength
from chat_app.chat_models.models import ChatModels
from tests.servers.openai_server import OpenAIServer

NATIVE, SPOKEN = "ollama_chat/llama3.2", "openai/llama3.2"


@pytest.mark.parametrize(
    ("name", "served", "longest", "setting", "found"),
    [
        (NATIVE, 16_384, 40_960, None, ContextLength(16_384, "app")),
        (NATIVE, 4_096, 40_960, None, ContextLength(4_096, "server")),
        (NATIVE, None, None, None, ContextLength(16_384, "app")),
        (NATIVE, None, 2_048, None, ContextLength(2_048, "model")),
        (NATIVE, None, 40_960, "4096", ContextLength(4_096, "app")),
        (NATIVE, 8_192, 8_192, None, ContextLength(8_192, "model")),
        (SPOKEN, 4_096, 40_960, None, ContextLength(4_096, "server")),
        (SPOKEN, None, 40_960, None, None),
    ],
)
async def test_the_context_and_what_bounds_it(
    name: str, served: int | None, longest: int | None, setting: str | None, found: ContextLength | None
) -> None:
    with OpenAIServer(served=served, longest=longest) as server:
        environment = server.ollama | server.keys | ({"OLLAMA_CONTEXT_LENGTH": setting} if setting else {})
        assert await ChatModels(environment).context_length(name) == found


async def test_where_nobody_tells_nothing_is_said() -> None:
    nobody = ChatModels({"OLLAMA_HOST": "http://127.0.0.1:9", "OPENAI_API_KEY": "sk-x"})
    assert await nobody.context_length(NATIVE) is None
    assert await nobody.context_length("openai/gpt-5.1") is None
    assert await nobody.context_length("nosuch") is None
    with OpenAIServer(served=4_096) as server:
        # Strangers on a shared server learn nothing of what is near it.
        shared = ChatModels(server.ollama | server.keys, hosted=True)
        assert await shared.context_length(SPOKEN) is None
