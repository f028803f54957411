"""What a check found, as one value."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from chat_app.workflow.diagnostics import Diagnostic, Severity, has_errors
from chat_app.workflow.document import Workflow
from chat_app.workflow.places import Source


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found. A result without errors holds a workflow that runs."""

    text: str
    source: Source
    diagnostics: tuple[Diagnostic, ...]
    workflow: Workflow | None
    """None when the shape is wrong."""
    used: Mapping[str, CheckResult] = field(default_factory=dict)
    """The files that its `workflow` nodes run, by what `uses` says; those that can't be used are left out."""

    @property
    def faults(self) -> tuple[Diagnostic, ...]:
        """The errors and warnings: all but what is only told."""
        return tuple(found for found in self.diagnostics if found.severity is not Severity.INFO)

    @property
    def valid(self) -> bool:
        """Whether the workflow may run: warnings allow it."""
        return self.workflow is not None and not has_errors(self.diagnostics)


def used_texts(checked: CheckResult) -> dict[str, str]:
    """The texts of all files that it uses, and that those use, by their path in its folder."""
    texts: dict[str, str] = {}
    todo = [("", checked)]
    while todo:
        folder, using = todo.pop()
        for uses, result in using.used.items():
            path = posixpath.normpath(posixpath.join(folder, uses))
            if path not in texts:
                texts[path] = result.text
                todo.append((posixpath.dirname(path), result))
    return texts
