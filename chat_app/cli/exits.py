"""Exit statuses, and the error for a command line that makes no sense."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command says to the shell."""

    DONE = 0
    FAILED = 1
    MISUSE = 2
    WAITING = 3
    INTERRUPTED = 130


class Misuse(Exception):
    """The command line names something that is not there or makes no sense."""
