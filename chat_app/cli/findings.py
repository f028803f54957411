"""Printing what was found in a file, in the language of the terminal."""

from __future__ import annotations

from dataclasses import replace

from chat_app.cli.texts import warn
from chat_app.translation import translated
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Diagnostic, Severity
from chat_app.workflow.render import render_diagnostic


def finding(diagnostic: Diagnostic, text: str, name: str) -> str:
    """One finding with its place in the text."""
    help_text = diagnostic.help and translated(diagnostic.help)
    fix = diagnostic.fix and replace(diagnostic.fix, title=translated(diagnostic.fix.title))
    told = replace(diagnostic, message=translated(diagnostic.message), help=help_text, fix=fix)
    return render_diagnostic(told, text, name)


def print_errors(checked: CheckResult, name: str) -> None:
    """The errors of a file, to standard error."""
    for diagnostic in checked.diagnostics:
        if diagnostic.severity is Severity.ERROR:
            warn(finding(diagnostic, checked.text, name) + "\n")
