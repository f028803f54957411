"""A store that goes with the process: for rehearsals, and for tools that are tried."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import uuid
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import IO

from chat_app.files.store import MIB, Bounds, FileStore

KEPT_SECONDS = 3600.0
"""A process may live for months; what it only tried is needed for as long as that takes."""


def passing_store() -> FileStore:
    """The store of this process; its folder is made with the first content and goes with the process."""
    store = _PassingStore(_folder(), Bounds(store=1_000 * MIB))
    store.prune((), older_seconds=KEPT_SECONDS)
    return store


def clear() -> None:
    """Removes the folder, for who ends a process without its farewell."""
    shutil.rmtree(_folder(), ignore_errors=True)


class _PassingStore(FileStore):
    def _incoming(self) -> AbstractContextManager[tuple[IO[bytes], Path]]:
        # Most processes never get here; a folder for each would stay behind all that are killed.
        self._folder.mkdir(mode=0o700, exist_ok=True)
        return super()._incoming()


@cache
def _folder() -> Path:
    atexit.register(clear)
    return Path(tempfile.gettempdir()) / f"workflow-chat-{uuid.uuid4().hex}"
