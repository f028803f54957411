"""Diagnostics: what a check found, as values. They are collected and sorted, never raised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chat_app.workflow.typed_edits import Edit

Path = tuple[str | int, ...]
"""A route of keys from the root of a document."""


class Severity(StrEnum):
    """How much a finding weighs: a workflow with an error does not run."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A span of the text; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Fix:
    """A safe change that removes the finding."""

    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `message` is the headline, `help` says what to do."""

    code: str
    severity: Severity
    message: str
    path: Path = ()
    location: Location | None = None
    help: str | None = None
    fix: Fix | None = None

    def as_json(self, file: str | None = None) -> dict[str, Any]:
        """The diagnostic as plain data; lines and columns from 1."""
        place = self.location
        data: dict[str, Any] = {} if file is None else {"file": file}
        return data | {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "path": list(self.path),
            "line": place.line if place else None,
            "column": place.column if place else None,
            "help": self.help,
        }


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them keeps the workflow from running."""
    return any(found.severity is Severity.ERROR for found in diagnostics)
