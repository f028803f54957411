"""Why a file could not be kept or found.

FileError         has a `message` and a `help`
  TooLarge        one file is over its bound
  NoRoom          the run, the store or the disk has no room for it
  NotKept         there is no such file in the store
  NotAFile        a value that should refer to a file does not
"""

from __future__ import annotations


class FileError(Exception):
    """A file could not be kept or found; `help` says what to do. No path is told."""

    def __init__(self, message: str, *, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class TooLarge(FileError):
    pass


class NoRoom(FileError):
    pass


class NotKept(FileError):
    pass


class NotAFile(FileError):
    pass
