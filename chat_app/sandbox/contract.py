"""What every sandbox promises: code and state in, the written fields and what was printed out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """What one run of code may use."""

    seconds: float = 10.0
    """Of running; waiting in `sleep` is counted apart."""
    sleep_seconds: float = 5.0
    memory_bytes: int = 128 * MIB
    printed_characters: int = 20_000
    """What is printed beyond this is left out."""
    result_characters: int = 5 * MIB
    """The most that one written field may hold, as JSON."""


DEFAULT_CODE_LIMITS = CodeLimits()


@dataclass(frozen=True, slots=True)
class CodeResult:
    """What code came to: plain values that JSON can hold, and the lines it printed."""

    values: dict[str, Any]
    printed: tuple[str, ...] = ()
