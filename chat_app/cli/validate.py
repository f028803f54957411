"""`workflow-chat validate`: checks workflow files."""

from __future__ import annotations

import argparse
import json

from chat_app.cli.checking import check_file
from chat_app.cli.exits import Exit
from chat_app.cli.texts import say, workflow_files
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Severity
from chat_app.workflow.render import render_diagnostic


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("validate", help="check workflow files", description=__doc__)
    command.add_argument(
        "files", nargs="+", metavar="FILE", help="a workflow file, a folder, or - for standard input"
    )
    command.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    command.set_defaults(command=validate)


def validate(arguments: argparse.Namespace) -> Exit:
    """Prints what is wrong; exit status 1 where a file has an error."""
    results = [(name, check_file(name)) for name in workflow_files(arguments.files)]
    print_json(results) if arguments.format == "json" else print_text(results)
    return Exit.DONE if all(result.valid for _, result in results) else Exit.FAILED


def print_json(results: list[tuple[str, CheckResult]]) -> None:
    """One JSON object with the findings of all files."""
    found = [diagnostic.as_json(name) for name, result in results for diagnostic in result.diagnostics]
    say(json.dumps({"diagnostics": found}, indent=2, ensure_ascii=False))


def print_text(results: list[tuple[str, CheckResult]]) -> None:
    """The findings for a person, then a line that counts them."""
    errors = warnings = 0
    for name, result in results:
        for diagnostic in result.diagnostics:
            say(render_diagnostic(diagnostic, result.text, name) + "\n")
            errors += diagnostic.severity is Severity.ERROR
            warnings += diagnostic.severity is Severity.WARNING
    files = _counted(len(results), "file")
    if errors:
        say(f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')} in {files}.")
    else:
        say(f"{files} checked, no errors" + (f", {_counted(warnings, 'warning')}." if warnings else "."))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
