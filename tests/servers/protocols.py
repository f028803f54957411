"""The bytes of the scripted server: requests in, answers out, as OpenAI and as Ollama send them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from tests.servers.replies import BreaksOff, Cuts, EndsEarly, Fails, Says

Pause = Callable[[], Awaitable[None]]


async def read_request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], dict[str, Any]] | None:
    """Path, headers and JSON body of the next request; None when the client is done."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return first.split(" ")[1].partition("?")[0], headers, json.loads(body) if body else {}


class Wire:
    """Writes one answer in the protocol of its request."""

    def __init__(self, writer: asyncio.StreamWriter, body: dict[str, Any], *, ollama: bool) -> None:
        self._writer = writer
        self._body = body
        self._ollama = ollama
        self._streams = bool(body.get("stream", ollama))
        self._model = str(body.get("model", ""))

    async def send(
        self,
        body: bytes,
        *,
        status: int = 200,
        content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        """A whole answer with its length."""
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            f"Content-Type: {content_type}",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        self._writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        await self._writer.drain()

    async def whole(self, data: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """A whole JSON answer."""
        await self.send(json.dumps(data).encode(), status=status, headers=headers)

    async def fail(self, reply: Fails) -> None:
        """An error, in the provider's shape."""
        error: Any = reply.message if self._ollama else {"message": reply.message, "type": reply.type}
        await self.whole({"error": error}, status=reply.status, headers=reply.headers)

    async def empty(self) -> None:
        """A well-formed answer without a single choice."""
        if not self._streams:
            await self.whole(self._openai_head("chat.completion") | {"choices": []})
            return
        await self._open_stream()
        await self._event(self._openai_head("chat.completion.chunk") | {"choices": []})
        await self._close_stream(done=True)

    async def say(self, reply: Says, pause: Pause) -> None:
        """A good answer, streamed where the client asked for a stream."""
        if not self._streams:
            if reply.pause_at is not None:
                await pause()
            await self.whole(self._ollama_whole(reply) if self._ollama else self._openai_whole(reply))
            return
        await self._open_stream()
        parts = reply.parts()
        for index, part in enumerate(parts):
            if reply.pause_at == index:
                await pause()
            await self._text(part)
        if reply.pause_at is not None and reply.pause_at >= len(parts):
            await pause()
        if self._ollama:
            await self._event(self._ollama_whole(reply) | {"message": self._ollama_message("", reply)})
        else:
            await self._openai_tail(reply)
        await self._close_stream(done=True)

    async def cut(self, reply: Cuts) -> None:
        """Some pieces, then a broken connection: the chunked body never ends."""
        await self._open_stream()
        for part in reply.pieces if reply.pieces is not None else Says(reply.text).parts():
            await self._text(part)

    async def end_early(self, reply: EndsEarly) -> None:
        """Some pieces, then the end of the body without a word."""
        await self._open_stream()
        for part in Says(reply.text).parts():
            await self._text(part)
        await self._close_stream(done=False)

    async def break_off(self, reply: BreaksOff) -> None:
        """Some pieces, then an error event inside the stream."""
        await self._open_stream()
        for part in Says(reply.text).parts():
            await self._text(part)
        error = {"message": reply.message, "type": "server_error", "code": 529}
        await self._event({"error": reply.message if self._ollama else error})
        await self._close_stream(done=False)

    # pieces of a stream

    async def _open_stream(self) -> None:
        kind = "application/x-ndjson" if self._ollama else "text/event-stream"
        self._writer.write(
            f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode("latin-1")
        )
        await self._writer.drain()

    async def _chunk(self, data: bytes) -> None:
        self._writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self._writer.drain()

    async def _event(self, data: Any) -> None:
        line = json.dumps(data).encode()
        await self._chunk(line + b"\n" if self._ollama else b"data: " + line + b"\n\n")

    async def _close_stream(self, *, done: bool) -> None:
        if done and not self._ollama:
            await self._chunk(b"data: [DONE]\n\n")
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def _text(self, text: str) -> None:
        if self._ollama:
            message = {"role": "assistant", "content": text}
            await self._event(self._ollama_head() | {"message": message, "done": False})
        else:
            await self._delta({"role": "assistant", "content": text})

    async def _delta(self, delta: dict[str, Any], reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        await self._event(self._openai_head("chat.completion.chunk") | {"choices": [choice]})

    async def _openai_tail(self, reply: Says) -> None:
        for index, call in enumerate(reply.calls):
            # As OpenAI does: the name first, then the arguments in pieces.
            head = {"name": call.name, "arguments": ""}
            start = {"index": index, "id": call.id or f"call_{index}", "type": "function", "function": head}
            await self._delta({"tool_calls": [start]})
            text = call.text()
            for at in range(0, len(text), 7):
                await self._delta({"tool_calls": [{"index": index, "function": {"arguments": text[at : at + 7]}}]})
        await self._delta({}, reply.reason())
        if reply.usage and (self._body.get("stream_options") or {}).get("include_usage"):
            head = self._openai_head("chat.completion.chunk")
            await self._event(head | {"choices": [], "usage": self._usage(reply)})

    # shapes

    def _usage(self, reply: Says) -> dict[str, float]:
        return {
            **({} if reply.cost is None else {"cost": reply.cost}),
            "prompt_tokens": reply.tokens_in,
            "completion_tokens": reply.tokens_out,
            "total_tokens": reply.tokens_in + reply.tokens_out,
        }

    def _openai_head(self, kind: str) -> dict[str, Any]:
        return {"id": "chatcmpl-scripted", "object": kind, "created": 1_700_000_000, "model": self._model}

    def _openai_whole(self, reply: Says) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None}
        if reply.calls:
            message["tool_calls"] = [
                {
                    "id": call.id or f"call_{index}",
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.text()},
                }
                for index, call in enumerate(reply.calls)
            ]
        choice = {"index": 0, "message": message, "finish_reason": reply.reason()}
        usage = {"usage": self._usage(reply)} if reply.usage else {}
        return self._openai_head("chat.completion") | {"choices": [choice]} | usage

    def _ollama_head(self) -> dict[str, Any]:
        return {"model": self._model, "created_at": "2025-01-01T00:00:00Z"}

    def _ollama_message(self, text: str, reply: Says) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if reply.calls:
            message["tool_calls"] = [
                {"function": {"name": call.name, "arguments": call.arguments}} for call in reply.calls
            ]
        return message

    def _ollama_whole(self, reply: Says) -> dict[str, Any]:
        counts = {"prompt_eval_count": reply.tokens_in, "eval_count": reply.tokens_out} if reply.usage else {}
        end = {"done": True, "done_reason": "length" if reply.finish == "length" else "stop"}
        return self._ollama_head() | {"message": self._ollama_message(reply.text, reply)} | end | counts
