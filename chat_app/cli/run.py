"""`workflow-chat run`: runs a workflow."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from chat_app.cli.checking import check_file
from chat_app.cli.exits import Exit
from chat_app.cli.findings import print_errors
from chat_app.cli.following import OUTPUTS, Started, add_following, answers_of, followed
from chat_app.cli.input_files import kept
from chat_app.cli.values import read_inputs

if TYPE_CHECKING:
    from chat_app.app import App


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("run", help="run a workflow", description=__doc__)
    command.add_argument("file", metavar="FILE", help="the workflow file, or - for standard input")
    command.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one input; may be repeated; files as NAME=@FILE",
    )
    command.add_argument("--inputs", metavar="FILE.json", help="inputs by name, as a JSON object")
    command.add_argument("--model", metavar="NAME", help="any LiteLLM model, or: simulated")
    add_following(command)
    command.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> Exit:
    """Checks the file, runs it, prints what happens; the status says how it ended."""
    checked = check_file(arguments.file)
    output = OUTPUTS[arguments.format]()
    if checked.workflow is None or not checked.valid:
        print_errors(checked, arguments.file)
        output.refused(checked)
        return Exit.FAILED
    inputs = read_inputs(arguments, checked.workflow)

    async def start(app: App) -> Started:
        chosen = await app.model_for(checked.workflow, arguments.model, checked.used)
        return await app.runs.start(checked, kept(inputs, app.files), model=chosen), 0

    return asyncio.run(followed(start, answers_of(arguments), output, arguments.out_dir))
