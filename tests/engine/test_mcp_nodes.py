"""MCP tools as steps of real runs, and as tools that a model calls."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.engine.dry_run import dry_run
from chat_app.engine.envelope import envelope
from chat_app.engine.reach import Reach
from chat_app.engine.testing import run_tests
from chat_app.events.run import ToolCalled
from chat_app.tools.catalog import catalog
from chat_app.tools.mcp.listing import Listings
from chat_app.tools.mcp.servers import read_servers
from chat_app.tools.secrets import SecretStore
from chat_app.tools.setup import ToolSetup
from tests.engine.conftest import SILENT, KeptEvents, Make, Pauses, checked, events_of, of_type, run
from tests.servers.openai_server import OpenAIServer, Says, calls

PROGRAM = Path(__file__).parents[1] / "tools" / "mcp_server.py"
KEY = "canary-mcp-77aa"

TWO = """
inputs: {a: {type: integer, default: 2}}
state: {sum: {type: integer}, process: {type: string}, key: {type: string}, again: {type: string}}
outputs: [sum, process, key, again]
nodes:
  - {id: add, kind: tool, tool: "mcp:notes/add", arguments: {a: "{{ state.a }}", b: 40}, writes: [sum]}
  - {id: who, kind: tool, tool: "mcp:notes/who", writes: [process, key]}
  - {id: once, kind: tool, tool: "mcp:notes/find", arguments: {words: "{{ state.process }}"}, writes: [again]}
tests:
  - {name: given, given: {add: {sum: 42}}, expect: ["state.sum == 42"]}
"""

ASKING = """
inputs: {}
state: {answer: {type: string}}
outputs: [answer]
nodes:
  - {id: find, kind: llm, model: openai/any, prompt: "How much?", tools: ["mcp:notes/add"], writes: [answer]}
"""


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    told = {"command": sys.executable, "args": [str(PROGRAM)], "env": {"NOTES_KEY": "{{ secret.NOTES_KEY }}"}}
    setup = ToolSetup(
        servers=read_servers(json.dumps({"mcpServers": {"notes": told}})), listings=Listings(tmp_path / "mcp")
    )
    return Reach(catalog=lambda: catalog(setup), server_secrets=SecretStore({"NOTES_KEY": KEY}))


async def test_nodes_call_the_tools_of_one_session_that_ends_with_the_run(make: Make, reach: Reach) -> None:
    text = TWO.replace("again: {type: string}", "again: {type: array, items: {type: string}}")
    manager = make(SILENT, reach=reach)
    events = await run(manager, text)
    outputs = events[-1].outputs
    assert outputs["sum"] == 42
    assert outputs["key"] == "[secret NOTES_KEY]"
    assert outputs["again"] == [f"note about {outputs['process']}"] * 3
    assert KEY not in repr(events)
    await manager.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(outputs["process"]), 0)


async def test_rehearsals_start_no_server(make: Make, tmp_path: Path) -> None:
    told = json.dumps({"mcpServers": {"notes": {"command": "touch", "args": [str(tmp_path / "made")]}}})
    setup = ToolSetup(servers=read_servers(told), listings=Listings(tmp_path / "mcp"))
    events = await run(make(SILENT, reach=Reach(catalog=lambda: catalog(setup))), TWO, model="simulated")
    assert type(events[-1].outputs["sum"]) is int
    (outcome,) = await run_tests(checked(TWO))
    assert outcome.passed, outcome.problems
    assert (await dry_run(checked(TWO))).complete
    assert not (tmp_path / "made").exists()


async def test_a_model_calls_a_tool_of_a_server(
    make: Make, reach: Reach, real_models: ChatModels, openai_server: OpenAIServer
) -> None:
    manager = make(None, KeptEvents(), pause=Pauses(), reach=reach)
    manager._models = real_models
    openai_server.add(calls("mcp_notes_add", a=40, b=2), Says("42."))
    run_id = await manager.start(checked(ASKING), {}, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert events[-1].outputs == {"answer": "42."}
    (called,) = of_type(events, ToolCalled)
    assert (called.tool, called.result, called.error) == ("mcp:notes/add", 42, None)
    offered = openai_server.requests[0].body["tools"][0]["function"]
    assert sorted(offered["parameters"]["properties"]) == ["a", "b"]


def test_the_envelope_names_the_hosts_of_tools(tmp_path: Path) -> None:
    told = json.dumps({"mcpServers": {"notes": {"url": "https://notes.example/mcp"}}})
    tools = catalog(ToolSetup(servers=read_servers(told), listings=Listings(tmp_path)))
    text = TWO.replace(
        '{id: who, kind: tool, tool: "mcp:notes/who"',
        '{id: who, kind: tool, tool: fetch_page, arguments: {url: "https://a.example/{{ state.a }}"}',
    )
    workflow = checked(text).workflow
    assert workflow is not None
    found = envelope(workflow, lambda name: None, hosts_of=lambda name, given: tools.get(name).hosts(given))
    assert found.hosts == ("notes.example", "a.example")
