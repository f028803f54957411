"""100 sessions, each streamed a designer's answer of 50 tokens a second for 20 s, all at once, over the page itself.

Clients speak the page's own protocol on real sockets; server and clients share this machine, so what each of them
took of the processor is told apart, and at what price a part of an answer comes from the model to the socket.
The promise: every token arrives, 95 of 100 gaps are under 150 ms, the first token comes within 1 s.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from chat_app.designer.conversation import Conversation, Message
from chat_app.events.design import DesignEvent, Said, TurnFinished
from chat_app.ui.answer_route import PATH

ROOT = Path(__file__).parent.parent
SESSIONS = 100
SECONDS = 20.0
PER_SECOND = 50
TOKENS = int(SECONDS * PER_SECOND)
PREDICT = "/gradio_api/run/predict"
"""Where the page asks for events that go without the queue."""
_TOKEN = re.compile(r"\bt(\d+)\b")


class Streaming:
    """A designer that says numbered tokens at an even pace."""

    name = "streaming"

    async def turn(self, conversation: Conversation, message: str) -> AsyncGenerator[DesignEvent, None]:
        conversation.messages.append(Message("user", message))
        began = asyncio.get_running_loop().time()
        for number in range(TOKENS):
            ahead = began + number / PER_SECOND - asyncio.get_running_loop().time()
            if ahead > 0:
                await asyncio.sleep(ahead)
            yield Said(f"t{number} ")
        conversation.messages.append(Message("designer", "done"))
        yield TurnFinished()


def serve(folder: Path) -> None:
    """Serves the page with that designer until the process is ended."""
    from chat_app.ui.page import build_page, launch_options
    from chat_app.ui.sessions import Sessions
    from tests.ui.house import build_house

    services = replace(build_house(folder).services, designer=lambda name, keys: Streaming())
    sessions = Sessions(services)
    page, looks = build_page(sessions), launch_options(sessions)
    _, url, _ = page.launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, **looks)
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    page.block_thread()


@dataclass(frozen=True)
class Events:
    """Which of the page's events is which."""

    enter: int
    look: int
    """Looks which models there are, once the page is there."""
    send: int

    @classmethod
    def of(cls, config: dict[str, Any]) -> Events:
        """Found by what triggers them."""
        ids = {one["props"].get("elem_id"): one["id"] for one in config["components"]}
        events = config["dependencies"]
        enter = next(one["id"] for one in events if any(target[1] == "load" for target in one["targets"]))
        after = [one for one in events if one["trigger_after"] == enter]
        look = next(one["id"] for one in after if ids["models"] in one["outputs"])
        send = next(one["id"] for one in events if [ids["message"], "submit"] in one["targets"])
        return cls(enter, look, send)


@dataclass
class Seen:
    """What one session got."""

    first: float = 0.0
    gaps: list[float] = field(default_factory=list)
    tokens: set[int] = field(default_factory=set)
    messages: int = 0
    """How often something new came."""
    server: float = 0.0
    """Seconds of the processor that the server had worked for all when the first token was here."""


