"""A store that goes with the process: for rehearsals, and for tools that are tried."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from chat_app.files.store import FileStore


def passing_store() -> FileStore:
    """The store of this process; its folder is made when a store is first asked for and goes with the process."""
    return FileStore(_folder())


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="workflow-chat-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
