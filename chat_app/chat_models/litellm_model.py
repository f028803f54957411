"""Chat models through LiteLLM: the one place that knows it, loaded when first needed and off the loop.

Not used of it: its retries (ours obey Retry-After), its silent dropping of parameters, its made-up
token counts, its telemetry and its look-ups on the network.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import AsyncGenerator
from functools import cache
from types import ModuleType
from typing import Any

from chat_app.chat_models.failures import Called
from chat_app.chat_models.protocol import ChatRequest, ModelUsage, Piece, TextPiece
from chat_app.chat_models.streaming import Answer, StreamedChatModel
from chat_app.chat_models.wire_request import Manner, parameters


class LiteLLMChatModel(StreamedChatModel):
    """One model at one address with one key, by way of LiteLLM."""

    def __init__(self, called: Called, *, options: dict[str, Any], **more: Any) -> None:
        super().__init__(called, **more)
        self._options = options
        """Key, address and the like; goes with every call and is kept nowhere else."""

    async def _pieces(self, request: ChatRequest, manner: Manner, deadline: float) -> AsyncGenerator[Piece, None]:
        answer = Answer()
        stream = await self._open(request, manner, deadline)
        try:
            while True:
                wait = self._patience.idle if answer.begun else self._patience.first
                chunk = await self._told(anext(stream, None), wait, deadline, answer)
                if chunk is None:
                    break
                text = _take(answer, chunk)
                if text:
                    yield TextPiece(text)
        finally:
            await stream.aclose()
        # The wrapper makes up a reason where the provider sent none: then the stream was cut.
        answer.ended = bool(stream.received_finish_reason or stream.intermittent_finish_reason)
        yield self._finished(request, answer, self._told_usage(stream))

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

    def _told_usage(self, stream: Any) -> ModelUsage:
        """The counts that the provider itself sent; the library's own estimates are left aside."""
        told = [usage for chunk in stream.chunks or () if (usage := getattr(chunk, "usage", None)) is not None]
        if not told:
            return ModelUsage(None, None, None)
        details = getattr(told[-1], "prompt_tokens_details", None)
        return self._usage(
            _count(told, "prompt_tokens"),
            _count(told, "completion_tokens"),
            getattr(details, "cached_tokens", None) or 0,
            getattr(told[-1], "cost", None),
        )


def _take(answer: Answer, chunk: Any) -> str:
    """Takes in one chunk; returns its text."""
    answer.begun = True
    choices = getattr(chunk, "choices", None)
    if not choices:
        return ""
    answer.reason = choices[0].finish_reason or answer.reason
    delta = choices[0].delta
    for call in getattr(delta, "tool_calls", None) or ():
        answer.take_call(call.index, call.id, call.function.name, call.function.arguments)
    text = getattr(delta, "content", None) or ""
    if text:
        answer.texts.append(text)
    return text


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
