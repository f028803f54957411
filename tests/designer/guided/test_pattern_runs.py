"""Every pattern is run by the run manager to its end; what those without a model give is right to the letter."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from chat_app.designer.guided.building import build
from chat_app.designer.guided.interview import names_of
from chat_app.designer.guided.patterns import Pattern, load_patterns
from chat_app.designer.guided.rendering import render
from chat_app.designer.guided.toolbox import equipped
from chat_app.engine.files_for_tests import kept_files
from chat_app.engine.manager import RunManager
from chat_app.engine.reach import Reach
from chat_app.files.store import FileStore
from chat_app.tools.catalog import catalog
from chat_app.tools.media import MediaSetup
from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from chat_app.tools.search.engines import SearchSetup
from chat_app.tools.setup import ToolSetup
from chat_app.workflow.document import Workflow
from chat_app.workflow.nodes import ClassifyNode, HttpNode, HumanNode, LlmNode, MapNode, ToolNode
from tests.designer.guided.conftest import EQUIPPED, check
from tests.designer.guided.paths import NIGHT, run_paths, structure
from tests.designer.guided.running import OnlySimulated, run_through
from tests.tools.web_server import WebServer, web_server

ALL = load_patterns()
MODEL_FREE = [pattern for pattern in ALL if pattern.gives]


def asks_somebody(workflow: Workflow) -> bool:
    """Whether a model or a person has a say."""
    inside = [node for owner in workflow.nodes if isinstance(owner, MapNode) for node in owner.body.nodes]
    return any(isinstance(node, LlmNode | ClassifyNode | HumanNode) for node in (*workflow.nodes, *inside))


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    async with web_server() as server:
        yield server


@pytest.fixture
async def manager(web: WebServer, tmp_path: Path) -> AsyncIterator[RunManager]:
    """Runs with the simulated model; every tool is ready and may reach the server of the test, nothing else."""
    tools = catalog(ToolSetup(SearchSetup("searxng", web.url), MediaSetup(transcription="openai/listener")))
    network = Network(NetworkPolicy(allowed=frozenset({"127.0.0.1"}), seconds=5))
    reach = Reach(network, lambda: tools, files=FileStore(tmp_path / "files"))
    made = RunManager(OnlySimulated(), tmp_path, reach=reach)
    yield made
    await made.close()


def put_up(web: WebServer, workflow: Workflow) -> str:
    """Makes the server say what the workflow's first test takes for said; the address to call."""
    given = workflow.tests[0].given
    said = (value for writes in given.values() for value in writes.values())
    page = next((value for value in said if isinstance(value, dict) and "text" in value), {"title": "", "text": ""})
    asked = next((node.id for node in workflow.nodes if isinstance(node, HttpNode)), None)
    answer = next(iter(given[asked].values())) if asked else {}
    html = f"<html><head><title>{page['title']}</title></head><body><main><p>{page['text']}</p></main></body></html>"
    found = {"results": [{"title": page["title"], "url": f"{web.url}/page", "content": page["text"]}]}
    web.says("/page", html, Content_Type="text/html")
    web.says("/search", json.dumps(found), Content_Type="application/json")
    web.says("/json", json.dumps(answer), Content_Type="application/json")
    return f"{web.url}/{'json' if asked else 'page'}"


def sample_of(workflow: Workflow, address: str, files: FileStore) -> dict[str, Any]:
    """What the run form is filled with; files, which it leaves empty, as the workflow's test has them."""
    tested = workflow.tests[0].inputs
    inputs = {
        name: address if name == "url" else kind.examples[0] if kind.examples else tested[name]
        for name, kind in workflow.inputs.items()
        if kind.examples or name in tested
    }
    return kept_files(inputs, workflow.inputs, None, files)


def heard(workflow: Workflow) -> dict[str, dict[str, Any]]:
    """What a model that listens would have written down: only that is pinned, everything else is really done."""
    listening = {node.id for node in workflow.nodes if isinstance(node, ToolNode) and node.tool == "transcribe"}
    return {name: dict(writes) for name, writes in workflow.tests[0].given.items() if name in listening}


def gave(found: Any, wanted: Any) -> bool:
    """Whether an output is what was wanted; of a file that is made, the name and the type tell."""
    if isinstance(found, dict) and "sha256" in found:
        return bool(found["size"] > 1000) and {name: found[name] for name in wanted} == wanted
    return bool(found == wanted)


@pytest.mark.parametrize("pattern", ALL, ids=lambda pattern: pattern.id)
async def test_its_paths_run_to_their_ends(
    pattern: Pattern, web: WebServer, manager: RunManager, tmp_path: Path
) -> None:
    ran: set[str] = set()
    with equipped(EQUIPPED.tools):
        for values in run_paths(pattern):
            checked = check(build(pattern, values, {}).text, EQUIPPED)
            workflow = checked.workflow
            assert workflow is not None
            if (same := structure(workflow)) in ran:
                continue
            ran.add(same)
            inputs = sample_of(workflow, put_up(web, workflow), FileStore(tmp_path / "files"))
            outputs = await run_through(manager, checked, inputs, heard(workflow))
            assert outputs and outputs.keys() <= set(workflow.outputs), values
            if pattern.gives and "from_files" not in values:
                wanted: Mapping[str, Any] = render(pattern.gives, names_of(pattern.slots, values))
                assert outputs.keys() == wanted.keys()
                wrong = {name: outputs[name] for name in wanted if not gave(outputs[name], wanted[name])}
                assert wrong == {}, (values, wanted)


def test_what_asks_nobody_says_what_it_gives() -> None:
    free = []
    for pattern in ALL:
        workflow = check(build(pattern, {}, {}).text, EQUIPPED).workflow
        assert workflow is not None
        if not asks_somebody(workflow):
            free.append(pattern)
    assert free == MODEL_FREE
    assert len(free) >= 15


@pytest.mark.skipif(not NIGHT, reason="it waits two seconds between two questions")
async def test_a_service_that_is_not_ready_is_asked_again(web: WebServer, manager: RunManager) -> None:
    [pattern] = [one for one in ALL if one.id == "poll_service"]
    checked = check(build(pattern, {}, {}).text, EQUIPPED)
    answers = iter(["busy", "done"])

    async def answer(asked: object, writer: Any) -> None:
        body = json.dumps({"status": next(answers)}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n")
        writer.write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)

    web.answers["/json"] = answer
    outputs = await run_through(manager, checked, {"url": f"{web.url}/json"})
    assert outputs == {"report": "status is done.", "answer": {"status": "done"}}
    assert len(web.asked) == 2
