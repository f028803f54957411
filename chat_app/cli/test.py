"""`workflow-chat test`: runs the tests that stand in workflow files."""

from __future__ import annotations

import argparse
import asyncio

from chat_app.cli.checking import check_file, surroundings_of
from chat_app.cli.exits import Exit
from chat_app.cli.findings import print_errors
from chat_app.cli.texts import say, workflow_files


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("test", help="run the tests in workflow files", description=__doc__)
    command.add_argument("files", nargs="+", metavar="FILE", help="a workflow file or a folder")
    command.set_defaults(command=test)


def test(arguments: argparse.Namespace) -> Exit:
    """Prints one line for each test; exit status 1 where one fails."""
    failed = passed = 0
    for name in workflow_files(arguments.files):
        checked = check_file(name)
        if not checked.valid:
            print_errors(checked, name)
            failed += 1
            continue
        from chat_app.engine.testing import run_tests

        for outcome in asyncio.run(run_tests(checked, surroundings_of(name).folder)):
            say(f"{'pass' if outcome.passed else 'FAIL'}  {name}: {outcome.name}")
            for problem in outcome.problems:
                say(f"      {problem}")
            passed += outcome.passed
            failed += not outcome.passed
    say(f"{passed} passed, {failed} failed")
    return Exit.FAILED if failed else Exit.DONE
