"""Follows a run on the command line: prints its events, answers its questions where it can."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from chat_app.cli.building import built
from chat_app.cli.exits import Exit
from chat_app.cli.people import Answers
from chat_app.cli.run_output import EventLines, JsonResult, Output, TerminalText
from chat_app.cli.texts import note
from chat_app.cli.values import json_object
from chat_app.events.run import Recorded, RunFinished, RunWaiting
from chat_app.translation import joined, tr

if TYPE_CHECKING:
    from chat_app.app import App
    from chat_app.engine.manager import RunManager

OUTPUTS: Mapping[str, type[Output]] = {"text": TerminalText, "json": JsonResult, "events": EventLines}


def add_following(command: argparse.ArgumentParser) -> None:
    """Adds the words that every command that runs something has."""
    command.add_argument("--answers", metavar="FILE.json", help="what people answer: {node: {field: value}} as JSON")
    command.add_argument("--out-dir", metavar="DIR", type=Path, help="where to save the files among the outputs")
    command.add_argument("--format", choices=list(OUTPUTS), default="text", help="how to print (default: text)")


def answers_of(arguments: argparse.Namespace) -> Answers:
    """The answers that the command line gives, or a person at the terminal."""
    given = json_object(arguments.answers) if arguments.answers else {}
    return Answers(given, ask=arguments.format == "text" and sys.stdin.isatty())


Started = tuple[str, int]
"""A run's id, and the offset from which its events are new."""


async def followed(
    start: Callable[[App], Awaitable[Started]], answers: Answers, output: Output, out_dir: Path | None = None
) -> Exit:
    """Sets a run going and follows it until it is at rest for good; Ctrl-C stops it."""
    from chat_app.engine.errors import AnswersRefused, EngineError

    with built() as app:
        async with aclosing(app):
            try:
                run_id, offset = await start(app)
            except EngineError as problem:
                output.refused_start(problem.message, problem.help)
                return Exit.FAILED
            output.started(run_id)
            try:
                last = await _follow(app.runs, run_id, offset, answers, output)
            except AnswersRefused as problem:
                output.refused_start(problem.message, problem.help)
                return Exit.FAILED
            except asyncio.CancelledError:
                await app.runs.stop(run_id)
                raise
            if answers.unused() and last is not None and isinstance(last.event, RunWaiting):
                note(tr("Nobody asked for the answers to {names}.", names=joined(answers.unused())))
            if out_dir is not None and last is not None and isinstance(last.event, RunFinished):
                from chat_app.cli.output_files import save_files

                output.saved(save_files(last.event.outputs, app.files, out_dir))
            return output.ended(last)


async def _follow(runs: RunManager, run_id: str, offset: int, answers: Answers, output: Output) -> Recorded | None:
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
