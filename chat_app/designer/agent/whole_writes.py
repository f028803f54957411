"""A saver whose writes are never cut in the middle, though the turn that they belong to is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver


class WholeWrites(AsyncSqliteSaver):  # type: ignore[misc]  # it comes without types
    """Ends each write that was begun: one cut before its commit keeps the file locked for every other turn."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._writing: set[asyncio.Task[Any]] = set()

    async def setup(self) -> None:
        await self._whole(super().setup())

    async def aput(self, *args: Any, **options: Any) -> Any:
        return await self._whole(super().aput(*args, **options))

    async def aput_writes(self, *args: Any, **options: Any) -> None:
        await self._whole(super().aput_writes(*args, **options))

    async def adelete_thread(self, thread_id: str) -> None:
        await self._whole(super().adelete_thread(thread_id))

    async def ended(self) -> None:
        """Returns once nothing is being written."""
        if self._writing:
            await asyncio.wait(set(self._writing))

    async def _whole(self, write: Coroutine[Any, Any, Any]) -> Any:
        task = asyncio.create_task(write)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)
