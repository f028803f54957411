"""Where a turn stands, kept after every step, so that another process can go on with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

BUSY_SECONDS = 10.0
"""The longest that one process waits for another that writes."""


class Checkpoints:
    """Opens LangGraph savers: over a file, or in memory where there is none. State is plain data, never pickled."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._memory: Any = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Any]:
        """A saver for one turn."""
        from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

        serde = JsonPlusSerializer(pickle_fallback=False, allowed_msgpack_modules=None)
        if self._path is None:
            from langgraph.checkpoint.memory import InMemorySaver

            self._memory = self._memory or InMemorySaver(serde=serde)
            yield self._memory
            return
        import aiosqlite

        from chat_app.designer.agent.whole_writes import WholeWrites

        self._path.parent.mkdir(parents=True, exist_ok=True)
        async with aiosqlite.connect(self._path, timeout=BUSY_SECONDS) as connection:
            saver = WholeWrites(connection, serde=serde)
            try:
                yield saver
            finally:
                await saver.ended()
