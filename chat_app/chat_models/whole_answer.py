"""A chat model's answer once it is complete."""

from __future__ import annotations

from contextlib import aclosing

from chat_app.chat_models.errors import ServerFailed
from chat_app.chat_models.protocol import ChatModel, ChatRequest, Finished


async def whole_answer(model: ChatModel, request: ChatRequest) -> Finished:
    """The answer once it is complete, for callers that show no pieces."""
    async with aclosing(model.stream(request)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Finished):
                return piece
    raise ServerFailed(
        f"{model.name} ended its answer without finishing it.", help="Try again, or choose another model."
    )
