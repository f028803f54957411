"""Runs side by side share one rate limit for each provider, on real sockets: the server counts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.rates import Rate
from chat_app.engine.manager import RunManager
from chat_app.events.run import ModelAsked, RunEvent, RunFinished, StepRetried
from tests.engine.conftest import Make, checked, events_of
from tests.servers.openai_server import Fails, OpenAIServer, Says

ITEMS = 10
MAP = f"""
inputs: {{numbers: {{type: array, items: {{type: integer}}, default: {list(range(ITEMS))}}}}}
state: {{found: {{type: array, items: {{type: string}}}}}}
outputs: [found]
limits: {{concurrency: {ITEMS}}}
nodes:
  - id: each
    kind: map
    over: "{{{{ state.numbers }}}}"
    item: number
    max_concurrency: {ITEMS}
    body:
      state: {{one: {{type: string}}}}
      nodes: [{{id: tell, kind: llm, model: MODEL, prompt: "Tell {{{{ number }}}}", writes: [one]}}]
      returns: one
    writes: [found]
"""
ONE = """
state: {one: {type: string}}
outputs: [one]
nodes: [{id: tell, kind: llm, model: MODEL, prompt: "Tell", writes: [one]}]
"""

Limited = Callable[[Rate], RunManager]


@pytest.fixture
async def limited(make: Make, openai_server: OpenAIServer) -> AsyncIterator[Limited]:
    """Makes a manager whose models lead to the server, asked no faster than that."""
    made: list[ChatModels] = []

    def manager(rate: Rate) -> RunManager:
        made.append(ChatModels(openai_server.keys, rates={"openai": rate}))
        manager = make(None)
        manager._models = made[-1]
        return manager

    yield manager
    for models in made:
        await models.close()


async def two_runs(manager: RunManager, text: str) -> list[str]:
    """Both ask other models of one provider."""
    return [await manager.start(checked(text.replace("MODEL", f"openai/{name}")), {}) for name in ("one", "other")]


async def first(manager: RunManager, run_id: str, kind: type[RunEvent], count: int = 1) -> None:
    """Waits until a run has told so many events of a kind."""
    watching = manager.subscribe(run_id)
    while count:
        count -= isinstance((await anext(watching)).event, kind)
    await watching.aclose()


async def test_calls_of_two_runs_share_the_places_of_their_provider(
    limited: Limited, openai_server: OpenAIServer
) -> None:
    openai_server.add(*[Says("yes", pause_at=0)] * 2 * ITEMS)
    manager = limited(Rate(at_once=3))
    runs = await two_runs(manager, MAP)
    for run_id in runs:
        await first(manager, run_id, ModelAsked, ITEMS)
    for _ in range(3):
        await asyncio.to_thread(openai_server.wait_paused)
    openai_server.release()
    for run_id in runs:
        ended = (await events_of(manager, run_id))[-1]
        assert isinstance(ended, RunFinished) and len(ended.outputs["found"]) == ITEMS
    assert len(openai_server.requests) == 2 * ITEMS
    assert openai_server.most_inside == 3


async def test_calls_of_two_runs_share_the_calls_a_minute(limited: Limited, openai_server: OpenAIServer) -> None:
    openai_server.add(*[Says("yes")] * 2 * ITEMS)
    manager, began = limited(Rate(per_minute=160)), time.monotonic()
    for run_id in await two_runs(manager, MAP):
        assert isinstance((await events_of(manager, run_id))[-1], RunFinished)
    # A tenth of a minute's calls were saved up; the rest of both runs' comes one by one.
    assert len(openai_server.requests) == 2 * ITEMS
    assert openai_server.requests[-1].at - began > 60 / 160 * (2 * ITEMS - 16 - 1)


async def test_a_rest_that_the_provider_asks_of_one_run_is_kept_by_the_other(
    limited: Limited, openai_server: OpenAIServer
) -> None:
    openai_server.add(Fails(429, "slow down", {"Retry-After": "1"}), Says("yes"), Says("yes"))
    manager = limited(Rate())
    refused = await manager.start(checked(ONE.replace("MODEL", "openai/one")), {})
    await first(manager, refused, StepRetried)
    other = await manager.start(checked(ONE.replace("MODEL", "openai/other")), {})
    for run_id in (refused, other):
        assert isinstance((await events_of(manager, run_id))[-1], RunFinished)
    began, *later = (asked.at for asked in openai_server.requests)
    assert len(later) == 2 and all(at - began >= 0.95 for at in later)
    assert {asked.body["model"] for asked in openai_server.requests[1:]} == {"one", "other"}
