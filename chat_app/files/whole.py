"""Files that are whole or not there at all: written aside, flushed to the disk and renamed.

A reader, or a crash, sees what was there before or all of the new.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def write_whole(path: Path, content: bytes, *, aside: Path | None = None, mode: int = 0o600) -> None:
    """Puts a content in the place of a file; `aside` is the folder where it is written, on the same disk."""
    with draft_in(aside or path.parent) as (file, draft):
        file.write(content)
        finish(file)
        draft.chmod(mode)
        put_in_place(draft, path)


@contextmanager
def draft_in(folder: Path) -> Iterator[tuple[IO[bytes], Path]]:
    """A new file, for its owner alone; removed at the end, unless it was put in its place."""
    handle, name = tempfile.mkstemp(suffix=".tmp", dir=folder)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file, draft
    finally:
        draft.unlink(missing_ok=True)


def finish(file: IO[bytes]) -> None:
    """Brings what was written to the disk, and closes the file."""
    file.flush()
    os.fsync(file.fileno())
    file.close()


def put_in_place(draft: Path, place: Path) -> None:
    """Renames a finished draft, so that its new name outlives a loss of power too."""
    draft.replace(place)
    if sys.platform == "win32":
        return  # a folder cannot be opened there
    handle = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