class Connection:
    """A connection to the page's server: clients that cost little leave the machine to what is measured."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def post(self, path: str, body: dict[str, Any]) -> None:
        """Asks, and reads the head of the answer."""
        data = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: page\r\nContent-Type: application/json\r\n"
        self._writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        status = await self._reader.readline()
        assert b" 200 " in status, status
        self._length = 0
        while (line := await self._reader.readline()).strip():
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                self._length = int(value)

    async def whole(self) -> bytes:
        """The body of an answer that tells its length."""
        return await self._reader.readexactly(self._length)

    async def lines(self) -> AsyncGenerator[str, None]:
        """The lines of a stream, until it ends; the lengths of its chunks are lines without data."""
        while line := await self._reader.readline():
            if line.startswith(b"data:"):
                yield line.decode()
                if b'"end": true' in line:
                    return

    def close(self) -> None:
        """Hangs up."""
        self._writer.close()


class Session:
    """One visitor, as the page's own script would be."""

    def __init__(self, client: httpx.AsyncClient, events: Events) -> None:
        self._client = client
        self._events = events
        self._hash = secrets.token_hex(6)
        self._token = ""

    async def enter(self) -> None:
        """Opens the page and gets its token."""
        self._token = (await self._told(self._events.enter, ""))[0]
        await self._told(self._events.look, self._token)

    async def converse(self, worked: Callable[[], float]) -> Seen:
        """Sends a message and reads the answer as it comes, over one connection, as a browser does."""
        seen = Seen()
        url = self._client.base_url
        connection = Connection(*await asyncio.open_connection(url.host, url.port))
        began = last = time.perf_counter()
        await connection.post(PREDICT, self._body(self._events.send, [self._token, "hello"]))
        await connection.whole()
        await connection.post(PATH, {"token": self._token})
        async for line in connection.lines():
            fresh = {int(number) for number in _TOKEN.findall(line)} - seen.tokens
            if not fresh:
                continue
            now = time.perf_counter()
            if seen.tokens:
                seen.gaps.append(now - last)
            else:
                seen.first, seen.server = now - began, worked()
            seen.tokens |= fresh
            seen.messages += 1
            last = now
        connection.close()
        return seen

    def _body(self, event: int, data: list[Any]) -> dict[str, Any]:
        return {"fn_index": event, "data": data, "session_hash": self._hash, "event_data": None, "trigger_id": None}

    async def _told(self, event: int, token: str) -> list[Any]:
        """What an event gives that goes without the queue."""
        answer = await self._client.post(PREDICT, json=self._body(event, [token]))
        told: list[Any] = answer.raise_for_status().json()["data"]
        return told


@dataclass(frozen=True)
class Work:
    """Seconds of the processor, and of the clock, from the first message to the last token."""

    server: float
    clients: float
    lasted: float


async def measured(address: str, pid: int) -> tuple[list[Seen], Work]:
    """All sessions at once."""
    # The server closes connections that were idle for 5 s.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=2.0)
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as client:
        events = Events.of((await client.get("/config")).json())
        sessions = [Session(client, events) for _ in range(SESSIONS)]
        for session in sessions:
            await session.enter()
        server, clients, began = cpu_seconds(pid), time.process_time(), time.perf_counter()
        seen = await asyncio.gather(*(session.converse(lambda: cpu_seconds(pid) - server) for session in sessions))
        lasted = time.perf_counter() - began
        return seen, Work(cpu_seconds(pid) - server, time.process_time() - clients, lasted)


def cpu_seconds(pid: int) -> float:
    """What a process has worked, whoever else was on the machine."""
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Prints what arrived and when."""
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.page_load", "serve", folder]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            seen, work = asyncio.run(measured(process.stdout.readline().strip(), process.pid))
        finally:
            process.terminate()
            process.wait(20)
    gaps = sorted(gap for one in seen for gap in one.gaps)
    firsts = sorted(one.first for one in seen)
    arrived = sum(len(one.tokens) for one in seen)
    p95 = statistics.quantiles(gaps, n=20)[-1]
    sys.stdout.write(f"{SESSIONS} sessions: {arrived:,} of {SESSIONS * TOKENS:,} tokens arrived\n")
    sys.stdout.write(f"gaps: p50 {statistics.median(gaps) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms\n")
    sys.stdout.write(f"first token: p50 {statistics.median(firsts):.2f} s, last {firsts[-1]:.2f} s\n")
    worked = sorted(one.server for one in seen)
    told = f"the server had worked {statistics.median(worked):.2f} s at the median first token, {worked[-1]:.2f} s at"
    sys.stdout.write(f"{told} the last\n")
    messages = sum(one.messages for one in seen)
    for name, worked in (("server", work.server), ("clients", work.clients)):
        sys.stdout.write(
            f"the {name} worked {worked:.1f} of {work.lasted:.1f} s: {worked / work.lasted:.0%} of a core, "
            f"{worked / messages * 1e6:.0f} µs for each of {messages:,} messages\n"
        )
    kept = arrived == SESSIONS * TOKENS and p95 < 0.15 and statistics.median(firsts) < 1.0
    sys.stdout.write(f"promise, all tokens, p95 under 150 ms, first within 1 s: {'kept' if kept else 'BROKEN'}\n")


if __name__ == "__main__":
    main()
