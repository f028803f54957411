"""The simulated model: answers without a model, the same for the same request, and says what it is.

It lets anybody design, check and rehearse without a key, a network or a cent. Structured answers fit
their schema; free text starts with `[simulated]`. It does not call tools of its own accord, since made-up
arguments would reach real tools; `calls_tools` lets a dry run see both sides of a tool loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncGenerator
from random import Random

from chat_app.chat_models.prices import FREE
from chat_app.chat_models.protocol import (
    ChatRequest,
    Finished,
    ModelUsage,
    Piece,
    TextPiece,
    ToolRequest,
    ToolSpec,
)
from chat_app.chat_models.providers import SIMULATED
from chat_app.chat_models.simulated_values import SchemaValues
from chat_app.chat_models.simulated_words import Prompt, some_text

__all__ = ["SIMULATED", "SimulatedChatModel"]

_PIECES = re.compile(r"\s*\S{1,24}")
_CHARACTERS_PER_TOKEN = 4


class SimulatedChatModel:
    """A chat model without a model; `pace_seconds` waits before each piece, for demonstrations."""

    simulated = True
    price = FREE

    def __init__(self, *, name: str = SIMULATED, pace_seconds: float = 0.0, calls_tools: bool = False) -> None:
        self.name = name
        self._pace = pace_seconds
        self._calls_tools = calls_tools

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """Pieces of a made-up answer, then Finished."""
        rng = Random(_seed(request))
        tool = self._tool_wanted(request, rng)
        if tool is not None:
            await asyncio.sleep(self._pace)
            call = _call(tool, request, rng)
            yield Finished("", (call,), _usage(request, call.arguments))
            return
        text, cut = _answer(request, rng)
        for piece in _pieces(text):
            # Gives way to others at every piece, as a real stream does.
            await asyncio.sleep(self._pace)
            yield TextPiece(piece)
        yield Finished(text, (), _usage(request, text), cut)

    def _tool_wanted(self, request: ChatRequest, rng: Random) -> ToolSpec | None:
        """The tool to call now: always where one is required, else once where the maker allowed it."""
        if not request.tools:
            return None
        if request.tool_choice == "required":
            return rng.choice(request.tools)
        answered = any(message.role == "tool" for message in request.messages)
        return rng.choice(request.tools) if self._calls_tools and not answered else None


def _seed(request: ChatRequest) -> str:
    """A digest of all that makes requests differ, so that equal requests get equal answers."""
    parts = [
        request.purpose,
        json.dumps(request.schema, sort_keys=True, default=str),
        *(
            f"{message.role}\0{message.content}\0{len(message.images)}{''.join(part.name for part in message.files)}"
            for message in request.messages
        ),
        *(tool.name for tool in request.tools),
    ]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _asked(request: ChatRequest) -> str:
    """What the answer is about: the last thing a person said, and what tools returned since."""
    roles = [message.role for message in request.messages]
    start = len(roles) - 1 - roles[::-1].index("user") if "user" in roles else 0
    said = [message for message in request.messages[start:] if message.role != "assistant"]
    return "\n".join(message.content for message in said)


def _answer(request: ChatRequest, rng: Random) -> tuple[str, bool]:
    """The text, and whether it ends at the token limit; JSON is never cut."""
    prompt = Prompt(_asked(request))
    if request.schema is not None:
        return json.dumps(SchemaValues(request.schema, prompt, rng).value(), ensure_ascii=False), False
    text = some_text(prompt, rng)
    if request.max_tokens is None:
        return text, False
    kept = text[: request.max_tokens * _CHARACTERS_PER_TOKEN]
    return kept, len(kept) < len(text)


def _call(tool: ToolSpec, request: ChatRequest, rng: Random) -> ToolRequest:
    arguments = SchemaValues(tool.parameters, Prompt(_asked(request)), rng).value()
    return ToolRequest(f"simulated_{rng.randrange(16**8):08x}", tool.name, json.dumps(arguments, ensure_ascii=False))


def _pieces(text: str) -> list[str]:
    """The text in words and halves of long words; joined, they are the text."""
    found = _PIECES.findall(text)
    rest = text[sum(map(len, found)) :]
    return [*found, rest] if rest else found


def _usage(request: ChatRequest, text: str) -> ModelUsage:
    """A rough count; the cost is known, and it is nothing."""
    asked = sum(len(message.content) for message in request.messages)
    return ModelUsage(-(-asked // _CHARACTERS_PER_TOKEN), -(-len(text) // _CHARACTERS_PER_TOKEN), 0.0)
