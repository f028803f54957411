"""Writes spans, runs and prompts into MLflow. Loads MLflow, so it lives in a process of its own (`mlflow_worker`)."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

# Before anything is imported: no price list from the network (it can lock MLflow up), no reports home.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
# What cannot be written now is written the next time, so there is no use in trying for minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "15")

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LiveSpan, SpanEvent, SpanStatus, SpanStatusCode, SpanType
from mlflow.entities.model_registry import PromptVersion
from mlflow.entities.span import NO_OP_SPAN_TRACE_ID
from mlflow.tracing.constant import SpanAttributeKey, TraceMetadataKey

from chat_app.events.design import DesignTurn
from chat_app.tracing.spans import Span
from chat_app.tracing.texts import digest

log = logging.getLogger(__name__)

EXPERIMENT = "workflow-chat"
VERSION = "workflow_chat.version"
"""The tag of a registered prompt that holds the first letters of its text's hash."""
_TYPES = {
    "run": SpanType.WORKFLOW,
    "turn": SpanType.AGENT,
    "node": SpanType.TASK,
    "item": SpanType.CHAIN,
    "model": SpanType.CHAT_MODEL,
    "tool": SpanType.TOOL,
}
_ENDS = {"finished": "FINISHED", "failed": "FAILED", "limit": "FAILED", "stopped": "KILLED", "waiting": "SCHEDULED"}


class NotTraced(Exception):
    """MLflow did not take a trace."""


class MlflowSink:
    """One experiment of one tracking server or database."""

    def __init__(self, uri: str, artifacts: str | None = None, prompts: Mapping[str, str] | None = None) -> None:
        self._texts = dict(prompts or {})
        mlflow.set_tracking_uri(uri)
        self._client = MlflowClient(uri)
        self._prompts: dict[tuple[str, str], PromptVersion] = {}
        found = self._client.get_experiment_by_name(EXPERIMENT)
        self.experiment: str = (
            found.experiment_id if found else self._client.create_experiment(EXPERIMENT, artifact_location=artifacts)
        )

    def run(self, spans: Sequence[Span], texts: Mapping[str, str], metrics: Mapping[str, float]) -> str:
        """A stretch of a run as an MLflow run with its trace; returns the trace's id."""
        root = next(span for span in spans if span.parent is None)
        facts = root.facts
        kept = self._client.create_run(
            self.experiment,
            start_time=_milliseconds(root.start),
            run_name=f"{root.name} {facts['run_id']}",
            tags={"workflow_chat.run_id": facts["run_id"], "workflow_chat.state": facts["state"]},
        ).info.run_id
        for name in ("workflow", "workflow_sha256", "model", "simulated", "resumed"):
            self._client.log_param(kept, name, facts[name])
        for name, value in metrics.items():
            self._client.log_metric(kept, name, value, timestamp=_milliseconds(root.end))
        for path, text in texts.items():
            self._client.log_text(kept, text, path or "workflow.yaml")
        trace = self.trace(
            spans, {TraceMetadataKey.SOURCE_RUN: kept, TraceMetadataKey.TRACE_SESSION: facts["run_id"]}
        )
        self._client.set_terminated(kept, _ENDS[facts["state"]], _milliseconds(root.end))
        return trace

    def turn(self, spans: Sequence[Span], turn: DesignTurn) -> str:
        """A design turn as a trace of its conversation, with the prompts that were used; returns the trace's id."""
        prompts = self.prompts(turn.prompts)
        return self.trace(spans, {TraceMetadataKey.TRACE_SESSION: turn.conversation}, prompts)

    def alive(self) -> bool:
        """Whether the server or the database answers."""
        try:
            self._client.get_experiment(self.experiment)
        except Exception as error:  # noqa: BLE001 - whatever it is, it cannot be reached
            log.warning("MLflow cannot be reached: %s", error)
            return False
        return True

    def trace(self, spans: Sequence[Span], metadata: Mapping[str, str], prompts: Sequence[PromptVersion] = ()) -> str:
        """Spans that belong together as one trace; returns its id."""
        live: dict[str, LiveSpan] = {}
        ordered = parents_first(spans)
        for span in ordered:
            parent = live.get(span.parent or "")
            whole: dict[str, Any] = (
                {} if parent else {"experiment_id": self.experiment, "metadata": dict(metadata), "tags": _tags(span)}
            )
            live[span.id] = mlflow.start_span_no_context(
                span.name,
                span_type=_TYPES[span.kind],
                parent_span=parent,
                inputs=span.inputs,
                attributes=_attributes(span),
                start_time_ns=_nanoseconds(span.start),
                **whole,
            )
            if live[span.id].trace_id == NO_OP_SPAN_TRACE_ID:
                # MLflow logs what went wrong and gives out a span that does nothing.
                raise NotTraced(f"MLflow took no span `{span.name}`; its own log says why.")
        for span in reversed(ordered):
            _end(live[span.id], span)
        trace = str(live[ordered[0].id].trace_id)
        if prompts:
            self._client.link_prompt_versions_to_trace(list(prompts), trace)
        return trace

    def prompts(self, wanted: Mapping[str, str]) -> list[PromptVersion]:
        """The registered versions of prompts, by name and hash.

        A text at hand that is not registered yet becomes a version; one that is neither is left out.
        """
        found = (self._prompt(name, self._texts.get(name), version) for name, version in wanted.items())
        return [version for version in found if version is not None]

    def _prompt(self, name: str, text: str | None, wanted: str) -> PromptVersion | None:
        key = (name, wanted)
        if key not in self._prompts:
            known = list(self._client.search_prompt_versions(name)) if self._client.get_prompt(name) else []
            for version in known:
                self._prompts[name, version.tags.get(VERSION, "")] = version
            if key not in self._prompts and text is not None and digest(text).startswith(wanted):
                tags = {VERSION: wanted}
                self._prompts[key] = mlflow.genai.register_prompt(name, text, "As the program brings it.", tags)
        return self._prompts.get(key)


