"""`workflow-chat validate`: checks workflow files."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from chat_app.cli.checking import check_file, surroundings_of
from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.findings import finding
from chat_app.cli.texts import note, program_version, say, workflow_files, write_text
from chat_app.translation import joined, tr, tr_count, translated
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Severity


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("validate", help="check workflow files", description=__doc__)
    command.add_argument(
        "files", nargs="+", metavar="FILE", help="a workflow file, a folder, or - for standard input"
    )
    command.add_argument("--format", choices=list(_PRINT), default="text", help="how to print (default: text)")
    command.add_argument("--fix", action="store_true", help="make the safe fixes in the files, then check again")
    command.set_defaults(command=validate)


def validate(arguments: argparse.Namespace) -> Exit:
    """Prints what is wrong; exit status 1 where a file has an error."""
    names = workflow_files(arguments.files)
    if arguments.fix:
        fix_files(names)
    results = [(name, check_file(name)) for name in names]
    _PRINT[arguments.format](results)
    return Exit.DONE if all(result.valid for _, result in results) else Exit.FAILED


def fix_files(names: list[str]) -> None:
    """Writes the fixed texts back, and tells each fix on standard error; raises Misuse for standard input."""
    from chat_app.workflow.mend import mend

    for name in names:
        if name == "-":
            raise Misuse("--fix writes into files; it cannot fix standard input")
        checked = check_file(name)
        if checked.valid or checked.source.data is None:
            continue
        mended = mend(checked.text, surroundings_of(name))
        for found in mended.fixed:
            line = found.location.line if found.location else 1
            what = [translated(found.message), *([translated(found.fix.title)] if found.fix else [])]
            note(tr("fixed {place}: {what}", place=f"{name}:{line}", what=joined(what, " ")))
        if mended.fixed:
            write_text(Path(name), mended.text)


def print_json(results: list[tuple[str, CheckResult]]) -> None:
    """One JSON object with the findings of all files."""
    found = [diagnostic.as_json(name) for name, result in results for diagnostic in result.diagnostics]
    say(json.dumps({"diagnostics": found}, indent=2, ensure_ascii=False))


def print_sarif(results: list[tuple[str, CheckResult]]) -> None:
    """One SARIF log, as code-scanning services take it; files of this folder by their names in it."""
    from chat_app.workflow.sarif import sarif

    log = sarif({_from_here(name): result.diagnostics for name, result in results}, program_version())
    say(json.dumps(log, indent=2, ensure_ascii=False))


def _from_here(name: str) -> str:
    if name == "-":
        return "stdin"
    path, here = Path(name).absolute(), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def print_text(results: list[tuple[str, CheckResult]]) -> None:
    """The findings for a person, then a line that counts them."""
    errors = warnings = 0
    for name, result in results:
        for diagnostic in result.diagnostics:
            say(finding(diagnostic, result.text, name) + "\n")
            errors += diagnostic.severity is Severity.ERROR
            warnings += diagnostic.severity is Severity.WARNING
    files = tr_count("{count} file", "{count} files", len(results))
    found = tr_count("{count} warning", "{count} warnings", warnings)
    if errors:
        found = joined((tr_count("{count} error", "{count} errors", errors), found))
        say(tr("{found} in {files}.", found=found, files=files))
    elif warnings:
        say(tr("{files} checked, no errors, {found}.", files=files, found=found))
    else:
        say(tr("{files} checked, no errors.", files=files))


_PRINT: dict[str, Callable[[list[tuple[str, CheckResult]]], None]] = {
    "text": print_text,
    "json": print_json,
    "sarif": print_sarif,
}
