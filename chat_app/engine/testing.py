"""Runs the `tests:` of a workflow on the simulated model."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_app.chat_models.protocol import ChatModel
from chat_app.chat_models.simulated import SimulatedChatModel
from chat_app.engine.asked import asked_fields, by_name
from chat_app.engine.compiler import compile_workflow
from chat_app.engine.errors import InputsRefused, NotRunnable
from chat_app.engine.files_for_tests import kept_files, written_fields
from chat_app.engine.inputs import first_state
from chat_app.engine.judging import Judge, NotJudged
from chat_app.engine.log import Emit
from chat_app.engine.rehearsal import Rehearsal, answers_of
from chat_app.events.run import LimitReached, RouteTaken, RunEvent, RunFailed, StepFailed, StepFinished
from chat_app.workflow.check import CheckResult
from chat_app.workflow.document import Workflow, WorkflowTest
from chat_app.workflow.expressions import ConditionFailed, compile_condition
from chat_app.workflow.graph import flow_of
from chat_app.workflow.nodes import MapBody, MapNode


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """How a test of a workflow went."""

    __test__ = False  # no test of ours, whatever pytest thinks of the name

    name: str
    problems: tuple[str, ...] = ()
    """What did not hold, or why the run did not get to its end."""
    nodes: frozenset[str] = frozenset()
    """The nodes that it went through."""
    routes: frozenset[tuple[str, int]] = frozenset()
    """The routes that it took, by their source and their place among its ways out."""

    seconds: float = 0.0
    unjudged: int = 0
    """Statements that nobody judged, as no judge was named."""

    @property
    def passed(self) -> bool:
        """Whether everything that was expected held."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Missed:
    """What no test of a workflow goes through."""

    nodes: tuple[str, ...]
    routes: tuple[tuple[str, int], ...]
    all_nodes: int
    all_routes: int


async def run_tests(
    checked: CheckResult,
    folder: Path | None = None,
    *,
    model: ChatModel | None = None,
    judge: Judge | None = None,
) -> list[TestOutcome]:
    """Every test of the workflow, in their order; raises NotRunnable where the workflow has errors.

    `folder` is where the workflow's file lies: tests may name files beside it. Without `model`, the simulated one
    answers; without `judge`, what `judged` says is left out.
    """
    if checked.workflow is None or not checked.valid:
        raise NotRunnable("The workflow has errors.", help="Correct what the check found, then test it.")
    rehearsal = Rehearsal(compile_workflow(checked.workflow, checked.used), text=checked.text)
    asked = model or SimulatedChatModel()
    return [
        await _outcome(rehearsal, checked.workflow, test, folder, asked, judge) for test in checked.workflow.tests
    ]


def missed(workflow: Workflow, outcomes: Sequence[TestOutcome]) -> Missed:
    """What the tests do not go through."""
    nodes, routes = _parts(workflow)
    seen_nodes = {name for one in outcomes for name in one.nodes}
    seen_routes = {route for one in outcomes for route in one.routes}
    return Missed(
        tuple(name for name in nodes if name not in seen_nodes),
        tuple(route for route in routes if route not in seen_routes),
        len(nodes),
        len(routes),
    )


def _parts(level: Workflow | MapBody) -> tuple[list[str], list[tuple[str, int]]]:
    """The nodes and the routes of a level and of the maps in it."""
    flow = flow_of(level)
    nodes = [node.id for node in flow.nodes]
    routes = [(source, place) for source, ways in flow.all_ways() if len(ways) > 1 for place in range(len(ways))]
    for node in flow.nodes:
        if isinstance(node, MapNode):
            inner_nodes, inner_routes = _parts(node.body)
            nodes, routes = nodes + inner_nodes, routes + inner_routes
    return nodes, routes


async def _outcome(
    rehearsal: Rehearsal,
    workflow: Workflow,
    test: WorkflowTest,
    folder: Path | None,
    model: ChatModel,
    judge: Judge | None,
) -> TestOutcome:
    nodes: set[str] = set()
    routes: set[tuple[str, int]] = set()

    def note(event: RunEvent) -> None:
        match event:
            case StepFinished(node=node) | StepFailed(node=node):
                nodes.add(node)
            case RouteTaken(source=source, route=int() as route):
                routes.add((source, route))

    began = time.perf_counter()
    problems, state = await _problems(rehearsal, workflow, test, folder, note, model)
    if judge is not None and state is not None:
        problems += await _judged(judge, workflow, test, state)
    seconds = time.perf_counter() - began
    unjudged = len(test.judged) if judge is None else 0
    return TestOutcome(test.name, tuple(problems), frozenset(nodes), frozenset(routes), seconds, unjudged)


async def _judged(judge: Judge, workflow: Workflow, test: WorkflowTest, state: Mapping[str, Any]) -> list[str]:
    """What the judge does not find true of the results."""
    names = workflow.outputs or list(workflow.state)
    result = {name: state[name] for name in names if name in state}
    found: list[str] = []
    for statement in test.judged:
        try:
            verdict = await judge.verdict(statement, test.inputs, result)
        except NotJudged as problem:
            found.append(str(problem))
            continue
        if not verdict.holds:
            found.append(f'{judge.model.name} does not find that "{statement}": {verdict.reason}')
    return found


async def _problems(
    rehearsal: Rehearsal, workflow: Workflow, test: WorkflowTest, folder: Path | None, note: Emit, model: ChatModel
) -> tuple[list[str], Mapping[str, Any] | None]:
    """What did not hold, and the state at the end where the run got there."""
    files = rehearsal.reach.files
    level = rehearsal.compiled.level
    asked, writes = asked_fields(level), written_fields(level)
    try:
        state = first_state(workflow, kept_files(test.inputs, workflow.inputs, folder, files))
        answers = {
            name: kept_files(values, asked.get(name, {}), folder, files)
            for name, values in by_name(test.answers, asked).items()
        }
        given = {name: kept_files(values, writes.get(name, {}), folder, files) for name, values in test.given.items()}
    except InputsRefused as refused:
        return list(refused.problems), None
    rest = await rehearsal.run(state, model, answer=answers_of(answers), given=given, emit=note)
    match rest.event:
        case RunFailed(message=message, node=node):
            return [f"{node} failed: {message}" if node else message], None
        case LimitReached(message=message):
            return [message], None
    return [found for text in test.expect if (found := _unmet(workflow, text, rest.state)) is not None], rest.state


def _unmet(workflow: Workflow, text: str, state: Mapping[str, Any]) -> str | None:
    condition = compile_condition(text, {**workflow.inputs, **workflow.state})
    if isinstance(condition, list):
        return f"`{text}` can't be judged: {condition[0].message}"
    try:
        return None if condition.evaluate(state) else f"`{text}` does not hold{_found(condition.reads, state)}"
    except ConditionFailed as failed:
        return f"{failed}"


def _found(reads: frozenset[str], state: Mapping[str, Any]) -> str:
    """The values that a condition looked at, for the message."""
    names = [name.removeprefix("state.") for name in sorted(reads)]
    seen = [f"{name} = {_short(state[name])}" for name in names if name in state]
    return f" ({', '.join(seen)})" if seen else ""


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