def parents_first(spans: Sequence[Span]) -> list[Span]:
    """Each span after the one it stands in, else by their starts; what stands in nothing here hangs on the root."""
    inside: dict[str | None, list[Span]] = {}
    known = {span.id for span in spans}
    root = next(span for span in spans if span.parent is None)
    for span in spans:
        if span is not root:
            inside.setdefault(span.parent if span.parent in known else root.id, []).append(span)
    ordered, todo = [], [root]
    while todo:
        span = todo.pop(0)
        ordered.append(span)
        todo += sorted(inside.get(span.id, ()), key=lambda one: one.start)
    return ordered


def _end(live: LiveSpan, span: Span) -> None:
    for at, text in span.notes:
        live.add_event(SpanEvent("log", _nanoseconds(at), {"message": text}))
    if span.error is not None:
        live.add_event(SpanEvent("exception", _nanoseconds(span.end), {"exception.message": span.error}))
    code = SpanStatusCode.OK if span.error is None else SpanStatusCode.ERROR
    live.end(
        outputs=span.outputs,
        status=SpanStatus(code, span.error or ""),
        end_time_ns=_nanoseconds(span.end),
    )


def _attributes(span: Span) -> dict[str, Any]:
    facts: dict[str, Any] = {name: value for name, value in span.facts.items() if value is not None}
    if span.kind != "model":
        return facts
    tokens_in, tokens_out, cost = (span.facts.get(name) for name in ("tokens_in", "tokens_out", "cost_usd"))
    facts[SpanAttributeKey.MODEL] = span.name
    if tokens_in is not None and tokens_out is not None:
        facts[SpanAttributeKey.CHAT_USAGE] = {
            "input_tokens": tokens_in,
            "output_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        }
    if cost is not None:
        facts[SpanAttributeKey.LLM_COST] = {"input_cost": 0.0, "output_cost": 0.0, "total_cost": cost}
    return facts


def _tags(root: Span) -> dict[str, str]:
    names = ("run_id", "workflow", "state", "simulated", "conversation", "turn", "designer")
    told = {name: root.facts.get(name) for name in names}
    return {
        f"workflow_chat.{name}": value if isinstance(value, str) else json.dumps(value)
        for name, value in told.items()
        if value is not None
    }


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1e3)
