"""How much may be said to a model: tokens are estimated from characters, on the safe side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_ASCII_PER_TOKEN = 3.6
_CUT = "\n[... cut: {count} characters ...]\n"


@dataclass(frozen=True, slots=True)
class Budget:
    """Bounds of one turn and of one call."""

    tokens_in: int = 7_500
    tokens_out: int = 1_500
    tokens_out_thinking: int = 6_000
    """For a model that spends its answer on thinking: learnt when an answer ends before it begins."""
    calls: int = 8
    calls_in_steps: int = 14
    """Calls of a turn with a model that gets smaller steps."""
    refusals: int = 4
    """Answers of a turn that could not be taken, after which the model is given up."""
    repairs: int = 3
    questions: int = 4
    plans: int = 2
    trials: int = 3
    """How often a workflow is tried on a sample in one turn."""
    seconds: float = 600.0
    """The longest that one call may take: a local model is slow, and a person can stop it."""
    temperature: float = 0.3
    """Low, as edits must be exact; not lowest, as small models then repeat themselves."""


def tokens(text: str) -> int:
    """An estimate that errs upwards for prose, code and other scripts than Latin."""
    plain = len(text.encode("ascii", "ignore"))
    return int(plain / _ASCII_PER_TOKEN + (len(text) - plain)) + 1


def cut(text: str, limit: int) -> str:
    """The text with its middle left out where it has more tokens than `limit`; says how much."""
    size = tokens(text)
    if size <= limit:
        return text
    keep = max(0, int(len(text) * limit / size) - 40)
    head, tail = keep * 3 // 4, keep // 4
    return text[:head] + _CUT.format(count=len(text) - head - tail) + (text[-tail:] if tail else "")


def newest(lines: Iterable[str], limit: int) -> list[str]:
    """As many of the last lines as fit, in order."""
    kept: list[str] = []
    used = 0
    for line in reversed(list(lines)):
        used += tokens(line)
        if used > limit:
            break
        kept.append(line)
    return kept[::-1]


def shorten(text: str, length: int) -> str:
    """One line of at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
