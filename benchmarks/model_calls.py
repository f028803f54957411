"""What a model call and a streamed piece cost, against `litellm.acompletion`, on a server with OpenAI's protocol.

    python -m benchmarks.model_calls [--rounds 7]

The server runs in a process of its own, on a real socket; CPU time of this process, in turn, medians.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.measuring.pairs import Case, pair, verdict
from chat_app.chat_models.litellm_model import close_connections, load_library
from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.protocol import ChatMessage, ChatRequest, Finished
from tests.servers.openai_server import Asked, OpenAIServer, Says

CALLS = 40
PIECES = 2_000
WORDS = 8


def serve(to: Connection) -> None:
    """A server that says eight words, or two thousand where `long` is asked."""

    def answer(asked: Asked) -> Says:
        return Says("".join(f"word{n} " for n in range(PIECES if "long" in asked.last else WORDS)))

    with OpenAIServer(answer) as server:
        to.send(server.base_url)
        to.recv()


def ours(models: ChatModels, keys: dict[str, str], text: str, calls: int) -> Case:
    """By way of this program's own client."""
    model = models.get("openai/x", keys)
    request = ChatRequest((ChatMessage("user", text),))

    async def run() -> None:
        for _ in range(calls):
            pieces = [piece async for piece in model.stream(request)]
            assert isinstance(pieces[-1], Finished)

    return run


def by_litellm(library: Any, base: str, text: str, calls: int) -> Case:
    """As LiteLLM's documentation shows."""

    async def run() -> None:
        for _ in range(calls):
            stream = await library.acompletion(
                model="openai/x",
                messages=[{"role": "user", "content": text}],
                api_base=base,
                api_key="sk-x",
                stream=True,
                stream_options={"include_usage": True},
                max_retries=0,
            )
            assert [chunk async for chunk in stream]

    return run


async def main(base: str, rounds: int) -> None:
    """Both rows."""
    library = await load_library()
    models = ChatModels({})
    keys = {"OPENAI_API_KEY": "sk-x", "OPENAI_API_BASE": base}
    for name, text, calls, parts, goal in (
        (f"a call with {WORDS} pieces", "short", CALLS, CALLS, 0.15),
        ("a streamed piece", "long", 1, PIECES, 0.1),
    ):
        theirs = ("litellm", by_litellm(library, base, text, calls))
        await pair(name, theirs, ours(models, keys, text, calls), goal=goal, parts=parts, rounds=rounds)
    await models.close()
    await close_connections()
    verdict()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there,), daemon=True)
    server.start()
    try:
        asyncio.run(main(here.recv(), given.rounds))
    finally:
        here.send("end")
        server.join(10)
