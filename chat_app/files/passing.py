"""A store that goes with the process: for rehearsals, and for tools that are tried."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from chat_app.files.store import MIB, Bounds, FileStore

KEPT_SECONDS = 3600.0
"""A process may live for months; what it only tried is needed for as long as that takes."""


def passing_store() -> FileStore:
    """The store of this process; its folder is made when a store is first asked for and goes with the process."""
    store = FileStore(_folder(), Bounds(store=1_000 * MIB))
    store.prune((), older_seconds=KEPT_SECONDS)
    return store


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="workflow-chat-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
