"""Printing what keeps a file from running."""

from __future__ import annotations

from chat_app.cli.texts import warn
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Severity
from chat_app.workflow.render import render_diagnostic


def print_errors(checked: CheckResult, name: str) -> None:
    """The errors of a file, to standard error."""
    for diagnostic in checked.diagnostics:
        if diagnostic.severity is Severity.ERROR:
            warn(render_diagnostic(diagnostic, checked.text, name) + "\n")
