"""A turn with a chat model: from a request to an answer, with whatever calls that takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from chat_app.chat_models.protocol import ChatModel, ChatRequest, Finished
from chat_app.engine.level import Step

Turn = Callable[["Step", ChatModel, ChatRequest, bool], Awaitable[tuple[ChatRequest, Finished]]]
"""Asks until there is an answer (streamed or not); gives the conversation back too, to go on with it."""
