"""Secrets of every kind are planted and used in one run; then everything that was written is searched for them."""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.engine.manager import RunManager
from chat_app.engine.reach import Reach
from chat_app.events.run import RunEvent, RunFinished, ToolCalled
from chat_app.files.store import FileStore
from chat_app.tools.catalog import catalog
from chat_app.tools.mcp.listing import Listings
from chat_app.tools.mcp.servers import read_servers
from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from chat_app.tools.search.engines import SearchSetup
from chat_app.tools.secrets import SecretStore
from chat_app.tools.setup import ToolSetup
from chat_app.tracing.capsule import capsule_of, write_capsule
from chat_app.tracing.otel import CAPTURE, otel_recorder
from chat_app.tracing.recorders import Recorders
from chat_app.tracing.run_store import RunStore
from chat_app.workflow.check import check
from chat_app.workflow.surroundings import Surroundings
from tests.tools.web_server import WebServer, web_server
from tests.tracing.collector import Collector

PROGRAM = Path(__file__).parents[1] / "tools" / "mcp_server.py"
CANARIES = {
    "API_KEY": "canary-http/+7c1d=",
    "QUERY_KEY": "canary-query-88e0",
    "NOTES_KEY": "canary-mcp-server-1f2e",
    "SEARCH_KEY": "canary-search-engine-9b",
    "UNUSED": "canary-never-asked-for-55",
}

TEXT = """version: 1
name: touches_all
inputs: {url: {type: string}}
state:
  page: {type: string}
  who: {type: object}
  hits: {type: array, items: {type: object}}
  broken: {type: string, default: ""}
  note: {type: file}
outputs: [page, who, hits, note]
nodes:
  - id: ask
    kind: http
    url: "{{ state.url }}/echo"
    headers: {Authorization: "Bearer {{ secret.API_KEY }}"}
    query: {key: "{{ secret.QUERY_KEY }}"}
    writes: [page]
  - {id: who, kind: tool, tool: "mcp:notes/who", writes: [who]}
  - {id: search, kind: tool, tool: search_web, arguments: {query: bees}, writes: [hits]}
  - id: refused
    kind: http
    url: "{{ state.url }}/fails"
    headers: {X-Key: "{{ secret.API_KEY }}"}
    on_error: continue
    writes: [broken]
  - id: keep
    kind: code
    code: |
      print(state.page, state.who)
      note = {"name": "note.txt", "text": state.page + str(state.who) + str(state.hits)}
    writes: [note]
edges:
  - {from: START, to: ask}
  - {from: ask, to: who}
  - {from: who, to: search}
  - {from: search, to: refused}
  - {from: refused, to: keep}
  - {from: keep, to: END}
"""


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    """A server that gives back all that it was given, in several forms."""
    async with web_server() as server:
        own = CANARIES["API_KEY"]
        forms = [own, quote(own, safe=""), base64.b64encode(f"user:{own}".encode()).decode(), own.encode().hex()]
        echo = {"you sent": forms, "query": CANARIES["QUERY_KEY"]}
        server.says("/echo", json.dumps(echo), Content_Type="application/json", Set_Cookie=f"k={own}")
        server.says("/fails", f"refused {own}", status=500)
        hit = {"title": CANARIES["SEARCH_KEY"], "url": "https://a.example/", "description": "x"}
        server.says("/brave", json.dumps({"web": {"results": [hit]}}), Content_Type="application/json")
        yield server


def leaks_in(data: bytes) -> list[str]:
    """The secrets in some bytes, as they are or as they are mostly written."""
    found = []
    for name, value in CANARIES.items():
        raw = value.encode()
        forms = {raw, quote(value, safe="").encode(), base64.b64encode(raw).rstrip(b"="), raw.hex().encode()}
        if any(form in data for form in forms):
            found.append(name)
    return found


