"""Tools that pay models and services, on real sockets: set aside before a call, counted after it, unknown if so."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from chat_app.chat_models.media import MediaModels
from chat_app.chat_models.media_prices import most_for_picture, most_for_recording, most_for_speech
from chat_app.chat_models.models import ChatModels
from chat_app.engine.reach import Reach
from chat_app.events.run import LimitReached, Logged, RunFinished, UsageReported
from chat_app.tools.catalog import Catalog
from chat_app.tools.media import MediaSetup
from chat_app.tools.media_tools import media_tools
from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from chat_app.tools.search.engines import SearchSetup
from chat_app.tools.search.tool import search_tool
from chat_app.workflow.document import Limits
from tests.engine.conftest import SILENT, KeptEvents, Make, checked, events_of, of_type
from tests.tools.web_server import WebServer

MANY = 20
ALLOWED = 5
SPEECH = 0.015
"""What a thousand characters cost at tts-1."""
SEARCH = 0.008
TEXT = f"""
inputs:
  numbers: {{type: array, items: {{type: integer}}, default: {list(range(MANY))}}}
  text: {{type: string, default: "{"x" * 1000}"}}
state: {{found: {{type: array, items: KIND}}}}
outputs: [found]
limits: {{cost_usd: LIMIT, concurrency: {MANY}}}
nodes:
  - id: each
    kind: map
    over: "{{{{ state.numbers }}}}"
    item: number
    max_concurrency: {MANY}
    body:
      state: {{one: KIND}}
      nodes: [{{id: pay, kind: tool, tool: TOOL, arguments: ARGUMENTS, writes: [one]}}]
      returns: one
    writes: [found]
"""
SPEAK = TEXT.replace("KIND", "{type: file}").replace("TOOL", "speak")
SPEAK = SPEAK.replace("ARGUMENTS", '{text: "{{ state.text }}", model: openai/tts-1}')
LOOK = TEXT.replace("KIND", "{type: array, items: {type: object}}").replace("TOOL", "search_web")
LOOK = LOOK.replace("ARGUMENTS", '{query: "bees {{ number }}"}')


@pytest.fixture
async def paying(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Reach]:
    """The provider's own address, as far as prices go, is the server's."""
    monkeypatch.setenv("OPENAI_BASE_URL", f"{web.url}/v1")
    web.says("/v1/audio/speech", b"ID3 sound", Content_Type="audio/mpeg")
    models = ChatModels({"OPENAI_API_KEY": "sk-any"})
    yield reached(web, models)
    await models.close()


def reached(web: WebServer, models: ChatModels) -> Reach:
    web.says("/tavily", json.dumps({"results": []}), Content_Type="application/json")
    search = SearchSetup("tavily", f"{web.url}/tavily", "key", usd=SEARCH)
    tools = Catalog([*media_tools(MediaSetup()), search_tool(search)])
    network = Network(NetworkPolicy(allowed=frozenset({"127.0.0.1"}), seconds=30))
    return Reach(network=network, catalog=lambda: tools, media=MediaModels(models))


@pytest.mark.parametrize(("text", "price"), [(SPEAK, SPEECH), (LOOK, SEARCH)], ids=["speech", "search"])
async def test_many_at_once_stay_within_the_limit_together(
    make: Make, web: WebServer, paying: Reach, text: str, price: float
) -> None:
    manager = make(SILENT, KeptEvents(), reach=paying)
    run_id = await manager.start(checked(text.replace("LIMIT", str(price * ALLOWED + price / 2))), {})
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], LimitReached) and events[-1].limit == "cost_usd"
    assert f"next call may cost ${price:.4f}" in events[-1].message
    assert len(web.asked) == ALLOWED
    assert [one.cost_usd for one in of_type(events, UsageReported)] == [pytest.approx(price)] * ALLOWED
    assert manager.status(run_id).spent["cost_usd"] == pytest.approx(price * ALLOWED)
    await manager.resume(run_id, Limits(cost_usd=5.0))
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], RunFinished) and len(events[-1].outputs["found"]) == MANY
    assert len(web.asked) == len(of_type(events, UsageReported)) == MANY


async def test_what_another_server_asks_is_unknown_and_said_once(make: Make, web: WebServer) -> None:
    web.says("/v1/audio/speech", b"ID3 sound", Content_Type="audio/mpeg")
    models = ChatModels({"OPENAI_API_KEY": "sk-any", "OPENAI_BASE_URL": f"{web.url}/v1"})
    manager = make(SILENT, reach=reached(web, models))
    events = await events_of(manager, await manager.start(checked(SPEAK.replace("LIMIT", "0.03")), {}))
    assert isinstance(events[-1], RunFinished)
    assert [one.cost_usd for one in of_type(events, UsageReported)] == [None] * MANY
    assert len([one for one in of_type(events, Logged) if "costs is unknown" in one.text]) == 1
    await models.close()


def test_the_most_that_a_call_may_cost_is_no_less_than_its_bill() -> None:
    # What LiteLLM makes of a whole answer, by the same table.
    assert most_for_picture("openai/gpt-image-1", "a bee", "1024x1024") == pytest.approx(0.167, rel=0.01)
    assert most_for_picture("openai/gpt-image-1", "a bee", None) == pytest.approx(0.25, rel=0.01)
    assert most_for_speech("openai/tts-1", "x" * 1000) == pytest.approx(SPEECH)
    wave = b"RIFF" + bytes(4) + b"WAVE" + bytes(16) + (16_000).to_bytes(4, "little") + bytes(160_000)
    assert 0.001 <= (most_for_recording("openai/whisper-1", wave) or 0.0) < 0.0013
    assert most_for_picture("openai/unheard-of", "a bee", None) is None
