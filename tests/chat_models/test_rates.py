"""One rate limit for each provider, whoever asks: calls at once, calls a minute, a rest that the provider wants."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import AsyncExitStack

import pytest

from chat_app.chat_models.errors import RateLimited
from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.protocol import ChatMessage, ChatRequest
from chat_app.chat_models.rates import Gate, Gates, Rate, read_rates
from chat_app.chat_models.whole_answer import whole_answer
from chat_app.settings import CannotStart, Settings
from tests.servers.openai_server import Fails, OpenAIServer, Says

ASKS = ChatRequest((ChatMessage("user", "hello"),))


def test_rates_are_read_from_one_line() -> None:
    read = read_rates("openai=60/min, ollama_chat=2 openai=8")
    assert read == {"openai": Rate(8, 60), "ollama_chat": Rate(2)}
    for wrong in ("openai", "openai=0", "openai=5/hour", "=3"):
        with pytest.raises(ValueError, match=wrong):
            read_rates(f"groq=1 {wrong}")
    with pytest.raises(CannotStart, match=r"WORKFLOW_CHAT_RATES: openai=x"):
        Settings.from_environment({"WORKFLOW_CHAT_RATES": "openai=x"})


async def test_no_more_than_so_many_are_inside_and_all_get_in() -> None:
    gate, inside, most = Gate(Rate(at_once=3)), 0, 0

    async def call() -> None:
        nonlocal inside, most
        async with gate:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(call() for _ in range(50)))
    assert most == 3


async def test_a_call_that_is_cancelled_while_it_waits_takes_no_place() -> None:
    gate = Gate(Rate(at_once=1))
    async with gate:
        waiting = [asyncio.create_task(gate.__aenter__()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
    await asyncio.wait_for(waiting[1], 10)
    waiting[2].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await gate.__aexit__(None, None, None)
    async with AsyncExitStack() as stack:
        await asyncio.wait_for(stack.enter_async_context(gate), 10)


def test_threads_with_loops_of_their_own_share_the_places() -> None:
    gate, inside, most = Gate(Rate(at_once=2)), 0, 0
    lock = threading.Lock()

    async def calls() -> None:
        nonlocal inside, most
        for _ in range(20):
            async with gate:
                with lock:
                    inside += 1
                    most = max(most, inside)
                await asyncio.sleep(0.001)
                with lock:
                    inside -= 1

    threads = [threading.Thread(target=lambda: asyncio.run(calls())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert most == 2


async def test_calls_a_minute_are_spaced_once_what_was_saved_up_is_used() -> None:
    gate = Gate(Rate(per_minute=600))
    began = time.monotonic()
    passed = 0
    while time.monotonic() - began < 0.5:
        async with gate:
            passed += 1
    # A tenth of a minute's worth may come at once, then one each tenth of a second.
    assert 60 <= passed <= 70


async def test_a_rest_that_a_provider_wants_holds_for_the_calls_of_all(openai_server: OpenAIServer) -> None:
    models = ChatModels(openai_server.keys)
    openai_server.add(Fails(429, "slow down", {"Retry-After": "0.4"}), Says("one"), Says("two"))
    with pytest.raises(RateLimited):
        await whole_answer(models.get("openai/a"), ASKS)
    began = time.monotonic()
    answers = await asyncio.gather(*(whole_answer(models.get(f"openai/{name}"), ASKS) for name in "bc"))
    assert {answer.text for answer in answers} == {"one", "two"}
    assert time.monotonic() - began >= 0.35
    assert models._gates.of("hosted_vllm") is not models._gates.of("openai")
    await models.close()


async def test_a_limited_provider_is_asked_by_no_more_at_once(openai_server: OpenAIServer) -> None:
    models = ChatModels(openai_server.keys, rates={"openai": Rate(at_once=1)})
    openai_server.add(Says("one two", pause_at=1), Says("three"))
    first = asyncio.create_task(whole_answer(models.get("openai/a"), ASKS))
    await asyncio.to_thread(openai_server.wait_paused)
    second = asyncio.create_task(whole_answer(models.get("openai/b"), ASKS))
    await asyncio.sleep(0.05)
    assert len(openai_server.requests) == 1
    openai_server.release()
    assert [(await first).text, (await second).text] == ["one two", "three"]
    await models.close()


def test_gates_are_one_for_each_provider() -> None:
    gates = Gates({"openai": Rate(1)})
    assert gates.of("openai") is gates.of("openai") is not gates.of("groq")
