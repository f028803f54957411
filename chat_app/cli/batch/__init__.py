"""`workflow-chat batch`: runs a workflow once for each row of a table, and writes a table of the results.

After a kill, the same command goes on: rows that are done stay done, those that were cut off are resumed.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_app.cli.batch.answers import add_answers, answers_in
from chat_app.cli.batch.progress import Progress
from chat_app.cli.batch.results import Results
from chat_app.cli.batch.rows import Table, kept_rows, opened_table
from chat_app.cli.building import built
from chat_app.cli.checking import check_file
from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.findings import print_errors
from chat_app.cli.input_files import kept
from chat_app.cli.texts import note
from chat_app.cli.values import read_inputs
from chat_app.workflow.check import CheckResult

if TYPE_CHECKING:
    from chat_app.app import App
    from chat_app.engine.batch import Batch


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("batch", help="run a workflow for each row of a table", description=__doc__)
    command.add_argument("file", metavar="FILE", help="the workflow file")
    command.add_argument("--data", required=True, metavar="FILE", help="the rows: .csv, .jsonl or .parquet")
    command.add_argument("--out", required=True, metavar="FILE", help="the results: .csv, .jsonl or .parquet")
    command.add_argument(
        "--input", action="append", default=[], metavar="NAME=VALUE", help="an input that is the same for all rows"
    )
    command.add_argument("--inputs", metavar="FILE.json", help="such inputs by name, as a JSON object")
    add_answers(command)
    command.add_argument("--model", metavar="NAME", help="any LiteLLM model, or: simulated")
    command.add_argument("--concurrency", type=int, default=8, metavar="N", help="rows at once (default: 8)")
    command.add_argument("--retry-failed", action="store_true", help="go on with rows that failed or met a limit")
    command.add_argument("--anew", action="store_true", help="run all rows, those done before too")
    command.set_defaults(command=batch)


def batch(arguments: argparse.Namespace) -> Exit:
    """Runs all rows and writes the results; the status says whether every row came to its end."""
    checked = check_file(arguments.file)
    if checked.workflow is None or not checked.valid:
        print_errors(checked, arguments.file)
        return Exit.FAILED
    if arguments.concurrency < 1:
        raise Misuse(f"--concurrency {arguments.concurrency}: give a number from 1")
    constant = read_inputs(arguments, checked.workflow)
    answers = answers_in(arguments.answers, checked.workflow)
    table = opened_table(Path(arguments.data), checked.workflow, constant, answers)
    results = Results(Path(arguments.out), checked.workflow, table.others)
    return asyncio.run(_run(arguments, checked, constant, table, results))


async def _run(
    arguments: argparse.Namespace, checked: CheckResult, constant: dict[str, Any], table: Table, results: Results
) -> Exit:
    with built() as app:
        async with aclosing(app):
            constant = kept(constant, app.files)
            table = replace(table, constant=constant)
            job = await _job(app, arguments, checked, constant, table)
            with results, Progress(len(table)) as progress:
                async with aclosing(job.results(kept_rows(table, app.files))) as done:
                    async for result in done:
                        results.add(result)
                        progress.add(result)
            for line in progress.summary(arguments.out):
                note(line)
            return progress.exit()


async def _job(
    app: App, arguments: argparse.Namespace, checked: CheckResult, constant: dict[str, Any], table: Table
) -> Batch:
    import uuid

    from chat_app.engine.batch import Batch, batch_name

    model = await app.model_for(checked.workflow, arguments.model, checked.used)
    name = uuid.uuid4().hex[:16] if arguments.anew else batch_name(checked, table.digest, model, constant)
    return Batch(app.runs, checked, name, model, arguments.concurrency, arguments.retry_failed)
