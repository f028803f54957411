"""Takes what was typed into the workflow's text just before its page was left, when no event of the page can tell it.

As with answers, the token comes in the body and is the only key.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat_app.translation import use_language
from chat_app.ui.draft_desk import typed_yaml
from chat_app.ui.keeping import keep
from chat_app.ui.request_body import object_in
from chat_app.ui.sessions import Sessions, is_token

PATH = "/workflow-chat/typed"
LONGEST_BODY = 70_000
"""Bytes; a browser sends no more than 64 KiB from a page that is being left."""


def route(sessions: Sessions) -> Route:
    """What is added to the page's server."""

    async def take(request: Request) -> Response:
        given = await object_in(request, LONGEST_BODY)
        token, text = given.get("token"), given.get("text")
        # Without a token it is nobody's, and must not be kept: anybody can ask this.
        if not is_token(token) or not isinstance(text, str):
            return Response(status_code=400)
        place = await sessions.of(token, None)
        use_language(place.language)
        await typed_yaml(place, text)
        await keep(place)
        return Response(status_code=204)

    return Route(PATH, take, methods=["POST"])
