"""Spans to OpenTelemetry by OTLP over HTTP, where the usual variables ask for it.

Names and attributes follow the semantic conventions for generative AI. What was said is left out unless
OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT asks for it, as those conventions wish.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, get_args

from chat_app.events.record import SortingRecorder
from chat_app.events.run import ENDINGS, CheckpointSaved, Recorded, RunEvent, Token
from chat_app.tracing.background import Background
from chat_app.tracing.spans import Span, SpanFold

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
CLOSE_SECONDS = 5.0
"""How long the end of the program waits for spans that are still to be sent."""
LONGEST_VALUE = 20_000
"""Characters of a value in a span."""

_TOLD = frozenset(get_args(RunEvent)) - {Token, CheckpointSaved}
"""Events that spans tell of."""

log = logging.getLogger(__name__)

_OPERATIONS = {"model": "chat", "tool": "execute_tool", "run": "invoke_workflow"}


class Sender(Protocol):
    """Sends spans; whether they arrived."""

    def __call__(self, spans: Sequence[ReadableSpan]) -> bool: ...


def otel_recorder(environment: Mapping[str, str]) -> OtelRecorder | None:
    """The recorder that the usual variables ask for; None where they ask for none."""
    off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if off or environment.get("OTEL_TRACES_EXPORTER", "otlp") != "otlp":
        return None
    if not any(environment.get(name) for name in ENDPOINTS):
        return None
    content = environment.get(CAPTURE, "").lower() not in {"", "false", "no_content", "0"}
    return OtelRecorder(_sender, content=content)


class OtelRecorder(SortingRecorder):
    """A recorder that sends each span when it has ended; a dead or slow collector costs the spans alone."""

    def __init__(self, sender: Callable[[], Sender], *, content: bool = False) -> None:
        self._make_sender = sender
        self._content = content
        self._send: Sender | None = None
        self._folds: dict[str, SpanFold] = {}
        self._background = Background("the sender of OpenTelemetry spans", self._work)
        self._failing = False
        self.hears = dict.fromkeys(_TOLD, self._background.put)

    def close(self) -> None:
        """Sends what is still to be sent."""
        if not self._background.flush(CLOSE_SECONDS):
            log.warning("Some spans did not reach the OpenTelemetry collector in time.")

    def _work(self, entries: list[Recorded]) -> None:
        spans: list[Span] = []
        for entry in entries:
            fold = self._folds.setdefault(entry.run_id, SpanFold(entry.run_id))
            spans += fold.after(entry)
            if isinstance(entry.event, ENDINGS):
                del self._folds[entry.run_id]
        if not spans:
            return
        self._send = self._send or self._make_sender()
        arrived = self._send([readable(span, content=self._content) for span in spans])
        if not arrived and not self._failing:
            log.warning("Spans do not reach the OpenTelemetry collector; runs go on without them.")
        elif arrived and self._failing:
            log.warning("Spans reach the OpenTelemetry collector again.")
        self._failing = not arrived


def readable(span: Span, *, content: bool) -> ReadableSpan:
    """A span as OpenTelemetry's exporters take it."""
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
    from opentelemetry.trace.status import Status, StatusCode

    def context(identity: str) -> SpanContext:
        return SpanContext(int(span.trace, 16), int(identity, 16), False, TraceFlags(TraceFlags.SAMPLED))

    return ReadableSpan(
        _name(span),
        context(span.id),
        None if span.parent is None else context(span.parent),
        _resource(),
        _attributes(span, content=content),
        [Event("log", {"message": text[:LONGEST_VALUE]}, _nanoseconds(at)) for at, text in span.notes],
        kind=SpanKind.CLIENT if span.kind == "model" else SpanKind.INTERNAL,
        status=Status(StatusCode.UNSET) if span.error is None else Status(StatusCode.ERROR, span.error),
        start_time=_nanoseconds(span.start),
        end_time=_nanoseconds(span.end),
        instrumentation_scope=InstrumentationScope("workflow-chat"),
    )


def _name(span: Span) -> str:
    operation = _OPERATIONS.get(span.kind)
    return f"{operation} {span.name}" if operation else span.name


def _attributes(span: Span, *, content: bool) -> dict[str, Any]:
    """The conventions' names where they have one, our own for the rest."""
    own = {f"workflow_chat.{name}": _plain(value) for name, value in span.facts.items() if value not in (None, "")}
    told = own | {"workflow_chat.span_kind": span.kind}
    if span.kind in _OPERATIONS:
        told["gen_ai.operation.name"] = _OPERATIONS[span.kind]
    if span.error is not None:
        told["error.type"] = str(span.facts.get("state", "error"))
    match span.kind:
        case "model":
            told |= _model_facts(span)
        case "tool":
            told |= {"gen_ai.tool.name": span.name, "gen_ai.tool.type": "function"}
        case "run":
            told |= {"gen_ai.workflow.name": span.name, "gen_ai.conversation.id": str(span.facts["run_id"])}
        case _:
            pass
    return told | (_content(span) if content else {})


def _model_facts(span: Span) -> dict[str, Any]:
    provider, slash, model = span.name.partition("/")
    facts = {
        "gen_ai.request.model": model if slash else span.name,
        "gen_ai.provider.name": provider if slash else "simulated" if span.facts.get("simulated") else "unknown",
        "gen_ai.usage.input_tokens": span.facts.get("tokens_in"),
        "gen_ai.usage.output_tokens": span.facts.get("tokens_out"),
        "gen_ai.response.finish_reasons": [span.facts["finish"]] if "finish" in span.facts else None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _content(span: Span) -> dict[str, Any]:
    names = {
        "model": ("gen_ai.input.messages", "gen_ai.output.messages"),
        "tool": ("gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
    }.get(span.kind, ("workflow_chat.inputs", "workflow_chat.outputs"))
    values = (_messages(span.inputs), _said(span)) if span.kind == "model" else (span.inputs, span.outputs)
    return {name: _plain(value) for name, value in zip(names, values, strict=True) if value is not None}


def _messages(messages: Any) -> list[dict[str, Any]]:
    return [
        {"role": message["role"], "parts": [{"type": "text", "content": message["content"]}]}
        for message in messages or ()
    ]


def _said(span: Span) -> list[dict[str, Any]] | None:
    if span.outputs is None:
        return None
    parts: list[dict[str, Any]] = [{"type": "text", "content": span.outputs["text"]}]
    parts += [{"type": "tool_call", **request} for request in span.outputs["tool_requests"]]
    return [{"role": "assistant", "parts": parts, "finish_reason": span.facts.get("finish", "stop")}]


def _plain(value: Any) -> Any:
    """A value as an attribute may hold it: a number, a truth value or a text of bounded length."""
    if isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)


@cache
def _resource() -> Resource:
    """Who sends: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, where they say it."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource

    told = Resource.create()
    named = not str(told.attributes.get(SERVICE_NAME, "unknown_service")).startswith("unknown_service")
    return told if named else told.merge(Resource({SERVICE_NAME: "workflow-chat"}))


def _sender() -> Sender:
    """The exporter for OTLP over HTTP; it reads its endpoint, headers and time limit from the environment."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import SpanExportResult

    # It says each failure on its own; we say once that it fails.
    logging.getLogger("opentelemetry.exporter.otlp.proto.http.trace_exporter").setLevel(logging.CRITICAL)
    exporter = OTLPSpanExporter()
    return lambda spans: exporter.export(spans) is SpanExportResult.SUCCESS
