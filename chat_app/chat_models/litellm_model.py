"""Chat models through LiteLLM: the one place that knows it, loaded when first needed and off the loop.

Not used of it: its retries (ours obey Retry-After), its silent dropping of parameters, its made-up
token counts, its telemetry and its look-ups on the network.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

from chat_app.chat_models.errors import ChatModelError, RequestRefused, ServerFailed
from chat_app.chat_models.failures import (
    Called,
    empty_answer,
    failure,
    garbage,
    took_too_long,
)
from chat_app.chat_models.prices import Price
from chat_app.chat_models.protocol import ChatRequest, Finished, ModelUsage, Piece, TextPiece, ToolRequest
from chat_app.chat_models.wire_request import Manner, parameters, unfenced

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait for the first piece, for each further one, and for the whole answer."""

    first: float = 120.0
    idle: float = 60.0
    total: float = 300.0


@dataclass
class _Answer:
    """What has come of an answer so far."""

    text: str = ""
    calls: list[dict[str, str]] = field(default_factory=list)
    slots: dict[int, int] = field(default_factory=dict)
    reason: str | None = None
    chunks: int = 0

    def take(self, chunk: Any) -> str:
        """Takes in one chunk; returns its text."""
        self.chunks += 1
        choices = getattr(chunk, "choices", None)
        if not choices:
            return ""
        self.reason = choices[0].finish_reason or self.reason
        delta = choices[0].delta
        for call in getattr(delta, "tool_calls", None) or ():
            self._take_call(call)
        text = getattr(delta, "content", None) or ""
        self.text += text
        return text

    def _take_call(self, call: Any) -> None:
        """Joins the pieces of a call by index; a second id at one index is a second call."""
        index = call.index if isinstance(call.index, int) else len(self.calls)
        place = self.slots.get(index)
        if place is None or (call.id and self.calls[place]["id"] not in ("", call.id)):
            place = self.slots[index] = len(self.calls)
            self.calls.append({"id": "", "name": "", "arguments": ""})
        known = self.calls[place]
        known["id"] = known["id"] or call.id or ""
        known["name"] = known["name"] or call.function.name or ""
        known["arguments"] += call.function.arguments or ""

    def tool_requests(self) -> tuple[ToolRequest, ...]:
        return tuple(
            ToolRequest(call["id"] or f"call_{index}", call["name"], call["arguments"] or "{}")
            for index, call in enumerate(self.calls)
            if call["name"]
        )


