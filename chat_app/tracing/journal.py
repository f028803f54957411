"""What is recorded and not yet in the database, in a file: a killed process loses no finished step.

Lines are written by the thread that runs the run, before what follows a step begins; the operating system keeps them
when the process dies. Files of dead processes are taken up by whoever opens the store next.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

from chat_app.events import wire
from chat_app.events.run import ENDINGS, Recorded, RunStarted, StepFailed, StepFinished, StepSkipped
from chat_app.tracing.jobs import Owned, Told

if sys.platform != "win32":
    import fcntl

AT_ONCE = frozenset({RunStarted, StepFinished, StepFailed, StepSkipped, *ENDINGS})
"""What must outlive a kill; the rest goes with it."""
LONGEST_BUFFER = 200
"""Lines that wait for one of those."""
SEGMENT_BYTES = 8_000_000
"""A file that has grown so far is closed, and dropped when the database has all of it."""

log = logging.getLogger(__name__)


class Journal:
    """Files in a folder, one after the other; the present one is locked while this process lives."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._buffer: list[str] = []
        self._file: int | None = None
        self._path: Path | None = None
        self._size = 0
        self._failed = False
        self._due_in: asyncio.AbstractEventLoop | None = None
        """The loop whose present turn ends with a write."""

    def add(self, told: Told) -> Path | None:
        """Keeps an event; returns the file that is full now, if one is."""
        entry = told.entry
        with self._lock:
            self._buffer.append(f"{entry.run_id}\t{entry.offset}\t{entry.at!r}\t{told.text}\n")
            if len(self._buffer) >= LONGEST_BUFFER or (type(entry.event) in AT_ONCE and not self._due()):
                self._write()
            return self._turn() if self._size >= SEGMENT_BYTES else None

    def own(self, owned: Owned) -> None:
        """Keeps whose run it is."""
        with self._lock:
            self._buffer.append(f"{owned.run_id}\t\t\t{json.dumps(owned.owner)}\n")

    def close(self, *, done: bool) -> None:
        """Ends it; where all of it is in the database, its file is dropped."""
        with self._lock:
            if not done:
                self._write()
            self._buffer.clear()
            path = self._turn()
        if done and path is not None:
            path.unlink(missing_ok=True)

    def _due(self) -> bool:
        """Lets a loop write once for all steps that end in one turn of it; False where no loop runs.

        A write lets go of the interpreter, and to get it back from the database's thread costs more than the write.
        Whoever is told of a step, and the step after it, run in a later turn than this write.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        if self._due_in is not loop:
            self._due_in = loop
            loop.call_soon(self._write_due, loop)
        return True

    def _write_due(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            if self._due_in is loop:
                self._due_in = None
            if self._buffer:
                self._write()

    def _write(self) -> None:
        data = "".join(self._buffer).encode("utf-8", "replace")
        self._buffer.clear()
        try:
            if self._file is None:
                self._open()
            assert self._file is not None
            os.write(self._file, data)
            self._size += len(data)
            self._failed = False
        except OSError as error:
            # The database is told all the same; only a kill just now would lose something.
            if not self._failed:
                log.warning("What is recorded is not kept against a kill: %s", error)
            self._failed = True

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._path = self._folder / f"{uuid.uuid4().hex}.events"
        self._file = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        if sys.platform != "win32":
            fcntl.flock(self._file, fcntl.LOCK_EX)
        self._size = 0

    def _turn(self) -> Path | None:
        """Closes the present file; the next line opens another."""
        if self._file is None:
            return None
        os.close(self._file)
        path, self._file, self._path, self._size = self._path, None, None, 0
        return path


def abandoned(folder: Path) -> list[Path]:
    """The files that dead processes left behind."""
    return [path for path in sorted(folder.glob("*.events")) if _nobody_has(path)]


def lines_of(path: Path) -> Iterator[Told | Owned]:
    """What a file holds; a last line that a kill cut short is left out."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if not line.endswith("\n"):
                return
            run_id, place, at, text = line[:-1].split("\t", 3)
            if not place:
                yield Owned(run_id, str(json.loads(text)))
            else:
                event = wire.event_from_json(json.loads(text))
                yield Told(Recorded(run_id, int(place), float(at), event=event), text)


def _nobody_has(path: Path) -> bool:
    if sys.platform == "win32":
        # There, a file that another process has open cannot be renamed.
        try:
            path.rename(path)
        except OSError:
            return False
        return True
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True
