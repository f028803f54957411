"""`workflow-chat estimate`: what a run may use, told before it starts."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict

from chat_app.cli.building import built
from chat_app.cli.checking import check_file
from chat_app.cli.exits import Exit
from chat_app.cli.findings import print_errors
from chat_app.cli.texts import say
from chat_app.translation import translated


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("estimate", help="say what a run may use", description=__doc__)
    command.add_argument("file", metavar="FILE", help="the workflow file, or - for standard input")
    command.add_argument("--model", metavar="NAME", help="any LiteLLM model, or: simulated")
    command.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    command.set_defaults(command=estimate)


def estimate(arguments: argparse.Namespace) -> Exit:
    """Prints the least and the most calls, tokens and money; what is not known is said to be unknown."""
    checked = check_file(arguments.file)
    if checked.workflow is None or not checked.valid:
        print_errors(checked, arguments.file)
        return Exit.FAILED
    with built() as app:
        model = asyncio.run(app.model_for(checked.workflow, arguments.model, checked.used))
        found = app.envelope(checked.workflow, model, checked.used)
        app.close()
    if arguments.format == "json":
        say(json.dumps(asdict(found), indent=2))
    else:
        for line in found.lines():
            say(translated(line))
    return Exit.DONE
