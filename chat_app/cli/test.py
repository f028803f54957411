"""`workflow-chat test`: runs the tests that stand in workflow files.

On the simulated model, unless --model names another. What `judged` says of a test's results is judged by the model
that --judge names, and left out without one.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from chat_app.cli.building import built
from chat_app.cli.checking import check_file, surroundings_of
from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.findings import print_errors
from chat_app.cli.junit import FileOutcome, junit_xml
from chat_app.cli.run_output import used_by_judge
from chat_app.cli.texts import note, say, workflow_files
from chat_app.translation import joined, tr, tr_count, translated

if TYPE_CHECKING:
    from chat_app.chat_models.protocol import ChatModel
    from chat_app.engine.judging import Judge
    from chat_app.engine.testing import Missed


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("test", help="run the tests in workflow files", description=__doc__)
    command.add_argument("files", nargs="+", metavar="FILE", help="a workflow file or a folder")
    command.add_argument("--model", metavar="NAME", help="the model that answers (default: simulated)")
    command.add_argument("--judge", metavar="NAME", help="the model that judges what `judged` says")
    command.add_argument("--junit", metavar="FILE.xml", help="also write the outcomes as JUnit XML")
    command.add_argument("--coverage", action="store_true", help="say which nodes and routes no test went through")
    command.set_defaults(command=test)


def test(arguments: argparse.Namespace) -> Exit:
    """Prints one line for each test; exit status 1 where one fails."""
    found = asyncio.run(_all(arguments))
    if arguments.junit:
        try:
            Path(arguments.junit).write_text(junit_xml(found), encoding="utf-8")
        except OSError as error:
            raise Misuse(f"{arguments.junit} cannot be written: {error.strerror or error}") from None
    outcomes = [outcome for file in found for outcome in file.outcomes]
    invalid = sum(not file.checked.valid for file in found)
    passed = sum(outcome.passed for outcome in outcomes)
    failed = len(outcomes) - passed + invalid
    unjudged = sum(outcome.unjudged for outcome in outcomes)
    counts = (
        tr_count("{count} passed", "{count} passed", passed),
        tr_count("{count} failed", "{count} failed", failed),
    )
    say(joined(counts))
    if unjudged:
        say(
            tr_count(
                "{count} statement was not judged; --judge names a model that does.",
                "{count} statements were not judged; --judge names a model that does.",
                unjudged,
            )
        )
    return Exit.FAILED if failed else Exit.DONE


async def _all(arguments: argparse.Namespace) -> list[FileOutcome]:
    files = [FileOutcome(name, check_file(name)) for name in workflow_files(arguments.files)]
    if not (arguments.model or arguments.judge):
        # Without a real model nothing of the app is needed, and a check in CI stays quick.
        return [await _file(file, arguments, None, None) for file in files]
    with built() as app:
        async with aclosing(app):
            from chat_app.engine.judging import Judge

            model, judging = (_model(app.models.get, name) for name in (arguments.model, arguments.judge))
            judge = None if judging is None else Judge(judging)
            done = [await _file(file, arguments, model, judge) for file in files]
            if judge is not None:
                note(used_by_judge(judge))
            return done


async def _file(
    file: FileOutcome, arguments: argparse.Namespace, model: ChatModel | None, judge: Judge | None
) -> FileOutcome:
    if not file.checked.valid or file.checked.workflow is None:
        print_errors(file.checked, file.name)
        return file
    from chat_app.engine.testing import missed, run_tests

    file.outcomes = await run_tests(file.checked, surroundings_of(file.name).folder, model=model, judge=judge)
    for outcome in file.outcomes:
        word = tr("pass") if outcome.passed else tr("FAIL")
        say(f"{word:<{max(len(tr('pass')), len(tr('FAIL')))}}  {file.name}: {tr(outcome.name)}")
        for problem in outcome.problems:
            say(f"      {translated(problem)}")
    if arguments.coverage:
        for line in coverage(missed(file.checked.workflow, file.outcomes)):
            say(f"      {line}")
    return file


def coverage(found: Missed) -> Iterator[str]:
    """What tests go through, and what they do not."""
    nodes = tr("{seen} of {all} nodes", seen=found.all_nodes - len(found.nodes), all=found.all_nodes)
    if found.all_routes:
        routes = tr("{seen} of {all} routes", seen=found.all_routes - len(found.routes), all=found.all_routes)
        yield tr("The tests go through {nodes} and {routes}.", nodes=nodes, routes=routes)
    else:
        yield tr("The tests go through {nodes}.", nodes=nodes)
    left = [*found.nodes]
    left += [tr("route {number} of `{source}`", number=place + 1, source=source) for source, place in found.routes]
    if left:
        yield tr("Not through: {names}.", names=joined(left))


def _model(get: object, name: str | None) -> ChatModel | None:
    from chat_app.chat_models.errors import ChatModelError

    if name is None:
        return None
    try:
        return get(name)  # type: ignore[operator, no-any-return]
    except ChatModelError as problem:
        raise Misuse(f"{translated(problem.message)} {translated(problem.help)}") from None