class LiteLLMChatModel:
    """One model at one address with one key."""

    simulated = False

    def __init__(
        self,
        called: Called,
        *,
        call_name: str,
        options: dict[str, Any],
        price: Price | None,
        listed: Price | None,
        patience: Patience,
        manners: dict[tuple[str, str | None], Manner],
    ) -> None:
        self.name = called.model
        self._called = called
        self._call_name = call_name
        self._options = options
        """Key, address and the like; goes with every call and is kept nowhere else."""
        self._price = price
        self._listed = listed
        """What the model's maker asks, wherever it runs: a guess where the price is unknown."""
        self._patience = patience
        self._manners = manners
        """What each model was found to take; shared by all models of one source."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """Pieces of the answer as they come, then Finished; raises ChatModelError."""
        place = (self._call_name, self._called.base)
        deadline = asyncio.get_running_loop().time() + (request.timeout_seconds or self._patience.total)
        manner = self._manners.get(place, Manner())
        while True:
            try:
                async with aclosing(self._once(request, manner, deadline)) as pieces:
                    async for piece in pieces:
                        # What the model took is remembered; a refusal for other reasons teaches nothing.
                        self._manners[place] = manner
                        yield piece
                return
            except _Refused as refused:
                less = manner.conceding(refused.told, request)
                if less is None:
                    raise refused.told from None
                log.info("%s is asked in a simpler way: %s", self.name, refused)
                manner = less

    async def _once(self, request: ChatRequest, manner: Manner, deadline: float) -> AsyncGenerator[Piece, None]:
        answer = _Answer()
        stream = await self._open(request, manner, deadline)
        try:
            while True:
                chunk = await self._next(stream, answer, deadline)
                if chunk is None:
                    break
                text = answer.take(chunk)
                if text:
                    yield TextPiece(text)
        finally:
            await stream.aclose()
        yield self._finished(request, answer, stream)

    async def _open(self, request: ChatRequest, manner: Manner, deadline: float) -> Any:
        library = await load_library()
        sent = parameters(request, manner) | self._options
        call = library.acompletion(
            model=self._call_name,
            stream=True,
            stream_options={"include_usage": True},
            max_retries=0,
            # Ours are the tighter ones; the library's own must not cut in before them.
            timeout=max(self._patience.total, request.timeout_seconds or 0) + 30,
            **sent,
        )
        return await self._told(call, self._patience.first, deadline, None)

    async def _next(self, stream: Any, answer: _Answer, deadline: float) -> Any:
        """The next chunk; None at the end."""
        wait = self._patience.idle if answer.chunks else self._patience.first
        return await self._told(anext(stream, None), wait, deadline, answer)

    async def _told(self, what: Awaitable[T], wait: float, deadline: float, answer: _Answer | None) -> T:
        """Awaits within the time allowed, and tells every failure as the house does."""
        partial = answer.text if answer is not None and (answer.text or answer.calls) else None
        until = min(asyncio.get_running_loop().time() + wait, deadline)
        try:
            async with asyncio.timeout_at(until):
                return await what
        except TimeoutError as error:
            if partial is None:
                raise took_too_long(self._called, "did not answer in time") from None
            raise failure(error, self._called, partial) from None
        except Exception as error:  # noqa: BLE001 - the library raises what it likes; failure() tells what it was
            told = failure(error, self._called, partial)
            if partial is None and _is_refusal(told):
                raise _Refused(told) from None
            raise told from None

    def _finished(self, request: ChatRequest, answer: _Answer, stream: Any) -> Finished:
        requests = answer.tool_requests()
        # The wrapper makes up a reason where the provider sent none: then the stream was cut.
        ended = stream.received_finish_reason or stream.intermittent_finish_reason
        if not answer.text and not requests:
            if answer.reason == "content_filter":
                raise RequestRefused(
                    f"{self._called.where} held the answer back with its content filter.",
                    help="Reword the prompt, or choose another model.",
                )
            raise empty_answer(self._called) if ended else garbage(self._called)
        if not ended:
            raise failure(EOFError("the stream ended before its end"), self._called, answer.text)
        text = unfenced(answer.text) if request.schema is not None else answer.text
        return Finished(text, requests, self._usage(stream), cut=answer.reason == "length")

    def _usage(self, stream: Any) -> ModelUsage:
        """The counts that the provider itself sent; the library's own estimates are left aside."""
        told = [usage for chunk in stream.chunks or () if (usage := getattr(chunk, "usage", None)) is not None]
        if not told:
            return ModelUsage(None, None, None)
        tokens_in, tokens_out = _count(told, "prompt_tokens"), _count(told, "completion_tokens")
        cost = getattr(told[-1], "cost", None)
        if isinstance(cost, int | float) and not isinstance(cost, bool):
            return ModelUsage(tokens_in, tokens_out, float(cost))
        if tokens_in is None or tokens_out is None:
            return ModelUsage(tokens_in, tokens_out, None)
        if self._price is None:
            likely = None if self._listed is None else self._listed.cost(tokens_in, tokens_out)
            return ModelUsage(tokens_in, tokens_out, None, likely)
        details = getattr(told[-1], "prompt_tokens_details", None)
        cached = getattr(details, "cached_tokens", None) or 0
        return ModelUsage(tokens_in, tokens_out, self._price.cost(tokens_in, tokens_out, cached))


class _Refused(Exception):
    """A refusal before the first piece; asked in a simpler way, the model may answer."""

    def __init__(self, told: ChatModelError) -> None:
        super().__init__(told.message)
        self.told = told


def _is_refusal(told: ChatModelError) -> bool:
    """Refused requests, and the library's own stumbling over an answer that it should have understood."""
    return isinstance(told, RequestRefused) or (isinstance(told, ServerFailed) and told.status is None)


def _count(told: list[Any], name: str) -> int | None:
    found = [count for usage in told if isinstance(count := getattr(usage, name, None), int)]
    return max(found, default=None)


async def load_library() -> ModuleType:
    """LiteLLM, loaded in a thread so that the loop goes on."""
    return await asyncio.to_thread(_library)


@cache
def _library() -> ModuleType:
    """LiteLLM, quiet and offline; the first load takes seconds."""
    # Read while it loads: without these it fetches prices and tokenizers from the network.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    _spare_own_machine()
    import litellm

    litellm.suppress_debug_info = True
    # Its log lines repeat requests; what a person must know is in our errors.
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    module: ModuleType = litellm
    return module


def _spare_own_machine() -> None:
    """Keeps calls to one's own machine off a proxy; a server there is nothing that a proxy could reach."""
    for name in ("NO_PROXY", "no_proxy"):
        spared = [one for one in os.environ.get(name, "").split(",") if one.strip()]
        if "*" not in spared:
            os.environ[name] = ",".join(dict.fromkeys([*spared, "localhost", "127.0.0.1", "::1"]))


async def close_connections() -> None:
    """Closes the connections that LiteLLM keeps open; nothing happens where it was never loaded."""
    if "litellm" not in sys.modules:
        return
    library = _library()
    await library.close_litellm_async_clients()
    library.in_memory_llm_clients_cache.flush_cache()
