"""Streams the answer that is being given to the page: a message costs a tenth of what it does as a Gradio event.

The token comes in the body and is the only key: addresses are written into logs. Who brings another gets nothing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from chat_app.translation import use_language
from chat_app.ui.markup import in_chat
from chat_app.ui.paint import PENDING, conversation
from chat_app.ui.request_body import object_in
from chat_app.ui.sessions import Sessions
from chat_app.ui.workspace import Answering, Workspace

PATH = "/workflow-chat/answer"
LONGEST_BODY = 1_000
"""Bytes of a request; it holds a token."""
# No proxy may gather the parts up.
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
BEAT = ": \n\n"
"""A comment of the stream, while there is nothing to tell."""


def route(sessions: Sessions) -> Route:
    """What is added to the page's server."""

    async def serve(request: Request) -> Response:
        given = await object_in(request, LONGEST_BODY)
        place = await sessions.of(given.get("token"), None)
        stopping = request.app.stop_event
        return StreamingResponse(_lines(place, stopping.is_set), media_type="text/event-stream", headers=_HEADERS)

    return Route(PATH, serve, methods=["POST"])


async def _lines(place: Workspace, stopping: Any) -> AsyncIterator[str]:
    use_language(place.language)
    if place.turn is not None:
        async for told in answer(place, place.turn):
            if stopping():
                return
            yield f"data: {json.dumps(told, ensure_ascii=False)}\n\n" if told else BEAT
    yield 'data: {"end": true}\n\n'


async def answer(place: Workspace, turn: Answering) -> AsyncIterator[dict[str, Any]]:
    """What is new, until nothing more comes: `text` is the answer so far, `more` follows it.

    First `before`, the conversation up to it: what the page shows may be older. `round` changes with the design;
    nothing at all tells only that the turn goes on.
    """
    told: dict[str, Any] = {"before": conversation(place)}
    seen, shown, round = -1, "", turn.design_round
    while turn is place.turn:
        done = turn.done
        text = in_chat(turn.view.shown) or PENDING
        if text != shown:
            told |= {"more": text[len(shown) :]} if shown and text.startswith(shown) else {"text": text}
            shown = text
        if not done and place.design_round != round:
            round = told["round"] = place.design_round
        if told or not done:
            yield told
        if done:
            return
        seen = await turn.signal.wait(seen)
        told = {}
