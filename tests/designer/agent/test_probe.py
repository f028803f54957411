"""A model is tried once before it designs: bounded, remembered, with what its server reads of a prompt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.protocol import ChatModel, ChatRequest, Piece, TextPiece
from chat_app.designer.agent.modes import Modes
from chat_app.designer.agent.probe import probe
from chat_app.designer.agent.verdict import Verdict
from chat_app.designer.designers import Designers
from chat_app.workflow.check import check
from tests.designer.agent.replaying import HERE
from tests.designer.agent.test_modes import APPROVE, GERMAN, SUMMARY
from tests.servers.openai_server import OpenAIServer, as_json

NAME, SPOKEN = "ollama_chat/llama3.2", "openai/llama3.2"
SOLVED = (as_json(SUMMARY), as_json(GERMAN), as_json(APPROVE))


async def probed(server: OpenAIServer, name: str = NAME, setting: str = "") -> Verdict:
    models = ChatModels(server.ollama | server.keys | {"OLLAMA_CONTEXT_LENGTH": setting})
    try:
        return await probe(
            models.get(name), Modes(), check, HERE, context=lambda: models.context_length(name), seconds=600
        )
    finally:
        await models.close()


@pytest.mark.parametrize(
    ("name", "served", "longest", "setting", "how"),
    [
        (NAME, 4_096, 40_960, "", "Start Ollama with OLLAMA_CONTEXT_LENGTH=16384"),
        (SPOKEN, 4_096, 40_960, "", "ollama_chat/llama3.2"),
        (NAME, None, 2_048, "", "reads more"),
        (NAME, None, 40_960, "4096", "where this app is started"),
    ],
    ids=["server", "openai road", "model", "app"],
)
async def test_a_context_too_small_for_the_prompt_is_warned_of(
    name: str, served: int | None, longest: int | None, setting: str, how: str
) -> None:
    with OpenAIServer(SOLVED, served=served, longest=longest) as server:
        verdict = await probed(server, name, setting)
    assert (verdict.fitness, verdict.warns) == ("weak", True)
    assert "3 of 3" in verdict.why and "9,000" in verdict.why and how in verdict.how


async def test_a_context_that_holds_the_prompt_is_not_spoken_of() -> None:
    with OpenAIServer(SOLVED, served=16_384, longest=40_960) as server:
        verdict = await probed(server)
    assert (verdict.fitness, verdict.how) == ("good", "")
    assert "context" not in verdict.why


class Silent:
    """A model that never says anything."""

    name, simulated = "openai/silent", False

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        await asyncio.Event().wait()
        yield TextPiece("")


async def test_a_model_that_keeps_one_waiting_is_not_waited_for_long() -> None:
    modes = Modes()
    verdict = await probe(Silent(), modes, check, HERE, seconds=0.05)
    assert "did not finish" in verdict.why and modes.probed(Silent.name)


async def test_two_that_come_at_once_ask_once_and_another_process_knows(tmp_path: Path) -> None:
    with OpenAIServer(SOLVED) as server:
        models = ChatModels(server.ollama)
        designers, model = Designers(check, surroundings=HERE, folder=tmp_path), models.get(NAME)
        both = await asyncio.gather(*(designers.probe(model, again=False) for _ in range(2)))
        await models.close()
    assert both[0] == both[1] and both[0].fitness == "good" and len(server.requests) == 3
    later = Designers(check, surroundings=HERE, folder=tmp_path)
    assert later.probed(NAME) and later.verdict(NAME) == both[0]
    assert not later.probed("ollama_chat/other") and later.verdict("ollama_chat/other").fitness == "weak"


async def test_a_model_that_can_not_be_reached_is_tried_again_next_time(tmp_path: Path) -> None:
    models = ChatModels({"OLLAMA_HOST": "http://127.0.0.1:9"})
    model: ChatModel = models.get(NAME)
    designers = Designers(check, surroundings=HERE, folder=tmp_path)
    with pytest.raises(Exception, match="Ollama"):
        await designers.probe(model)
    await models.close()
    assert not designers.probed(NAME)
