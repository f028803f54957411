"""`workflow-chat run`: runs a workflow."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from chat_app.cli.building import built
from chat_app.cli.checking import check_file
from chat_app.cli.exits import Exit
from chat_app.cli.findings import print_errors
from chat_app.cli.people import Answers
from chat_app.cli.run_output import EventLines, JsonResult, Output, TerminalText
from chat_app.cli.texts import warn
from chat_app.cli.values import json_object, read_inputs
from chat_app.events.run import Recorded, RunWaiting
from chat_app.workflow.check import CheckResult

if TYPE_CHECKING:
    from chat_app.engine.manager import RunManager

OUTPUTS: Mapping[str, type[Output]] = {"text": TerminalText, "json": JsonResult, "events": EventLines}


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("run", help="run a workflow", description=__doc__)
    command.add_argument("file", metavar="FILE", help="the workflow file, or - for standard input")
    command.add_argument(
        "--input", action="append", default=[], metavar="NAME=VALUE", help="one input; may be repeated"
    )
    command.add_argument("--inputs", metavar="FILE.json", help="inputs by name, as a JSON object")
    command.add_argument("--answers", metavar="FILE.json", help="what people answer: {node: {field: value}} as JSON")
    command.add_argument("--model", metavar="NAME", help="any LiteLLM model, or: simulated")
    command.add_argument("--format", choices=list(OUTPUTS), default="text", help="how to print (default: text)")
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
    given = json_object(arguments.answers) if arguments.answers else {}
    answers = Answers(given, ask=arguments.format == "text" and sys.stdin.isatty())
    return asyncio.run(_run(checked, inputs, answers, arguments.model, output))


async def _run(
    checked: CheckResult, inputs: dict[str, Any], answers: Answers, model: str | None, output: Output
) -> Exit:
    from chat_app.engine.errors import AnswersRefused, EngineError

    with built() as app:
        async with aclosing(app):
            try:
                chosen = await app.model_for(checked.workflow, model, checked.used)
                run_id = await app.runs.start(checked, inputs, model=chosen)
            except EngineError as problem:
                output.refused_start(problem.message, problem.help)
                return Exit.FAILED
            output.started(run_id)
            try:
                last = await _follow(app.runs, run_id, answers, output)
            except AnswersRefused as problem:
                output.refused_start(problem.message, problem.help)
                return Exit.FAILED
            except asyncio.CancelledError:
                await app.runs.stop(run_id)
                raise
            if answers.unused() and last is not None and isinstance(last.event, RunWaiting):
                warn(f"Nobody asked for the answers to {', '.join(answers.unused())}.")
            return output.ended(last)


async def _follow(runs: RunManager, run_id: str, answers: Answers, output: Output) -> Recorded | None:
    """Prints events until the run is at rest for good; answers its questions where it can."""
    offset = 0
    while True:
        last: Recorded | None = None
        async for entry in runs.subscribe(run_id, offset):
            offset, last = entry.offset + 1, entry
            output.event(entry)
        if last is None or not isinstance(last.event, RunWaiting):
            return last
        found = await answers.to(last.event.questions)
        if found is None:
            return last
        await runs.answer(run_id, found)
