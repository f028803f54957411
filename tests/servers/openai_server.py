"""A scripted model server on a real socket; it speaks the protocols of OpenAI and Ollama.

    from tests.servers.openai_server import OpenAIServer, Says, as_json, calls, Fails

    with OpenAIServer([Says("Good morning."), as_json({"mood": "angry"}), Fails(429)]) as server:
        model = ChatModels({}).get("openai/any-name", server.keys)   # key and base of this server
        ...
    assert server.requests[0].last == "what the user said"

The script is a sequence of replies, taken in the order in which requests come in, or a function
of the request (`lambda request: Says("yes") if "angry" in request.last else Says("no")`), called
on the server's thread. When a sequence has run out, every further request gets `otherwise`
(default: a 400 that says so), and `server.exhausted` counts them.

- `server.url` is the root (Ollama's base), `server.base_url` ends in `/v1` (OpenAI's base),
  `server.keys` are the session keys that lead to it, `server.ollama` the environment that does.
- `server.requests` holds every chat request (`Asked`), whatever was answered; look-ups of
  `/v1/models` and `/api/tags` are in `server.lookups`.
- `Says(..., pause_at=2)` and `Hangs()` wait until `server.release()`; `server.wait_paused()`
  blocks until a request is waiting there, `server.wait_gone()` until a client has hung up on one.
  So a test can look at the middle of a stream without sleeping. Both block: an async test
  awaits `asyncio.to_thread(server.wait_paused)`, or its own loop stands still.
- `key="sk-right"` refuses every other key with 401.

The fixture `openai_server` (in `tests/servers/fixtures.py`) makes one and closes it; `real_models`
there is a source of real models that closes its connections (open ones are warnings, hence errors).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from tests.servers import protocols
from tests.servers.replies import (
    BreaksOff,
    Cuts,
    Drops,
    Empty,
    EndsEarly,
    Fails,
    Garbage,
    Hangs,
    Reply,
    Says,
    ToolCall,
    as_json,
    calls,
)

__all__ = [
    "Asked",
    "BreaksOff",
    "Cuts",
    "Drops",
    "Empty",
    "EndsEarly",
    "Fails",
    "Garbage",
    "Hangs",
    "OpenAIServer",
    "Reply",
    "Says",
    "Script",
    "ToolCall",
    "as_json",
    "calls",
]

PATIENCE = 100.0
"""Seconds after which a wait of a test fails."""


@dataclass(frozen=True)
class Asked:
    """One request as it came over the wire."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: dict[str, Any] = field(default_factory=dict)
    at: float = field(default_factory=time.monotonic)
    """When it came."""

    @property
    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.body.get("messages", [])
        return found

    @property
    def last(self) -> str:
        """The text of the last message."""
        content = self.messages[-1].get("content") if self.messages else ""
        if isinstance(content, list):
            return "".join(part.get("text", "") for part in content)
        return content or ""

    @property
    def text(self) -> str:
        """All messages as one text, for scripts that look for a word anywhere."""
        return json.dumps(self.messages, ensure_ascii=False)

    @property
    def schema(self) -> dict[str, Any] | None:
        """The JSON Schema that the answer must fit, in OpenAI's or Ollama's form."""
        form = self.body.get("response_format") or {}
        schema = form.get("json_schema", {}).get("schema") or self.body.get("format")
        return schema if isinstance(schema, dict) else None

    @property
    def tools(self) -> tuple[str, ...]:
        """The names of the tools offered."""
        return tuple(tool["function"]["name"] for tool in self.body.get("tools") or ())

    @property
    def key(self) -> str:
        """The bearer token."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


Script = Sequence[Reply] | Callable[[Asked], Reply]


class OpenAIServer:
    """Serves a script from a thread of its own; use it as a context manager."""

    def __init__(
        self,
        script: Script = (),
        *,
        otherwise: Reply | None = None,
        key: str | None = None,
        models: Sequence[str] = ("qwen3:8b", "llama3.2:latest"),
        served: int | None = None,
        longest: int | None = None,
    ) -> None:
        """`served` and `longest` are the contexts that it tells of its models as an Ollama."""
        self._script: Callable[[Asked], Reply] | None = script if callable(script) else None
        self._queue: deque[Reply] = deque() if callable(script) else deque(script)
        self._otherwise = otherwise or Fails(400, "the script has no reply left for this request")
        self._key = key
        self.models = tuple(models)
        self.served, self.longest = served, longest
        self.requests: list[Asked] = []
        self.lookups: list[Asked] = []
        self.exhausted = 0
        self.inside = self.most_inside = 0
        """Chat requests that are being answered: now, and at most so far."""
        self._paused = threading.Semaphore(0)
        self._gone = threading.Semaphore(0)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="scripted-models")
        self._loop: asyncio.AbstractEventLoop
        self._gate: asyncio.Event
        self._stop: asyncio.Event
        self.port = 0

    # what a test uses

    def __enter__(self) -> OpenAIServer:
        self._thread.start()
        if not self._ready.wait(PATIENCE):
            raise TimeoutError("the scripted server did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def keys(self) -> dict[str, str]:
        """Session keys that lead `openai/...` models here."""
        return {"OPENAI_API_KEY": self._key or "sk-scripted", "OPENAI_API_BASE": self.base_url}

    @property
    def ollama(self) -> dict[str, str]:
        """The environment in which this is the local Ollama."""
        return {"OLLAMA_HOST": self.url}

    def add(self, *replies: Reply) -> None:
        """Puts replies at the end of the script."""
        self._queue.extend(replies)

    def release(self) -> None:
        """Lets every paused request go on, and later ones pass without waiting."""
        self._loop.call_soon_threadsafe(self._gate.set)

    def hold(self) -> None:
        """Lets requests wait at their pauses again."""
        self._loop.call_soon_threadsafe(self._gate.clear)

    def wait_paused(self) -> None:
        """Blocks until one more request has come to its pause."""
        if not self._paused.acquire(timeout=PATIENCE):
            raise TimeoutError("no request came to a pause")

    def wait_gone(self) -> None:
        """Blocks until one more client has hung up while its request was paused."""
        if not self._gone.acquire(timeout=PATIENCE):
            raise TimeoutError("no client hung up")

    # the server's thread

    async def _serve(self) -> None:
        self._loop, self._gate, self._stop = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        open_connections: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            open_connections.add(task)
            try:
                # The client hung up, or the test is over: nobody is left to tell.
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                    await self._converse(reader, writer)
            finally:
                writer.close()
                with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                    await writer.wait_closed()
                open_connections.discard(task)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(open_connections):
            task.cancel()
        await asyncio.gather(*open_connections, return_exceptions=True)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (asked := await protocols.read_request(reader)) is not None:
            request = Asked(*asked)
            wire = protocols.Wire(writer, request.body, ollama=request.path.startswith("/api/"))
            if not request.path.endswith(("/chat/completions", "/api/chat")):
                self.lookups.append(request)
                await self._look_up(request, wire)
                continue
            self.requests.append(request)
            if self._key is not None and request.key != self._key:
                # A real provider repeats part of the key; ours must never pass that on.
                await wire.fail(Fails(401, f"Incorrect API key provided: {request.key}"))
                continue
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
            try:
                if not await self._play(self._reply_to(request), wire, reader):
                    return
            finally:
                self.inside -= 1

    async def _look_up(self, request: Asked, wire: protocols.Wire) -> None:
        if self._key is not None and request.path.startswith("/v1/") and request.key != self._key:
            await wire.fail(Fails(401, f"Incorrect API key provided: {request.key}"))
        elif request.path == "/api/tags":
            await wire.whole({"models": [_tag(name) for name in self.models]})
        elif request.path == "/v1/models":
            await wire.whole({"object": "list", "data": [{"id": name} for name in self.models]})
        elif request.path == "/api/show":
            told = {"qwen3.context_length": self.longest} if self.longest else {}
            await wire.whole({"model_info": told, "capabilities": ["completion", "tools"], "template": ""})
        elif request.path == "/api/ps":
            loaded = [_tag(name) | {"context_length": self.served} for name in self.models] if self.served else []
            await wire.whole({"models": loaded})
        else:
            await wire.fail(Fails(404, f"nothing at {request.path}"))

    def _reply_to(self, request: Asked) -> Reply:
        if self._script is not None and not self._queue:
            return self._script(request)
        if self._queue:
            return self._queue.popleft()
        self.exhausted += 1
        return self._otherwise

    async def _play(self, reply: Reply, wire: protocols.Wire, reader: asyncio.StreamReader) -> bool:
        """Answers; whether the connection can be used again."""
        match reply:
            case Says():
                await wire.say(reply, lambda: self._pause(reader))
            case Fails():
                await wire.fail(reply)
            case Hangs():
                await self._pause(reader)
                await wire.say(Says(), lambda: self._pause(reader))
            case Drops():
                return False
            case Cuts():
                await wire.cut(reply)
                return False
            case EndsEarly():
                await wire.end_early(reply)
            case BreaksOff():
                await wire.break_off(reply)
            case Garbage():
                await wire.send(reply.body, content_type=reply.content_type)
            case Empty():
                await wire.empty()
        return True

    async def _pause(self, reader: asyncio.StreamReader) -> None:
        """Waits for `release()`; a client that hangs up meanwhile is counted, and ends the connection."""
        self._paused.release()
        gate = asyncio.create_task(self._gate.wait())
        hung_up = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({gate, hung_up}, return_when=asyncio.FIRST_COMPLETED)
            if hung_up.done() and not gate.done():
                self._gone.release()
                raise ConnectionError("the client hung up")
        finally:
            for task in (gate, hung_up):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await task


def _tag(name: str) -> dict[str, Any]:
    """A model as Ollama lists it; those named `bert` are of a family that only embeds."""
    return {"name": name, "model": name, "details": {"family": "bert" if "bert" in name else "llama"}}
