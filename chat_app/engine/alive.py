"""Whether the process that runs a run still lives: a file that it keeps locked, which no kill leaves locked."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no flock: there every other process counts as dead.
    fcntl = None  # type: ignore[assignment]


class Alive:
    """This process's sign of life, and a look at the others'."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = uuid.uuid4().hex
        self._file: int | None = None

    def show(self) -> None:
        """Gives the sign, until this process ends or `hide` is called."""
        if self._file is not None or fcntl is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._folder / self.name, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def hide(self) -> None:
        """Takes the sign back."""
        if self._file is not None:
            (self._folder / self.name).unlink(missing_ok=True)
            os.close(self._file)
            self._file = None

    def lives(self, name: str) -> bool:
        """Whether another process still gives its sign."""
        if name == self.name or fcntl is None:
            return False
        try:
            file = os.open(self._folder / name, os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(file)
        # Nobody holds it: what is left of a killed process is cleared away.
        (self._folder / name).unlink(missing_ok=True)
        return False
