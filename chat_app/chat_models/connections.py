"""Connections to model servers, kept open between calls: one pool for each event loop."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import ClientSession

KEPT_SECONDS = 4.0
"""Many servers close what was idle for five seconds; a request must not meet a connection that just closes."""
MOST = 256
"""Connections of one loop."""


class Connections:
    """Opens a loop's pool with its first call; may be used from several loops at once."""

    def __init__(self) -> None:
        self._sessions: dict[asyncio.AbstractEventLoop, ClientSession] = {}
        self._lock = threading.Lock()

    async def session(self) -> ClientSession:
        """The pool of the running loop."""
        loop = asyncio.get_running_loop()
        found = self._sessions.get(loop)
        if found is None or found.closed:
            # Loading takes a sixth of a second, the first time.
            aiohttp = await asyncio.to_thread(__import__, "aiohttp")
            with self._lock:
                found = self._sessions.get(loop)
                if found is None or found.closed:
                    found = self._sessions[loop] = aiohttp.ClientSession(
                        connector=aiohttp.TCPConnector(limit=MOST, keepalive_timeout=KEPT_SECONDS),
                        timeout=aiohttp.ClientTimeout(total=None),
                        cookie_jar=aiohttp.DummyCookieJar(),
                        auto_decompress=True,
                        trust_env=False,
                        read_bufsize=1 << 18,
                    )
        return found

    async def close(self) -> None:
        """Closes all pools, those of other loops too."""
        with self._lock:
            sessions, self._sessions = self._sessions, {}
        for loop, session in sessions.items():
            if loop is asyncio.get_running_loop():
                await session.close()
            elif loop.is_running():
                closing = asyncio.run_coroutine_threadsafe(session.close(), loop)
                await asyncio.wrap_future(closing)
            else:
                # The loop is gone: nobody can be awaited there, and its sockets go with it.
                session.detach()
