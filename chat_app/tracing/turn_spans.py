"""The spans of a design turn: the turn, and in it each call of the designer's model."""

from __future__ import annotations

from typing import Any

from chat_app.events import trace_ids
from chat_app.events.design import Asked, DesignTurn, Edited, ModelUsed, Offered, Stage
from chat_app.events.told import Told
from chat_app.tracing.spans import Span


def turn_spans(turn: DesignTurn) -> list[Span]:
    """A turn's spans, the turn itself last."""
    trace, own = trace_ids.trace_id(turn.id), trace_ids.span_id(turn.id)
    root = Span("turn", f"turn {turn.number}", trace, own, None, turn.started, turn.ended, turn.message)
    root.facts |= {"conversation": turn.conversation, "turn": turn.number, "designer": turn.designer}
    root.facts |= {f"prompt.{name}": version for name, version in turn.prompts.items()}
    told = Told()
    calls: list[Span] = []
    for at, event in turn.events:
        told.fold(event)
        match event:
            case ModelUsed():
                calls.append(_call(root, len(calls), at, event))
            case Stage():
                root.notes.append((at, " ".join((event.name, event.detail)).strip()))
            case Edited():
                root.notes += [(at, f"repaired: {text}") for text in event.repaired]
            case _:
                continue
    if (draft := told.draft) is not None:
        root.facts |= {"valid": draft.valid, "edits": len(draft.edits), "repairs": len(draft.repaired)}
    if told.failed is not None:
        root.error = told.failed.message
    root.outputs = _outputs(told)
    root.facts["state"] = "failed" if root.error else "stopped" if turn.stopped else "finished"
    return [*calls, root]


def _outputs(told: Told) -> dict[str, Any]:
    """What the designer said and did in the turn."""
    found: dict[str, Any] = {"said": told.said.strip(), "assumed": list(told.assumed), "wanted": told.wanted}
    match told.open:
        case Asked(text=text):
            found["asked"] = text
        case Offered(cards=cards):
            found["offered"] = [card.title for card in cards]
        case None:
            pass
    if (draft := told.draft) is not None:
        found |= {"edits": list(draft.edits), "changes": list(draft.summary), "text": draft.text}
    return {name: value for name, value in found.items() if value or name in ("edits", "changes", "text")}


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
