"""`workflow-chat eval`: runs a workflow over a data set with several models and compares quality, cost and time.

What is good is said by columns that are named like outputs (what these shall be), by --expect and by --judged; the
`tests:` of the workflow play no part. The first model named is the reference: it stands in all other nodes while one
node is looked at. Real models are really asked, so it costs what the runs cost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_app.cli.batch.answers import add_answers, answers_in, has_answers
from chat_app.cli.batch.rows import Table, opened_table
from chat_app.cli.building import built
from chat_app.cli.checking import check_file, surroundings_of
from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.findings import print_errors
from chat_app.cli.input_files import kept
from chat_app.cli.run_output import used_by_judge
from chat_app.cli.texts import note, price, say, warn
from chat_app.cli.values import read_inputs
from chat_app.translation import tr, translated
from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.document import Workflow
from chat_app.workflow.expressions import compile_condition
from chat_app.workflow.values import ValueProblem, parse_text

if TYPE_CHECKING:
    from chat_app.app import App
    from chat_app.engine.evaluation import Case, Measure, Trial


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("eval", help="compare models on a data set", description=__doc__)
    command.add_argument("file", metavar="FILE", help="the workflow file")
    command.add_argument("--data", required=True, metavar="FILE", help="the cases: .csv, .jsonl or .parquet")
    command.add_argument("--models", required=True, metavar="A,B,C", help="the models; the first is the reference")
    command.add_argument(
        "--input", action="append", default=[], metavar="NAME=VALUE", help="an input that is the same for all cases"
    )
    command.add_argument("--inputs", metavar="FILE.json", help="such inputs by name, as a JSON object")
    add_answers(command)
    command.add_argument("--expect", action="append", default=[], metavar="CEL", help="what must hold in every case")
    command.add_argument("--judged", action="append", default=[], metavar="TEXT", help="what a judge shall find true")
    command.add_argument("--judge", metavar="NAME", help="the model that judges")
    command.add_argument(
        "--pass",
        dest="wanted",
        type=float,
        default=0.9,
        metavar="SHARE",
        help="the share of cases that a model must pass to be good enough (default: 0.9)",
    )
    command.add_argument("--limit", type=int, metavar="N", help="only the first N cases")
    command.add_argument("--concurrency", type=int, default=4, metavar="N", help="cases at once (default: 4)")
    command.add_argument("--no-mlflow", action="store_true", help="do not write the comparison into MLflow")
    command.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    command.set_defaults(command=evaluate)


def evaluate(arguments: argparse.Namespace) -> Exit:
    """Prints the comparison; exit status 1 where no model passes."""
    checked = check_file(arguments.file)
    if checked.workflow is None or not checked.valid:
        print_errors(checked, arguments.file)
        return Exit.FAILED
    models = list(dict.fromkeys(filter(None, (name.strip() for name in arguments.models.split(",")))))
    if not models:
        raise Misuse("--models: name at least one model")
    if not 0 < arguments.wanted <= 1:
        raise Misuse(f"--pass {arguments.wanted:g}: give a share above 0, at most 1")
    if arguments.concurrency < 1:
        raise Misuse(f"--concurrency {arguments.concurrency}: give a number from 1")
    if arguments.judged and not arguments.judge:
        raise Misuse("--judged needs a judge: name a model with --judge")
    constant = read_inputs(arguments, checked.workflow)
    answers = answers_in(arguments.answers, checked.workflow)
    table = opened_table(Path(arguments.data), checked.workflow, constant, answers, checked.workflow.outputs)
    cases = cases_of(table, checked.workflow)
    cases = cases[: arguments.limit]
    if not cases:
        raise Misuse(f"{arguments.data} holds no case")
    return asyncio.run(_run(arguments, checked, models, cases))


def cases_of(table: Table, workflow: Workflow) -> list[Case]:
    """The rows as cases; columns named like outputs say what these shall be. Raises Misuse."""
    from chat_app.engine.evaluation import Case

    fields = {**workflow.inputs, **workflow.state}
    outputs = {name: fields[name] for name in workflow.outputs if name not in workflow.inputs}
    found = []
    for row in table:
        if row.problem:
            raise Misuse(f"{table.path}, row {row.number}: {row.problem}")
        expected: dict[str, Any] = {}
        for name, value in row.others.items():
            if name in outputs and value not in (None, ""):
                try:
                    expected[name] = parse_text(value.strip(), outputs[name]) if isinstance(value, str) else value
                except ValueProblem as problem:
                    raise Misuse(f"{table.path}, row {row.number}, column `{name}`: {problem}") from None
        found.append(Case(row.number, row.inputs, expected, row.answers))
    return found


async def _run(
    arguments: argparse.Namespace, checked: CheckResult, models: Sequence[str], cases: Sequence[Case]
) -> Exit:
    from chat_app.engine.errors import EngineError
    from chat_app.engine.evaluation import Evaluation, asking_nodes

    assert checked.workflow is not None
    nodes = asking_nodes(checked.workflow)
    if not nodes:
        raise Misuse("no node of the workflow asks a model, so there is nothing to compare")
    known = surroundings_of(arguments.file)
    with built() as app:
        async with aclosing(app):
            cases = [replace(case, inputs=kept(case.inputs, app.files)) for case in cases]
            measure = _measure(app, arguments, checked.workflow)
            work = Evaluation(
                app.runs,
                lambda text: check(text, known),
                checked.text,
                measure,
                concurrency=arguments.concurrency,
                told=warn,
            )
            try:
                whole = [await work.whole(cases, model, nodes) for model in models]
                # With one node that asks, the whole says all of it.
                alone = len(nodes) == 1
                by_node = {
                    node: whole
                    if alone
                    else [whole[0], *[await work.by_node(cases, one, node, nodes, models[0]) for one in models[1:]]]
                    for node in nodes
                }
            except EngineError as problem:
                raise Misuse(f"{problem.message} {problem.help}") from None
            if measure.judge is not None:
                note(used_by_judge(measure.judge))
            return _tell(app, arguments, checked, whole, by_node)


def _measure(app: App, arguments: argparse.Namespace, workflow: Workflow) -> Measure:
    from chat_app.chat_models.errors import ChatModelError
    from chat_app.engine.evaluation import Measure
    from chat_app.engine.judging import Judge

    conditions = {}
    for text in arguments.expect:
        found = compile_condition(text, {**workflow.inputs, **workflow.state})
        if isinstance(found, list):
            raise Misuse(f"--expect {text}: {found[0].message}")
        conditions[text] = found
    try:
        judge = Judge(app.models.get(arguments.judge)) if arguments.judge else None
    except ChatModelError as problem:
        raise Misuse(f"{problem.message} {problem.help}") from None
    return Measure(conditions, tuple(arguments.judged), judge)


def _tell(
    app: App,
    arguments: argparse.Namespace,
    checked: CheckResult,
    whole: Sequence[Trial],
    by_node: Mapping[str, Sequence[Trial]],
) -> Exit:
    from chat_app.engine.evaluation import ENDS, cheapest

    choice = {node: found.model for node, trials in by_node.items() if (found := cheapest(trials, arguments.wanted))}
    assert checked.workflow is not None
    best = cheapest(whole, arguments.wanted)
    if arguments.format == "json":
        told = {"models": [as_json(one) for one in whole], "cheapest": best.model if best else None}
        nodes = {node: [as_json(one) for one in trials] for node, trials in by_node.items()}
        say(json.dumps(told | {"cheapest_by_node": choice, "nodes": nodes}, indent=2, ensure_ascii=False))
    else:
        _print(whole, by_node, choice, best, arguments.wanted)
    ended = all(not one.checks[ENDS] for trial in whole for one in trial.results)
    if not ended and has_answers(checked.workflow):
        note(
            tr("Where a run waits for a person, give the answer: in a column `answers`, or with --answers FILE.json.")
        )
    if app.settings.mlflow is not None and not arguments.no_mlflow:
        _log(app, checked, whole, choice)
    return Exit.DONE if best else Exit.FAILED


def _print(
    whole: Sequence[Trial],
    by_node: Mapping[str, Sequence[Trial]],
    choice: Mapping[str, str],
    best: Trial | None,
    wanted: float,
) -> None:
    width = max(len(one.model) for one in whole)
    for one in whole:
        told = tr(
            "passed {passed}  quality {quality}  {cost}  {seconds} s a case",
            passed=f"{one.passed:4.0%}",
            quality=f"{one.quality:.2f}",
            cost=price(one.cost_usd),
            seconds=f"{one.seconds:.1f}",
        )
        say(f"{one.model:<{width}}  {told}")
        for result in one.results:
            for what, why in result.checks.items():
                if why:
                    say(
                        "    "
                        + tr("case {number}: {what}", number=result.case.number, what=f"{what}: {translated(why)}")
                    )
    cheapest = best.model if best else tr("none")
    say(tr("Cheapest that passes {share} of the cases: {model}", share=f"{wanted:.0%}", model=cheapest))
    if best is not None and best.cost_usd is None:
        say("  " + tr("What it costs is unknown: of those that pass, the quickest is named."))
    for node in by_node:
        say("  " + tr("for {node}: {model}", node=node, model=choice.get(node, tr("none"))))


def as_json(trial: Trial) -> dict[str, Any]:
    """A trial as plain data."""
    return {
        "model": trial.model,
        "passed": trial.passed,
        "quality": trial.quality,
        "cost_usd": trial.cost_usd,
        "seconds": trial.seconds,
        "cases": [
            {
                "case": one.case.number,
                "passed": one.passed,
                "outputs": one.outputs,
                "does_not_hold": _failed(one.checks),
            }
            for one in trial.results
        ],
    }


def _failed(checks: Mapping[str, str]) -> dict[str, str]:
    return {what: why for what, why in checks.items() if why}


def _log(app: App, checked: CheckResult, whole: Sequence[Trial], choice: Mapping[str, str]) -> None:
    from chat_app.tracing.mlflow_evaluation import ModelRows, log_evaluation

    assert app.settings.mlflow is not None and checked.workflow is not None
    models = []
    for one in whole:
        metrics = {"quality": one.quality, "passed": one.passed, "seconds": one.seconds}
        if one.cost_usd is not None:
            metrics["cost_usd"] = one.cost_usd
        rows = [
            {
                "case": result.case.number,
                "inputs": result.case.inputs,
                "outputs": result.outputs,
                "expected": result.case.expected,
                "quality": result.quality,
                "does_not_hold": _failed(result.checks),
            }
            for result in one.results
        ]
        models.append(ModelRows(one.model, metrics, rows))
    note(tr("Writing the comparison into MLflow ..."))
    try:
        log_evaluation(app.settings.mlflow, checked.workflow.name, checked.text, models, choice)
    except Exception as error:  # noqa: BLE001 - MLflow raises whatever its store or its client raises
        note(tr("The comparison could not be written into MLflow: {error}", error=error))
    else:
        name = app.settings.mlflow.name
        note(tr("It is in MLflow's experiment `workflow-chat evaluations` at {name}.", name=name))
