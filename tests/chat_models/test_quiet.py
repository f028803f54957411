"""The first real call, in a process of its own: who is contacted, what is printed, how the loop fares."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.guarded import bare_environment

ROOT = Path(__file__).parent.parent.parent

FIRST_CALL = """
import asyncio, json, sys, threading, time
contacted, looked_up = set(), set()
def hear(event, args):
    if event == "socket.connect":
        contacted.add(str(args[1]))
    elif event == "socket.getaddrinfo":
        looked_up.add(str(args[0]))
sys.addaudithook(hear)
from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.protocol import ChatMessage, ChatRequest
from chat_app.chat_models.whole_answer import whole_answer
from tests.servers.openai_server import OpenAIServer, Says

async def main():
    stalls, going = [], True
    async def tick():
        while going:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            stalls.append(time.perf_counter() - before)
    ticking = asyncio.create_task(tick())
    with OpenAIServer([Says("hi"), Says("hi")]) as server:
        models = ChatModels({"OLLAMA_HOST": server.url, "HF_TOKEN": "hf_canarycanary"})
        for name in ("openai/llama-3-8b", "ollama_chat/llama3"):
            await whole_answer(models.get(name, server.keys), ChatRequest((ChatMessage("user", "hello"),)))
        await models.close()
        going = False
        await ticking
        mine = server.url.rpartition(":")[2]
    print(json.dumps({
        "others": sorted(one for one in contacted if mine not in one),
        "names": sorted(looked_up - {"127.0.0.1"}),
        "worst_stall": max(stalls),
        "libraries": sorted({"aiohttp", "litellm"} & set(sys.modules)),
    }))
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def first_call() -> tuple[dict[str, Any], str]:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_CALL],
        cwd=ROOT,
        env=bare_environment(),
        check=True,
        capture_output=True,
        text=True,
        timeout=110,
    )
    return json.loads(done.stdout), done.stderr


def test_nobody_but_the_chosen_server_is_contacted(first_call: tuple[dict[str, Any], str]) -> None:
    """By the direct client and by LiteLLM, which left alone fetches its list of prices."""
    assert first_call[0]["libraries"] == ["aiohttp", "litellm"]
    assert first_call[0]["others"] == []
    assert first_call[0]["names"] == []


def test_nothing_is_printed(first_call: tuple[dict[str, Any], str]) -> None:
    assert first_call[1] == ""


def test_the_loop_goes_on_while_the_library_loads(first_call: tuple[dict[str, Any], str]) -> None:
    assert first_call[0]["worst_stall"] < 4.0
