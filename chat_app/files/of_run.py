"""The files of one run: what it makes counts against its bound, over resumes too."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Protocol

from chat_app.files.errors import NoRoom
from chat_app.files.reference import FileRef
from chat_app.files.sizes import shown_size
from chat_app.files.store import FileStore


class Made(Protocol):
    """Where the bytes are counted that a run has made."""

    file_bytes: int


class NothingMade:
    """A count that begins at nothing."""

    def __init__(self) -> None:
        self.file_bytes = 0


class RunFiles:
    """The store as a run sees it; what blocks is done in a thread."""

    def __init__(self, store: FileStore, made: Made | None = None) -> None:
        self._store = store
        self._made = made or NothingMade()

    async def put(self, content: bytes, name: str) -> FileRef:
        """Keeps what the run made; raises TooLarge or NoRoom."""
        bound = self._store.bounds.run
        if self._made.file_bytes + len(content) > bound:
            raise NoRoom(
                f"The run has made files of {shown_size(self._made.file_bytes)}; "
                f"with {name} they would be over {shown_size(bound)}.",
                help="Make fewer or smaller files, or raise WORKFLOW_CHAT_RUN_FILES_MB.",
            )
        self._made.file_bytes += len(content)
        try:
            return await asyncio.to_thread(self._store.put, content, name)
        except BaseException:
            self._made.file_bytes -= len(content)
            raise

    async def read(self, value: Any) -> bytes:
        """The content that a value of the state refers to; raises NotAFile or NotKept."""
        return await asyncio.to_thread(self._store.read, FileRef.of(value))

    def path(self, value: Any) -> Path:
        """Where it lies, for programs that read files; must not reach events, logs or errors."""
        return self._store.path(FileRef.of(value))

    def holds(self, value: Any) -> bool:
        """Whether the content is there."""
        return self._store.holds(FileRef.of(value))
