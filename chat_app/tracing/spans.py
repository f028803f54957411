"""A run's spans: a fold over its events. Each span is given out when it has ended, parents after their children.

A stretch of a run (from its start or its resumption to where it rests) is a root span; in it stand the
steps, in those the model calls, the tool calls and the items of maps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chat_app.events import trace_ids
from chat_app.events.run import (
    LimitReached,
    Logged,
    ModelAnswered,
    ModelAsked,
    Recorded,
    RouteTaken,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    RunWaiting,
    StepFailed,
    StepFinished,
    StepId,
    StepRetried,
    StepSkipped,
    StepStarted,
    ToolCalled,
    UsageReported,
)

SpanKind = Literal["run", "turn", "node", "item", "model", "tool"]
Ending = RunFinished | RunFailed | RunStopped | RunWaiting | LimitReached
Inside = ModelAsked | ModelAnswered | UsageReported | ToolCalled


@dataclass(slots=True)
class Span:
    """One thing that took time. Times are seconds since the epoch."""

    kind: SpanKind
    name: str
    trace: str
    id: str
    parent: str | None
    start: float
    end: float
    inputs: Any = None
    outputs: Any = None
    facts: dict[str, Any] = field(default_factory=dict)
    """What is known beside: node kind, model, tokens, cost, route; unknown figures are left out."""
    error: str | None = None
    notes: list[tuple[float, str]] = field(default_factory=list)
    """What happened on the way: retries, log lines."""


class SpanFold:
    """The spans of one run, as its events come in."""

    def __init__(self, run_id: str) -> None:
        self._run = run_id
        self._trace = trace_ids.trace_id(run_id)
        self._root: Span | None = None
        self._open: dict[StepId, Span] = {}
        self._calls: dict[StepId, Span] = {}
        self._items: dict[StepId, dict[str, Span]] = {}
        """Open spans of items, by the map's step and the item's own id."""
        self._last: dict[StepId, float] = {}
        """When something was last heard of a step: a tool call that ends now began then."""
        self._number = 0

    def after(self, entry: Recorded) -> list[Span]:
        """The spans that end with this event."""
        match entry.event:
            case RunStarted():
                self._begin(entry, entry.event)
            case RunFinished() | RunFailed() | RunStopped() | RunWaiting() | LimitReached():
                return self._rest(entry, entry.event)
            case StepStarted():
                self._step(entry.at, entry.event)
            case StepFinished() | StepFailed() | StepSkipped():
                return self._done(entry.at, entry.event)
            case ModelAsked() | ModelAnswered() | UsageReported() | ToolCalled():
                return self._inside(entry.at, entry.event)
            case StepRetried():
                return self._retried(entry.at, entry.event)
            case RouteTaken(source=source, targets=targets, route=route) if route is not None:
                self._note(entry.at, None, f"{source} goes to {', '.join(targets)} by route {route + 1}")
            case Logged(text=text, step=step):
                self._note(entry.at, step, text)
            case _:
                pass
        return []

    def _begin(self, entry: Recorded, event: RunStarted) -> None:
        self._root = self._span("run", event.workflow, None, entry.at, "stretch", entry.offset)
        self._root.inputs = event.inputs
        self._root.facts |= {
            "run_id": self._run,
            "workflow": event.workflow,
            "workflow_sha256": event.text_sha256,
            "model": event.model,
            "simulated": event.simulated,
            "resumed": event.resumed,
        }

    def _rest(self, entry: Recorded, event: Ending) -> list[Span]:
        """The end of a stretch: whatever was open has come no further."""
        ended: list[Span] = []
        if isinstance(event, RunWaiting):
            # What waits for a person goes on in the next stretch, and is told there.
            for items in self._items.values():
                ended += items.values()
            self._items.clear()
            self._open.clear()
        for step in reversed(list(self._open)):
            ended += self._close(step, entry.at, "The run came to rest first.")
        root, self._root = self._root, None
        if root is None:
            return ended
        root.end = entry.at
        match event:
            case RunFinished():
                root.outputs, root.facts["state"] = event.outputs, "finished"
            case RunFailed():
                root.error, root.facts["state"] = event.message, "failed"
            case RunStopped():
                root.facts |= {"state": "stopped", "reason": event.reason}
            case RunWaiting():
                root.facts |= {"state": "waiting", "asks": [question.node for question in event.questions]}
            case LimitReached():
                root.error, root.facts["state"] = event.message, "limit"
        return [*ended, root]

    def _step(self, at: float, event: StepStarted) -> None:
        parent = self._parent(event.step, event.parent, at)
        span = self._span("node", event.node, parent, at, event.step)
        span.facts |= {"node": event.node, "node_kind": event.kind, "step": event.step}
        self._open[event.step] = span
        self._last[event.step] = at

    def _parent(self, step: StepId, parent: StepId | None, at: float) -> str | None:
        """The span around a step: its item's, its parent step's, or the stretch's."""
        if parent is None:
            return self._root.id if self._root else None
        item = item_of(step)
        if item is None:
            return trace_ids.span_id(self._run, parent)
        items = self._items.setdefault(parent, {})
        if item not in items:
            around = trace_ids.span_id(self._run, parent)
            items[item] = self._span("item", f"item {item[item.rindex('[') + 1 : -1]}", around, at, item)
        return items[item].id

    def _done(self, at: float, event: StepFinished | StepFailed | StepSkipped) -> list[Span]:
        if event.step not in self._open:
            self._late(at, event)
        span = self._open[event.step]
        match event:
            case StepFinished():
                span.outputs = event.writes
                span.facts["simulated"] = event.simulated
            case StepFailed():
                span.facts["continues"] = event.continues
                return self._close(event.step, at, event.message)
            case StepSkipped():
                span.facts["skipped"] = event.reason
        return self._close(event.step, at, None)

    def _late(self, at: float, event: StepFinished | StepFailed | StepSkipped) -> None:
        """A step that began in an earlier stretch, as one that waited for a person; or, skipped, never began."""
        if self._root is not None and not isinstance(event, StepSkipped):
            at = self._root.start
        around = event.step.rpartition("/")[0]
        self._step(at, StepStarted(event.step, event.node, "", item_parent(around) or around or None))

    def _close(self, step: StepId, at: float, error: str | None) -> list[Span]:
        ended: list[Span] = []
        call = self._calls.pop(step, None)
        if call is not None:
            call.end, call.error = at, error or "The call came to no end."
            ended.append(call)
        ended += self._items.pop(step, {}).values()
        span = self._open.pop(step)
        self._last.pop(step, None)
        span.end, span.error = at, error
        self._stretch_item(step, at)
        return [*ended, span]

    def _stretch_item(self, step: StepId, at: float) -> None:
        """An item ends with the last of its steps."""
        item = item_of(step)
        for items in self._items.values():
            if item in items:
                items[item].end = at

    def _inside(self, at: float, event: Inside) -> list[Span]:
        span = self._open.get(event.step)
        if span is None:
            return []
        if isinstance(event, ToolCalled):
            began, self._last[event.step] = self._last.get(event.step, at), at
            tool = self._numbered("tool", event.tool, span, began, at)
            tool.inputs, tool.outputs, tool.error = event.arguments, event.result, event.error
            tool.facts["tool"] = event.tool
            return [tool]
        if isinstance(event, ModelAsked):
            self._calls[event.step] = self._numbered("model", event.model, span, at, at)
            self._calls[event.step].inputs = [dict(message) for message in event.messages]
            self._calls[event.step].facts["model"] = event.model
            return []
        call = self._calls.get(event.step)
        if call is None:
            return []
        if isinstance(event, ModelAnswered):
            call.outputs = {"text": event.text, "tool_requests": list(event.tool_requests)}
            call.facts["finish"] = "length" if event.cut else "tool_calls" if event.tool_requests else "stop"
            return []
        del self._calls[event.step]
        self._last[event.step] = call.end = at
        call.facts |= figures(event)
        call.error = None if call.outputs is not None else "The answer broke off."
        return [call]

    def _retried(self, at: float, event: StepRetried) -> list[Span]:
        """A model call that failed ends here."""
        self._note(at, event.step, f"try {event.attempt} failed: {event.message}")
        call = self._calls.pop(event.step, None)
        if call is None:
            return []
        call.end, call.error = at, event.message
        return [call]

    def _note(self, at: float, step: StepId | None, text: str) -> None:
        span = self._open.get(step) if step is not None else self._root
        if span is not None:
            span.notes.append((at, text))

    def _numbered(self, kind: SpanKind, name: str, around: Span, start: float, end: float) -> Span:
        self._number += 1
        span = self._span(kind, name, around.id, start, around.id, kind, self._number)
        span.end = end
        span.facts["node"] = around.facts["node"]
        return span

    def _span(self, kind: SpanKind, name: str, parent: str | None, at: float, *key: object) -> Span:
        return Span(kind, name, self._trace, trace_ids.span_id(self._run, *key), parent, at, at)


def item_of(step: StepId) -> str | None:
    """The item that a step directly belongs to, `each#1[3]` of `each#1[3]/short#1`; None outside of maps."""
    around, _, _ = step.rpartition("/")
    return around if around.endswith("]") else None


def item_parent(item: str) -> StepId | None:
    """The map's step that an item belongs to; None for what is no item."""
    return item[: item.rindex("[")] if item.endswith("]") else None


def figures(usage: UsageReported) -> Mapping[str, Any]:
    """What is known of what a call used."""
    known = {"tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out, "cost_usd": usage.cost_usd}
    return {name: value for name, value in known.items() if value is not None} | {"simulated": usage.simulated}
