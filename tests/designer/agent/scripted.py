"""A chat model in a test: answers from a list, in pieces, or fails as told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chat_app.chat_models.errors import ChatModelError, RequestRefused
from chat_app.chat_models.prices import Price
from chat_app.chat_models.protocol import (
    ChatRequest,
    Finished,
    ModelUsage,
    Piece,
    TextPiece,
    ToolRequest,
)


@dataclass(frozen=True)
class Called:
    """An answer by tool calls."""

    requests: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cut:
    """An answer that reached the token limit."""

    text: str


@dataclass(frozen=True)
class Hangs:
    """Says a little and then never anything more."""

    text: str = ""


Reply = str | dict[str, Any] | Called | Cut | Hangs | ChatModelError | Callable[[ChatRequest], "Reply"]


class ScriptedModel:
    """Takes its replies in order; the last one stays where `forever` is set."""

    def __init__(
        self,
        *replies: Reply,
        name: str = "test/model",
        forever: bool = False,
        refuses: Sequence[str] = (),
        piece: int = 7,
    ) -> None:
        self.requests: list[ChatRequest] = []
        self.hanging = asyncio.Event()
        """Set once a reply never ends."""
        self._replies = list(replies)
        self._name = name
        self._forever = forever
        self._refuses = frozenset(refuses)
        self._piece = piece

    @property
    def name(self) -> str:
        return self._name

    @property
    def simulated(self) -> bool:
        return False

    @property
    def price(self) -> Price | None:
        return None

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        self.requests.append(request)
        if ("schema" in self._refuses and request.schema) or ("tools" in self._refuses and request.tools):
            raise RequestRefused("not supported", help="", status=400)
        reply = self._next(request)
        if isinstance(reply, ChatModelError):
            raise reply
        if isinstance(reply, Hangs):
            yield TextPiece(reply.text)
            self.hanging.set()
            await asyncio.Event().wait()
        text = _text(reply)
        for start in range(0, len(text), self._piece):
            yield TextPiece(text[start : start + self._piece])
        requests = _requests(reply)
        yield Finished(text, requests, ModelUsage(100, 20, None), cut=isinstance(reply, Cut))

    def _next(self, request: ChatRequest) -> Reply:
        assert self._replies, f"no reply left for: {request.messages[-1].content}"
        reply = self._replies[0] if self._forever and len(self._replies) == 1 else self._replies.pop(0)
        while callable(reply) and not isinstance(reply, ChatModelError):
            reply = reply(request)
        return reply

    def script(self, *replies: Reply) -> None:
        """Replaces what is left of the replies."""
        self._replies = list(replies)

    @property
    def left(self) -> int:
        """How many replies were not asked for."""
        return len(self._replies)

    def asked(self, index: int = -1) -> str:
        """All that one request put to the model."""
        return "\n".join(message.content for message in self.requests[index].messages)


def _text(reply: Reply) -> str:
    match reply:
        case str():
            return reply
        case dict():
            return json.dumps(reply)
        case Cut(text):
            return text
        case _:
            return ""


def _requests(reply: Reply) -> tuple[ToolRequest, ...]:
    if not isinstance(reply, Called):
        return ()
    return tuple(ToolRequest(str(at), name, text) for at, (name, text) in enumerate(reply.requests))
