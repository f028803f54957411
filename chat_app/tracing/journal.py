"""What is recorded and not yet in the database, in a file: a killed process loses no finished step.

The operating system keeps what is written here when the process dies. Files of dead processes are taken up by whoever
opens the store next.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from chat_app.events import wire
from chat_app.events.run import Recorded
from chat_app.tracing import lines
from chat_app.tracing.jobs import Owned, Told

if sys.platform != "win32":
    import fcntl

SEGMENT_BYTES = 8_000_000
"""A file that has grown so far is closed, and dropped when the database has all of it."""

_RUN = b">"
"""Before a run's id, in files of versions before 0005."""
_HEADS = b"".join(lines.heads_of(wire.RUN_EVENTS.values()))
"""The fields of all events, at the beginning of each file."""

log = logging.getLogger(__name__)


class Journal:
    """Files in a folder, one after the other; the present one is locked while this process lives.

    One thread at a time uses it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: int | None = None
        self._path: Path | None = None
        self._size = 0
        self._failed = False
        self._name = uuid.uuid4().hex
        self._count = 0
        """Of files begun: their names tell their order, as what is taken up out of order is lost."""
        self.lost = 0
        """How many writes failed."""

    def write(self, told: Told, owned: Sequence[Owned]) -> Path | None:
        """Keeps what was recorded; returns the file that is full now, if one is."""
        self._append(b"".join([*map(_owner_line, owned), told.lines]) if owned else told.lines)
        return self._turn() if self._size >= SEGMENT_BYTES else None

    def wrote(self, path: Path) -> bool:
        """Whether a file is its own."""
        return path.name.startswith(self._name)

    def close(self, *, done: bool) -> None:
        """Ends it; where all of it is in the database, its file is dropped."""
        path = self._turn()
        if done and path is not None:
            path.unlink(missing_ok=True)

    def _append(self, data: bytes) -> None:
        try:
            if self._file is None:
                self._open()
            assert self._file is not None
            if not self._size:
                data = _HEADS + data
            if os.write(self._file, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._size += len(data)
            self._failed = False
        except OSError as error:
            # The database is told all the same; only a kill just now would lose something.
            if not self._failed:
                log.warning("What is recorded is not kept against a kill: %s", error)
            self._failed = True
            self.lost += 1
            self._take_back()

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._count += 1
        self._path = self._folder / f"{self._name}-{self._count:08}.events"
        self._file = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        if sys.platform != "win32":
            fcntl.flock(self._file, fcntl.LOCK_EX)
        self._size = 0

    def _take_back(self) -> None:
        """Half of what was to be written would make a file that cannot be read."""
        if self._file is None:
            return
        try:
            os.ftruncate(self._file, self._size)
        except OSError as error:
            log.warning("What is kept against a kill ends in half a line: %s", error)

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


def left_in(path: Path) -> Iterator[Told | Owned]:
    """What a file holds; a last line that a kill cut short is left out.

    Raises ValueError or KeyError at a line that is damaged, when all before it has been given.
    """
    kept = lines.Lines()
    entries: list[Recorded] = []
    damage: Exception | None = None
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            try:
                if line.startswith(_RUN):
                    kept.of_run(line[1:-1].decode())
                    continue
                one = kept.read(line) if line.startswith((b"[", b"{", b'"')) else _older(line)
            except (ValueError, KeyError) as error:
                damage = error
                break
            if isinstance(one, Owned):
                yield one
            elif one is not None:
                entries.append(one)
    if entries:
        yield lines.told(entries)
    if damage is not None:
        raise damage


def _owner_line(owned: Owned) -> bytes:
    return f"{owned.run_id}\t\t\t{json.dumps(owned.owner)}\n".encode()


def _older(line: bytes) -> Recorded | Owned:
    """Whose run it is, or an event as versions before 0004 wrote it."""
    run_id, place, at, text = line.decode("utf-8", "replace")[:-1].split("\t", 3)
    if not place:
        return Owned(run_id, str(json.loads(text)))
    return Recorded(int(place), float(at), wire.event_from_json(json.loads(text)), run_id)


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