def bytes_in(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def reach_of(web: WebServer, folder: Path) -> Reach:
    notes = {"command": sys.executable, "args": [str(PROGRAM)], "env": {"NOTES_KEY": "{{ secret.NOTES_KEY }}"}}
    setup = ToolSetup(
        SearchSetup("brave", f"{web.url}/brave", CANARIES["SEARCH_KEY"]),
        servers=read_servers(json.dumps({"mcpServers": {"notes": notes}})),
        listings=Listings(folder / "mcp"),
    )
    return Reach(
        network=Network(NetworkPolicy(allowed=frozenset({"127.0.0.1"}))),
        catalog=lambda: catalog(setup),
        secrets=SecretStore(CANARIES, frozenset({"API_KEY", "QUERY_KEY"})),
        server_secrets=SecretStore(CANARIES),
        files=FileStore(folder / "files"),
    )


def passed_on(store: RunStore, run_id: str, folder: Path) -> dict[str, bytes]:
    """The run's capsule, unpacked; MLflow is given the run, in a database among the data."""
    write_capsule(capsule_of(store.events(run_id)), folder / "run.zip")
    own = {"WORKFLOW_CHAT_DATA": str(folder), "WORKFLOW_CHAT_MLFLOW": "on"}
    subprocess.run(
        [sys.executable, "-m", "chat_app", "traces", "--write"],
        cwd=PROGRAM.parents[2],
        env={name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"} | own,
        check=True,
        timeout=110,
    )
    with zipfile.ZipFile(folder / "run.zip") as packed:
        return {f"run.zip/{name}": packed.read(name) for name in packed.namelist()}


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """An OpenTelemetry collector that is told all that was said, too."""
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        yield collector


async def test_no_secret_is_in_anything_that_is_written(
    tmp_path: Path,
    web: WebServer,
    collector: Collector,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    models = ChatModels({})
    store = RunStore(tmp_path / "runs.sqlite")
    otel = otel_recorder({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, CAPTURE: "true"})
    assert otel is not None
    reach = reach_of(web, tmp_path)
    runs = RunManager(models, tmp_path, Recorders(store, [otel]), reach=reach)
    checked = check(TEXT, Surroundings())
    assert checked.valid, checked.diagnostics
    with caplog.at_level(logging.DEBUG):
        run_id = await runs.start(checked, {"url": web.url}, owner="ann")
        events: list[RunEvent] = [entry.event async for entry in runs.subscribe(run_id)]
        await runs.close()
    await models.close()
    otel.close()
    packed = passed_on(store, run_id, tmp_path)
    store.close()
    assert isinstance(events[-1], RunFinished), events[-1]
    assert [call.tool for call in events if isinstance(call, ToolCalled)] == ["mcp:notes/who", "search_web"]
    # They were really used.
    sent = [asked.headers.get("authorization") for asked in web.asked]
    assert f"Bearer {CANARIES['API_KEY']}" in sent
    assert any(CANARIES["QUERY_KEY"] in asked.target for asked in web.asked)
    assert any(asked.headers.get("x-subscription-token") == CANARIES["SEARCH_KEY"] for asked in web.asked)
    sent_on = {f"otlp/{number}": body for number, body in enumerate(collector.raw)}
    written = bytes_in(tmp_path) | packed | sent_on
    assert {"runs.sqlite", "engine.sqlite", "mcp/notes.json", "mlflow/mlflow.db", "run.zip/events.jsonl"} <= set(
        written
    )
    assert any(b"touches_all" in body for body in collector.raw)
    assert any(name.startswith("files") for name in written)
    assert {name: leaks_in(data) for name, data in written.items() if leaks_in(data)} == {}
    assert [repr(event)[:600] for event in events if leaks_in(repr(event).encode())] == []
    leaky = [line[:300] for line in caplog.text.splitlines() if leaks_in(line.encode())]
    assert leaky == []
    assert leaks_in("".join(capfd.readouterr()).encode()) == []
