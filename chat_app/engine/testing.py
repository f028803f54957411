"""Runs the `tests:` of a workflow on the simulated model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_app.chat_models.simulated import SimulatedChatModel
from chat_app.engine.asked import asked_fields, by_name
from chat_app.engine.compiler import compile_workflow
from chat_app.engine.errors import InputsRefused, NotRunnable
from chat_app.engine.files_for_tests import kept_files, written_fields
from chat_app.engine.inputs import first_state
from chat_app.engine.log import Emit
from chat_app.engine.rehearsal import Rehearsal, answers_of
from chat_app.events.run import LimitReached, RouteTaken, RunEvent, RunFailed, StepFailed, StepFinished
from chat_app.workflow.check import CheckResult
from chat_app.workflow.document import Workflow, WorkflowTest
from chat_app.workflow.expressions import ConditionFailed, compile_condition


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

    @property
    def passed(self) -> bool:
        """Whether everything that was expected held."""
        return not self.problems


async def run_tests(checked: CheckResult, folder: Path | None = None) -> list[TestOutcome]:
    """Every test of the workflow, in their order; raises NotRunnable where the workflow has errors.

    `folder` is where the workflow's file lies: tests may name files beside it.
    """
    if checked.workflow is None or not checked.valid:
        raise NotRunnable("The workflow has errors.", help="Correct what the check found, then test it.")
    rehearsal = Rehearsal(compile_workflow(checked.workflow, checked.used), text=checked.text)
    return [await _outcome(rehearsal, checked.workflow, test, folder) for test in checked.workflow.tests]


async def _outcome(rehearsal: Rehearsal, workflow: Workflow, test: WorkflowTest, folder: Path | None) -> TestOutcome:
    nodes: set[str] = set()
    routes: set[tuple[str, int]] = set()

    def note(event: RunEvent) -> None:
        match event:
            case StepFinished(node=node) | StepFailed(node=node):
                nodes.add(node)
            case RouteTaken(source=source, route=int() as route):
                routes.add((source, route))

    problems = await _problems(rehearsal, workflow, test, folder, note)
    return TestOutcome(test.name, tuple(problems), frozenset(nodes), frozenset(routes))


async def _problems(
    rehearsal: Rehearsal, workflow: Workflow, test: WorkflowTest, folder: Path | None, note: Emit
) -> list[str]:
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
        return list(refused.problems)
    rest = await rehearsal.run(state, SimulatedChatModel(), answer=answers_of(answers), given=given.get, emit=note)
    match rest.event:
        case RunFailed(message=message, node=node):
            return [f"{node} failed: {message}" if node else message]
        case LimitReached(message=message):
            return [message]
    return [problem for text in test.expect if (problem := _unmet(workflow, text, rest.state)) is not None]


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
