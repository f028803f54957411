"""Spans by OTLP to a real collector on a socket, and what a run notices of a collector that is dead: nothing."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from chat_app.app import build
from chat_app.engine.manager import RunManager
from chat_app.events.run import RunFinished
from chat_app.settings import Settings
from chat_app.tracing.otel import CAPTURE, OtelRecorder, otel_recorder
from chat_app.tracing.recorders import Recorders
from chat_app.tracing.run_store import RunStore
from chat_app.workflow.check import check
from tests.engine.conftest import OneModel, ToldModel
from tests.tools.web_server import web_server
from tests.tracing.collector import Collector, plain

TEXT = """
version: 1
name: greet
inputs: {who: {type: string}}
state: {word: {type: string}, line: {type: string}}
outputs: [line]
nodes:
  - {id: find, kind: llm, prompt: "A word for {{ state.who }}", writes: [word]}
  - {id: say, kind: template, template: "{{ state.word }}!", writes: [line]}
"""


async def run_once(folder: Path, recorder: OtelRecorder) -> None:
    store = RunStore(folder / "runs.sqlite")
    model = ToldModel(["Hello"], name="openai/gpt-x")
    runs = RunManager(OneModel(model), folder, Recorders(store, [recorder]))
    run_id = await runs.start(check(TEXT), {"who": "secret-person"})
    async for _ in runs.subscribe(run_id):
        pass
    await runs.close()
    recorder.close()
    store.close()


def asked_for(monkeypatch: pytest.MonkeyPatch, url: str, **more: str) -> OtelRecorder:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_TIMEOUT": "2", **more}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    recorder = otel_recorder(environment)
    assert recorder is not None
    return recorder


async def test_a_collector_gets_the_spans_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Collector() as collector:
        await run_once(tmp_path, asked_for(monkeypatch, collector.url))
    spans = {span.name: span for span in collector.spans}
    assert set(spans) == {"invoke_workflow greet", "find", "chat openai/gpt-x", "say"}
    assert set(collector.paths) == {"/v1/traces"}
    root, call = spans["invoke_workflow greet"], spans["chat openai/gpt-x"]
    assert (root.parent_span_id, call.parent_span_id) == (b"", spans["find"].span_id)
    assert {span.trace_id for span in spans.values()} == {root.trace_id}
    assert root.start_time_unix_nano <= call.start_time_unix_nano <= call.end_time_unix_nano
    facts = plain(call.attributes)
    assert facts["gen_ai.operation.name"] == "chat"
    assert (facts["gen_ai.provider.name"], facts["gen_ai.request.model"]) == ("openai", "gpt-x")
    assert (facts["gen_ai.usage.input_tokens"], facts["gen_ai.usage.output_tokens"]) == (10, 5)
    assert facts["gen_ai.response.finish_reasons"] == ["stop"]


async def test_what_was_said_goes_out_only_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Collector() as collector:
        await run_once(tmp_path / "a", asked_for(monkeypatch, collector.url))
        assert not [body for body in collector.raw if b"secret-person" in body]
        await run_once(tmp_path / "b", asked_for(monkeypatch, collector.url, **{CAPTURE: "true"}))
    assert [body for body in collector.raw if b"secret-person" in body and b"Hello" in body]


async def test_a_collector_that_refuses_costs_the_run_nothing_and_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Collector(status=400) as collector, caplog.at_level(logging.WARNING):
        recorder = asked_for(monkeypatch, collector.url)
        await run_once(tmp_path / "a", recorder)
        await run_once(tmp_path / "b", recorder)
        told = [record.message for record in caplog.records if "collector" in record.message]
        assert told == ["Spans do not reach the OpenTelemetry collector; runs go on without them."]
        collector.status = 200
        await run_once(tmp_path / "c", recorder)
    assert "Spans reach the OpenTelemetry collector again." in caplog.text


async def test_a_dead_collector_holds_up_neither_the_run_nor_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        await run_once(tmp_path, asked_for(monkeypatch, "http://127.0.0.1:9", OTEL_EXPORTER_OTLP_TIMEOUT="1"))
    assert "do not reach" in caplog.text


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
    ],
    ids=["unset", "disabled", "no exporter"],
)
def test_nothing_is_sent_unless_it_is_asked_for(environment: dict[str, str]) -> None:
    assert otel_recorder(environment) is None


REQUEST = """
version: 1
name: calls
inputs: {url: {type: string}}
state: {page: {type: string}}
outputs: [page]
nodes:
  - {id: fetch, kind: http, method: GET, url: "{{ state.url }}", writes: [page]}
"""


async def test_a_request_names_the_span_it_belongs_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with web_server() as web:
        web.says("/page", "hello")
        with Collector() as collector:
            environment = {
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
                "WORKFLOW_CHAT_DATA": str(tmp_path),
                "WORKFLOW_CHAT_MLFLOW": "off",
                "WORKFLOW_CHAT_ALLOWED_HOSTS": "127.0.0.1",
            }
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
            app = build(Settings.from_environment(environment))
            run_id = await app.runs.start(app.check(REQUEST), {"url": f"{web.url}/page"})
            events = [entry.event async for entry in app.runs.subscribe(run_id)]
            await app.aclose()
    assert isinstance(events[-1], RunFinished)
    (fetch,) = [span for span in collector.spans if span.name == "fetch"]
    assert web.asked[0].headers["traceparent"] == f"00-{fetch.trace_id.hex()}-{fetch.span_id.hex()}-01"


async def test_without_a_collector_no_request_names_a_trace(tmp_path: Path) -> None:
    async with web_server() as web:
        web.says("/page", "hello")
        environment = {
            "WORKFLOW_CHAT_DATA": str(tmp_path),
            "WORKFLOW_CHAT_MLFLOW": "off",
            "WORKFLOW_CHAT_ALLOWED_HOSTS": "127.0.0.1",
        }
        app = build(Settings.from_environment(environment))
        run_id = await app.runs.start(app.check(REQUEST), {"url": f"{web.url}/page"})
        async for _ in app.runs.subscribe(run_id):
            pass
        await app.aclose()
    assert "traceparent" not in web.asked[0].headers
