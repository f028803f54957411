"""`workflow-chat dry-run`: walks every branch of a workflow without asking a model."""

from __future__ import annotations

import argparse
import asyncio

from chat_app.cli.checking import check_file
from chat_app.cli.exits import Exit
from chat_app.cli.findings import print_errors
from chat_app.cli.texts import say
from chat_app.translation import translated


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("dry-run", help="walk every branch without a model", description=__doc__)
    command.add_argument("file", metavar="FILE", help="the workflow file, or - for standard input")
    command.set_defaults(command=dry)


def dry(arguments: argparse.Namespace) -> Exit:
    """Prints what was reached; exit status 1 where something failed or was never reached."""
    checked = check_file(arguments.file)
    if not checked.valid:
        print_errors(checked, arguments.file)
        return Exit.FAILED
    from chat_app.engine.dry_run import dry_run

    report = asyncio.run(dry_run(checked))
    for line in report.lines():
        say(translated(line))
    return Exit.DONE if report.complete else Exit.FAILED
