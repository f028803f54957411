"""Chat models that speak OpenAI's protocol, called directly: an answer in a tenth of the time that LiteLLM takes.

Serves OpenAI itself and the servers in `SPOKEN_BY`; every other provider goes by LiteLLM.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import urllib.request
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chat_app.chat_models.connections import Connections
from chat_app.chat_models.errors import ChatModelError, RequestRefused, StreamCut
from chat_app.chat_models.failures import (
    Called,
    failure,
    garbage,
    not_reachable,
    refused_by_status,
    said_by,
    took_too_long,
)
from chat_app.chat_models.protocol import ChatRequest, ModelUsage, Piece, TextPiece
from chat_app.chat_models.streaming import Answer, StreamedChatModel
from chat_app.chat_models.wire_request import Manner, parameters

if TYPE_CHECKING:
    from aiohttp import ClientResponse

SPOKEN_BY = frozenset({"openai", "hosted_vllm", "lm_studio", "llamafile"})
"""The providers, by their prefixes, with whom this client was proven."""
OPENAI = "https://api.openai.com/v1"

LONGEST_ERROR = 100_000
"""Bytes read of an error's body."""
LONGEST_LINE = 10_000_000
"""Bytes of one event; a server that sends more sends no answer."""

_REASONS = re.compile(r"^(o\d|gpt-5)")
"""Models that take no temperature."""


def first_manner(model: str, base: str | None) -> Manner:
    """How a model is asked at first."""
    return Manner(temperature=not _REASONS.match(model), completion_tokens=base is None)


class OpenAIChatModel(StreamedChatModel):
    """One model at one address with one key."""

    def __init__(self, called: Called, *, key: str | None, connections: Connections, **more: Any) -> None:
        super().__init__(called, manner=first_manner(more["call_name"], called.base), **more)
        self._url = f"{(called.base or OPENAI).rstrip('/')}/chat/completions"
        self._headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._connections = connections
        self._proxy = _proxy_to(self._url)

    async def _pieces(self, request: ChatRequest, manner: Manner, deadline: float) -> AsyncGenerator[Piece, None]:
        answer = Answer()
        usage = ModelUsage(None, None, None)
        sent = {"model": self._call_name, **parameters(request, manner), "stream": True}
        sent["stream_options"] = {"include_usage": True}
        async with self._opened(json.dumps(sent).encode(), deadline) as response:
            async for event in self._events(response, answer, deadline):
                if event.get("usage"):
                    usage = self._counted(event["usage"])
                text = self._take(answer, event)
                if text:
                    yield TextPiece(text)
        yield self._finished(request, answer, usage)

    @asynccontextmanager
    async def _opened(self, body: bytes, deadline: float) -> AsyncIterator[ClientResponse]:
        """The response of a request that was not refused; hung up in the end, unless it was read to its end."""
        session = await self._connections.session()
        call = session.post(self._url, data=body, headers=self._headers, proxy=self._proxy, allow_redirects=False)
        response = await self._waited(call, self._patience.first, deadline, None)
        try:
            if response.status != 200:
                text = await self._waited(response.content.read(LONGEST_ERROR), self._patience.idle, deadline, None)
                told = refused_by_status(
                    self._called, response.status, text.decode("utf-8", "replace"), response.headers
                )
                raise self._as_refusal(told, None)
            yield response
        finally:
            response.close() if not response.content.at_eof() else response.release()

    async def _events(
        self, response: ClientResponse, answer: Answer, deadline: float
    ) -> AsyncIterator[dict[str, Any]]:
        """The server's events as they come; a server that does not stream sends one answer as a whole."""
        rest = b""
        streams = "json" not in response.headers.get("content-type", "")
        while True:
            wait = self._patience.idle if answer.begun else self._patience.first
            data = await self._waited(response.content.readany(), wait, deadline, answer)
            if not data:
                break
            answer.begun = True
            *lines, rest = (rest + data).split(b"\n") if streams else (rest + data,)
            if len(rest) > LONGEST_LINE:
                raise garbage(self._called)
            for line in lines:
                if line.startswith(b"data:"):
                    event = line[5:].strip()
                    if event == b"[DONE]":
                        answer.ended = True
                    elif event:
                        yield self._read(event, answer)
        if not streams or (rest.startswith(b"data:") and rest[5:].strip() != b"[DONE]"):
            yield self._read(rest if not streams else rest[5:], answer)

    def _read(self, data: bytes, answer: Answer) -> dict[str, Any]:
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            event = None
        if isinstance(event, dict) and not event.get("error"):
            return event
        partial = answer.partial
        if not isinstance(event, dict):
            raise (
                garbage(self._called) if partial is None else self._cut("it sent something that is no JSON", partial)
            )
        error = event["error"]
        told = data.decode("utf-8", "replace")
        if partial is not None:
            raise self._cut(said_by(told, self._called), partial)
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 500
        raise self._as_refusal(refused_by_status(self._called, status, told, {}), None)

    def _take(self, answer: Answer, event: Mapping[str, Any]) -> str:
        """Takes in one event; returns its text."""
        choices = event.get("choices")
        if not choices:
            return ""
        try:
            choice = choices[0]
            if reason := choice.get("finish_reason"):
                answer.reason, answer.ended = reason, True
            delta = choice.get("delta") or choice.get("message") or {}
            text = delta.get("content") or ""
            if calls := delta.get("tool_calls"):
                for call in calls:
                    function = call.get("function") or {}
                    answer.take_call(
                        call.get("index"), call.get("id"), function.get("name"), function.get("arguments")
                    )
            if not text and (refusal := delta.get("refusal")):
                text = str(refusal)
            if text:
                answer.texts.append(text)
        except (AttributeError, TypeError, KeyError, IndexError):
            raise garbage(self._called) from None
        return str(text)

    def _counted(self, told: Any) -> ModelUsage:
        if not isinstance(told, dict):
            return ModelUsage(None, None, None)
        details = told.get("prompt_tokens_details")
        cached = details.get("cached_tokens") if isinstance(details, dict) else 0
        return self._usage(
            _whole(told.get("prompt_tokens")),
            _whole(told.get("completion_tokens")),
            _whole(cached) or 0,
            told.get("cost"),
        )

    async def _waited(self, what: Any, wait: float, deadline: float, answer: Answer | None) -> Any:
        """Awaits within the time allowed, and tells what happened on the socket."""
        import aiohttp

        until = min(asyncio.get_running_loop().time() + wait, deadline)
        try:
            async with asyncio.timeout_at(until):
                return await what
        except TimeoutError:
            partial = None if answer is None else answer.partial
            if partial is None:
                raise took_too_long(self._called, "did not answer in time") from None
            raise self._cut("it fell silent", partial) from None
        except aiohttp.InvalidURL:
            raise RequestRefused(
                f"The address of {self._called.where} is none.", help="Write it as http://host:port/v1."
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            partial = None if answer is None else answer.partial
            if partial is None:
                raise not_reachable(self._called) from None
            raise self._cut(str(error), partial) from None

    def _cut(self, why: str, partial: str) -> ChatModelError:
        told = failure(EOFError(why), self._called, partial)
        assert isinstance(told, StreamCut)
        return told


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _proxy_to(url: str) -> str | None:
    """The proxy that the environment names for an address; none for one's own machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_own(host) or urllib.request.proxy_bypass(host):
        return None
    found = urllib.request.getproxies()
    proxy = found.get(parts.scheme) or found.get("all")
    return proxy if proxy and proxy.startswith(("http://", "https://")) else None


def _is_own(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
