"""The spans of a design turn: the turn, and in it each call of the designer's model."""

from __future__ import annotations

from typing import Any, assert_never

from chat_app.events import trace_ids
from chat_app.events.design import (
    Asked,
    Assumed,
    DesignEvent,
    DesignTurn,
    Edited,
    ModelUsed,
    Offered,
    RunWanted,
    Said,
    SaveWanted,
    Stage,
    TurnFailed,
    TurnFinished,
    UndoWanted,
)
from chat_app.tracing.spans import Span


def turn_spans(turn: DesignTurn) -> list[Span]:
    """A turn's spans, the turn itself last."""
    trace, own = trace_ids.trace_id(turn.id), trace_ids.span_id(turn.id)
    root = Span("turn", f"turn {turn.number}", trace, own, None, turn.started, turn.ended, turn.message)
    root.facts |= {"conversation": turn.conversation, "turn": turn.number, "designer": turn.designer}
    root.facts |= {f"prompt.{name}": version for name, version in turn.prompts.items()}
    told = _Told()
    calls: list[Span] = []
    for at, event in turn.events:
        if isinstance(event, ModelUsed):
            calls.append(_call(root, len(calls), at, event))
        else:
            told.hear(root, at, event)
    root.outputs = told.outputs()
    root.facts["state"] = "failed" if root.error else "stopped" if turn.stopped else "finished"
    return [*calls, root]


class _Told:
    """What the designer said and did in the turn."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.found: dict[str, Any] = {}

    def outputs(self) -> dict[str, Any]:
        said = "".join(self.said).strip()
        return ({"said": said} if said else {}) | self.found

    def hear(self, root: Span, at: float, event: DesignEvent) -> None:
        match event:
            case Said():
                self.said.append(event.text)
            case Stage():
                root.notes.append((at, " ".join((event.name, event.detail)).strip()))
            case Assumed():
                self.found.setdefault("assumed", []).append(event.text)
            case Asked():
                self.found["asked"] = event.text
            case Offered():
                self.found["offered"] = [card.title for card in event.cards]
            case Edited():
                self.found |= {"edits": list(event.edits), "changes": list(event.summary), "text": event.text}
                root.facts |= {"valid": event.valid, "edits": len(event.edits), "repairs": len(event.repaired)}
                root.notes += [(at, f"repaired: {text}") for text in event.repaired]
            case RunWanted() | SaveWanted() | UndoWanted():
                self.found["wanted"] = type(event).__name__.removesuffix("Wanted").lower()
            case TurnFailed():
                root.error = event.message
            case TurnFinished() | ModelUsed():
                return
            case _:
                assert_never(event)


def _call(root: Span, number: int, at: float, event: ModelUsed) -> Span:
    span = trace_ids.span_id(root.id, number)
    began = max(at - (event.seconds or 0.0), root.start)
    call = Span("model", event.model, root.trace, span, root.id, began, at)
    call.inputs = [dict(message) for message in event.messages]
    call.outputs = {"text": event.answer, "tool_requests": []}
    known = {"tokens_in": event.tokens_in, "tokens_out": event.tokens_out, "cost_usd": event.cost_usd}
    call.facts |= {"model": event.model, "purpose": event.purpose}
    call.facts |= {name: value for name, value in known.items() if value is not None}
    return call
