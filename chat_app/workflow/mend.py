"""Applies the safe fixes of a check, one after the other, until none is left that changes anything."""

from __future__ import annotations

from dataclasses import dataclass

from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.diagnostics import Diagnostic, Path, Severity
from chat_app.workflow.edits.fixers import apply_fix
from chat_app.workflow.surroundings import Surroundings

MOST_FIXES = 500
"""A text that needs more is beyond repair by rule; the bound also ends fixes that undo each other."""


@dataclass(frozen=True, slots=True)
class Mended:
    """The text after its fixes, what was found in it then, and what was fixed."""

    text: str
    result: CheckResult
    fixed: tuple[Diagnostic, ...]


def mend(text: str, surroundings: Surroundings | None = None) -> Mended:
    """Fixes the errors that can be fixed safely; comments and layout stay.

    Warnings are left: an input that nothing reads may be waiting for its reader. A fix that leaves its own
    finding is not taken.
    """
    known = surroundings or Surroundings()
    result = check(text, known)
    fixed: list[Diagnostic] = []
    refused: set[tuple[str, Path]] = set()
    while len(fixed) < MOST_FIXES:
        found = _next(result, refused)
        if found is None or found.fix is None:
            break
        changed = apply_fix(text, found.fix)
        after = check(changed, known)
        if changed == text or _still(found, after):
            refused.add((found.code, found.path))
            continue
        text, result = changed, after
        fixed.append(found)
    return Mended(text, result, tuple(fixed))


def _next(result: CheckResult, refused: set[tuple[str, Path]]) -> Diagnostic | None:
    return next(
        (
            found
            for found in result.diagnostics
            if found.fix is not None and found.severity is Severity.ERROR and (found.code, found.path) not in refused
        ),
        None,
    )


def _still(found: Diagnostic, result: CheckResult) -> bool:
    """Whether a finding is still there, or the text can no longer be read."""
    return result.source.data is None or any(
        (other.code, other.path, other.message) == (found.code, found.path, found.message)
        for other in result.diagnostics
    )
