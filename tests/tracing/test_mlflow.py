"""Runs and designs in a real MLflow server, written by the real process and read back over its API."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from chat_app.app import build
from chat_app.cli.checking import check_file
from chat_app.cli.commands import main
from chat_app.cli.exits import Exit
from chat_app.settings import Settings
from chat_app.tracing.traces import QUIET
from tests.tracing.test_secrets import CANARY
from tests.waiting import until

ROOT = Path(__file__).parents[2]
WORKFLOW = """version: 1
name: notes
inputs: {texts: {type: array, items: {type: string}}}
state: {notes: {type: array, items: {type: string}}}
outputs: [notes]
nodes:
  - id: each
    kind: map
    over: "{{ state.texts }}"
    item: text
    body:
      state: {note: {type: string}}
      nodes:
        - {id: shorten, kind: llm, prompt: "Shorten: {{ text }}", writes: [note]}
      returns: note
    writes: [notes]
"""
# A server that starts on a busy machine takes its time; the bounds are there for hangs alone.
pytestmark = [pytest.mark.xdist_group("mlflow"), pytest.mark.timeout(400)]

NIGHTLY = pytest.mark.skipif("WORKFLOW_CHAT_NIGHTLY" not in os.environ, reason="takes half a minute: make nightly")


class Server:
    """An MLflow server over a SQLite file."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        port = self.url.rpartition(":")[2]
        command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder / 'm.db'}"]
        command += ["--artifacts-destination", str(folder / "artifacts"), "--port", port, "--workers", "1"]
        self.log = (folder / "server.log").open("wb")
        self.process = subprocess.Popen(command, env={**os.environ, **QUIET}, stdout=self.log, stderr=self.log)
        # One for all that is asked: each new client reads the authorities' certificates, and there are many looks.
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def answers(self) -> bool:
        assert self.process.poll() is None, "the server ended"
        try:
            return self.client.get("/health", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.client.post(path, json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def close(self) -> None:
        self.client.close()
        self.process.terminate()
        self.process.wait()
        self.log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("mlflow"))
    try:
        until(server.answers, 250)
        yield server
    finally:
        server.close()


class Slow:
    """Stands before a server and answers no request until it is let go."""

    def __init__(self, url: str) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()
        slow = self

        class Handler(BaseHTTPRequestHandler):
            def pass_on(self) -> None:
                slow.asked.set()
                slow.let_go.wait()
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                answer = httpx.request(self.command, f"{url}{self.path}", headers=headers, content=body, timeout=30)
                # Who asked may have given up meanwhile.
                with suppress(OSError):
                    self.send_response(answer.status_code)
                    self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
                    self.send_header("Content-Length", str(len(answer.content)))
                    self.end_headers()
                    self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on

            def log_message(self, *told: object) -> None:
                """Nothing is told."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.let_go.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def slow(server: Server) -> Iterator[Slow]:
    made = Slow(server.url)
    yield made
    made.close()


def environment(folder: Path, uri: str) -> dict[str, str]:
    own = {
        "WORKFLOW_CHAT_DATA": str(folder / "data"),
        "WORKFLOW_CHAT_MLFLOW": "on",
        "MLFLOW_TRACKING_URI": uri,
        "OPENAI_API_KEY": CANARY,
    }
    return {**os.environ, **own}


def command(folder: Path, uri: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chat_app", *words],
        cwd=ROOT,
        env=environment(folder, uri),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def traces(server: Server) -> list[dict[str, Any]]:
    found = server.ask("api/2.0/mlflow/experiments/search", max_results=10)
    ours = [one["experiment_id"] for one in found.get("experiments", ()) if one["name"] == "workflow-chat"]
    if not ours:
        return []
    where = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": ours[0]}}]
    return list(server.ask("api/3.0/mlflow/traces/search", locations=where, max_results=50).get("traces", ()))


def spans(server: Server, trace_id: str) -> list[dict[str, Any]]:
    answer = server.client.get("api/3.0/mlflow/traces/get", params={"trace_id": trace_id})
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["trace"]["spans"]
    return found


def test_a_run_of_the_command_line_becomes_a_trace_by_itself(tmp_path: Path, server: Server) -> None:
    (tmp_path / "notes.yaml").write_text(WORKFLOW)
    words = ["run", str(tmp_path / "notes.yaml"), "--input", 'texts=["a b", "c d"]', "--model", "simulated"]
    done = command(tmp_path, server.url, *words)
    assert done.returncode == 0, done.stderr
    until(lambda: any(trace["tags"].get("workflow_chat.workflow") == "notes" for trace in traces(server)), 100)
    (trace,) = [one for one in traces(server) if one["tags"].get("workflow_chat.workflow") == "notes"]
    assert trace["state"] == "OK"
    assert trace["tags"]["workflow_chat.simulated"] == "true"
    told = spans(server, trace["trace_id"])
    names = {span["span_id"]: span["name"] for span in told}
    nested = sorted((names.get(span.get("parent_span_id") or "", ""), span["name"]) for span in told)
    items = [("each", "item 0"), ("each", "item 1"), ("item 0", "shorten"), ("item 1", "shorten")]
    assert nested == sorted([("", "notes"), ("notes", "each"), *items, *[("shorten", "simulated")] * 2])
    run = server.ask(
        "api/2.0/mlflow/runs/search",
        experiment_ids=[trace["trace_location"]["mlflow_experiment"]["experiment_id"]],
        filter=f"tags.`workflow_chat.run_id` = '{trace['tags']['workflow_chat.run_id']}'",
    )["runs"][0]
    figures = {one["key"]: one["value"] for one in run["data"]["metrics"]}
    assert (figures["model_calls"], figures["steps"]) == (2, 3)
    artifact = server.client.get("get-artifact", params={"run_id": run["info"]["run_id"], "path": "workflow.yaml"})
    assert artifact.text == WORKFLOW


@NIGHTLY
def test_a_design_becomes_a_trace_and_names_its_prompts(tmp_path: Path, server: Server) -> None:
    code = """
import os
from chat_app.app import build
from chat_app.designer.agent.prompts import prompt_versions
from chat_app.events.design import DesignTurn, ModelUsed, Said, TurnFinished
from chat_app.settings import Settings
app = build(Settings.from_environment(os.environ))
call = ModelUsed("openai/x", 100, 20, None, "decide", ({"role": "user", "content": "tea"},), "{}", 0.5)
events = ((2.0, call), (2.5, Said("Done.")), (3.0, TurnFinished()))
about = ("turn-1", "talk-1", 1, "", "openai/x", "openai/x", "tea", 1.0, 3.0)
app.store.turned(DesignTurn(*about, events, prompt_versions()))
app.store.flush()
assert app.traces.write() == 1 and app.traces.write() == 0
app.close()
"""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(tmp_path, server.url),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    (trace,) = [one for one in traces(server) if one["tags"].get("workflow_chat.conversation") == "talk-1"]
    linked = json.loads(trace["tags"]["mlflow.linkedPrompts"])
    assert {"name": "designer_system", "version": "1"} in linked
    assert sorted(span["name"] for span in spans(server, trace["trace_id"])) == ["openai/x", "turn 1"]
    prompt = server.client.get(
        "api/2.0/mlflow/model-versions/get", params={"name": "designer_system", "version": "1"}
    ).json()["model_version"]
    text = (ROOT / "prompts" / "designer_system.md").read_text(encoding="utf-8").strip()
    assert any(text == tag["value"].strip() for tag in prompt["tags"])


@NIGHTLY
def test_a_dead_server_costs_a_run_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes.yaml").write_text(WORKFLOW)
    words = ["run", str(tmp_path / "notes.yaml"), "--input", 'texts=["a b"]', "--model", "simulated"]
    done = command(tmp_path, "http://127.0.0.1:9", *words)
    assert done.returncode == 0, done.stderr
    # The process that the run has left behind may still try.
    tries: list[subprocess.CompletedProcess[str]] = []
    until(lambda: tries.append(command(tmp_path, "http://127.0.0.1:9", "traces")) or tries[-1].returncode == 1, 100)
    assert "MLflow cannot be written to" in tries[-1].stderr


@NIGHTLY
async def test_a_slow_server_costs_a_run_nothing_but_the_trace_and_says_so_once(
    tmp_path: Path, server: Server, slow: Slow, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in environment(tmp_path, slow.url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "3")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    (tmp_path / "slow.yaml").write_text(WORKFLOW.replace("name: notes", "name: slow"), encoding="utf-8")
    checked = check_file(str(tmp_path / "slow.yaml"))
    app = build(Settings.from_environment(os.environ))

    async def run() -> str:
        run_id = await app.runs.start(checked, {"texts": ["a b"]}, model="simulated")
        async for _ in app.runs.subscribe(run_id):
            pass
        return app.runs.status(run_id).state

    def told(words: str) -> int:
        return sum(words in record.message for record in caplog.records)

    async def until_told(words: str) -> None:
        await asyncio.to_thread(until, lambda: told(words) > 0, 200)

    assert await run() == "finished"
    await asyncio.to_thread(until, slow.asked.is_set, 100)
    # The server has been asked and is silent; a run that begins and ends now does not wait for it.
    assert await run() == "finished" and not slow.let_go.is_set() and told("Traces are") == 0
    await until_told("Traces are not written to MLflow")
    slow.asked.clear()
    assert await run() == "finished"
    await asyncio.to_thread(until, slow.asked.is_set, 100)
    slow.let_go.set()
    # The next run's traces bring those that are missing.
    assert await run() == "finished"
    await until_told("Traces are written to MLflow again")
    assert told("Traces are not written to MLflow") == 1

    def written() -> int:
        return sum(one["tags"].get("workflow_chat.workflow") == "slow" for one in traces(server))

    await asyncio.to_thread(until, lambda: written() == 4, 100)
    await app.aclose()


def test_switched_off_traces_say_how_they_are_switched_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKFLOW_CHAT_MLFLOW", "off")
    monkeypatch.setenv("WORKFLOW_CHAT_DATA", str(tmp_path))
    assert main(["traces"]) == Exit.MISUSE
    assert "WORKFLOW_CHAT_MLFLOW=on" in capsys.readouterr().err
