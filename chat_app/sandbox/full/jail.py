"""What a jail for CPython is: a command that runs a program kept apart, and what it stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chat_app.sandbox.contract import MIB, CodeLimits

WORK_BYTES = 64 * MIB
"""What the code may keep in its working folder; it is gone afterwards."""
PROCESSES = 32
"""Processes and threads at once."""
LEAST_MEMORY = 256 * MIB
"""CPython alone needs more than the small interpreter."""


@dataclass(frozen=True, slots=True)
class Started:
    """How one run of code is started, and what clears up after it."""

    command: tuple[str, ...]
    clear: Callable[[], None] = lambda: None
    """Called when the process is gone, however it ended; removes what the command left."""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Jail:
    """One way to keep CPython apart."""

    name: str
    about: str
    """What it is, in a line."""
    stops: tuple[str, ...]
    """What it keeps code from."""
    start: Callable[[str, CodeLimits, Path], Started]
    """The command that runs this text of Python, with a folder of its own that is removed afterwards."""


@dataclass(frozen=True, slots=True)
class NoJail:
    """Why there is none, and what to do."""

    why: str
    help: str


def memory(limits: CodeLimits) -> int:
    """The memory that code gets here, in bytes."""
    return max(limits.memory_bytes, LEAST_MEMORY)
