"""A design turn as rows: how it went at a glance, what its model calls used, and its events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from chat_app.events import wire
from chat_app.events.design import Asked, DesignEvent, DesignTurn, Edited, ModelUsed, Offered, TurnFailed
from chat_app.tracing import rows
from chat_app.tracing.call_rows import add_calls, call_rows
from chat_app.tracing.run_row import plain_text
from chat_app.tracing.step_row import Call
from chat_app.tracing.tables import CONVERSATIONS, TEXTS, TURN_EVENTS, TURNS
from chat_app.tracing.texts import digest


def put_turns(connection: Connection, turns: Sequence[DesignTurn]) -> None:
    """Writes turns, what they used, the drafts they made, and the conversations that they belong to."""
    rows.put(connection, TURNS, [turn_row(turn) for turn in turns])
    rows.add(connection, TURN_EVENTS, [row for turn in turns for row in _event_rows(turn)])
    add_calls(connection, [row for turn in turns for row in call_rows(turn.id, "design", "", _calls(turn))])
    drafts = {digest(text): text for turn in turns if (text := _draft(turn))}
    rows.add(connection, TEXTS, [{"sha256": key, "text": plain_text(text)} for key, text in drafts.items()])
    for turn in turns:
        _put_conversation(connection, turn)


def read_turn(connection: Connection, turn: str) -> DesignTurn | None:
    """A turn as it was recorded; None where there is none of this id."""
    row = connection.execute(select(TURNS).where(TURNS.c.turn == turn)).first()
    if row is None:
        return None
    of_turn = (TURN_EVENTS.c.conversation == row.conversation, TURN_EVENTS.c.turn == turn)
    told = connection.execute(
        select(TURN_EVENTS.c.at, TURN_EVENTS.c.data).where(*of_turn).order_by(TURN_EVENTS.c.place)
    )
    owner = connection.execute(select(CONVERSATIONS.c.owner).where(CONVERSATIONS.c.id == row.conversation)).scalar()
    return DesignTurn(
        id=turn,
        conversation=row.conversation,
        number=row.number,
        owner=owner or "",
        designer=row.designer,
        model=row.model,
        message=row.message,
        started=row.started_at,
        ended=row.started_at + (row.seconds or 0.0),
        events=tuple((at, wire.design_event_from_json(json.loads(data))) for at, data in told),
        prompts=json.loads(row.prompts),
        stopped=row.state == "stopped",
    )


def turn_row(turn: DesignTurn) -> dict[str, Any]:
    """A turn at a glance: a fold over its events."""
    edited = [event for _, event in turn.events if isinstance(event, Edited)]
    failed = next((event for _, event in turn.events if isinstance(event, TurnFailed)), None)
    draft = edited[-1] if edited else None
    return {
        "conversation": turn.conversation,
        "turn": turn.id,
        "number": turn.number,
        "designer": turn.designer,
        "model": turn.model,
        "started_at": turn.started,
        "seconds": max(turn.ended - turn.started, 0.0),
        "message": plain_text(turn.message),
        "state": _state(turn, failed),
        "problem": plain_text(failed.message) if failed else "",
        "edits": sum(len(event.edits) for event in edited),
        "repairs": sum(len(event.repaired) for event in edited),
        "valid": None if draft is None else int(draft.valid),
        "text_sha256": "" if draft is None else digest(draft.text),
        "prompts": json.dumps(turn.prompts, sort_keys=True),
    }


def _state(turn: DesignTurn, failed: TurnFailed | None) -> str:
    if failed is not None:
        return "failed"
    if turn.stopped:
        return "stopped"
    kinds: list[tuple[type[DesignEvent], str]] = [(Edited, "edited"), (Asked, "asked"), (Offered, "offered")]
    for kind, state in kinds:
        if any(isinstance(event, kind) for _, event in turn.events):
            return state
    return "said"


def _draft(turn: DesignTurn) -> str:
    return next((event.text for _, event in reversed(turn.events) if isinstance(event, Edited)), "")


def _event_rows(turn: DesignTurn) -> list[dict[str, Any]]:
    told = [(at, wire.event_to_json(event)) for at, event in turn.events]
    return [
        {
            "conversation": turn.conversation,
            "turn": turn.id,
            "place": place,
            "at": at,
            "event": data["event"],
            "data": json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False),
        }
        for place, (at, data) in enumerate(told)
    ]


def _calls(turn: DesignTurn) -> list[Call]:
    return [
        (place, at, "", one.purpose, one.model, one.tokens_in, one.tokens_out, one.cost_usd, False)
        for place, (at, one) in enumerate(turn.events)
        if isinstance(one, ModelUsed)
    ]


def _put_conversation(connection: Connection, turn: DesignTurn) -> None:
    known = connection.execute(select(CONVERSATIONS).where(CONVERSATIONS.c.id == turn.conversation)).first()
    row = {
        "id": turn.conversation,
        "owner": turn.owner or (known.owner if known else ""),
        "title": known.title if known else plain_text(turn.message)[:200],
        "started_at": known.started_at if known else turn.started,
        "updated_at": turn.ended,
        "turns": (known.turns if known else 0) + 1,
    }
    rows.put(connection, CONVERSATIONS, [row])
