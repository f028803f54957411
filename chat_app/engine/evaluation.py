"""A workflow over a data set with several models: how good, how dear and how quick each is, as a whole and by node.

For the whole, every node that asks a model asks the candidate. For one node, that node asks the candidate and all
others the first model named, the reference: so the cheapest model that is good enough is found node by node.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat_app.engine.answering import Given, followed
from chat_app.engine.compiler import all_nodes
from chat_app.engine.errors import EngineError
from chat_app.engine.judging import Judge, NotJudged
from chat_app.engine.manager import RunManager
from chat_app.events.run import Recorded, RunFailed, RunFinished, RunWaiting, UsageReported
from chat_app.events.totals import Totals, total
from chat_app.workflow.check import CheckResult
from chat_app.workflow.document import Workflow
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.expressions import Condition, ConditionFailed
from chat_app.workflow.nodes import ClassifyNode, LlmNode
from chat_app.workflow.typed_edits import SetKey

Check = Callable[[str], CheckResult]

ENDS = "it comes to its end"
"""What is checked first of every case."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the data set."""

    number: int
    inputs: Mapping[str, Any]
    expected: Mapping[str, Any] = field(default_factory=dict)
    """What outputs shall be, by name."""
    answers: Given = field(default_factory=dict)
    """What people answer in its run."""


@dataclass(frozen=True)
class Measure:
    """What makes a result good, besides the outputs that the data set expects."""

    conditions: Mapping[str, Condition] = field(default_factory=dict)
    """By their texts; read over inputs and outputs."""
    statements: Sequence[str] = ()
    judge: Judge | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case went."""

    case: Case
    outputs: Mapping[str, Any]
    checks: Mapping[str, str]
    """What was checked; the text says why it does not hold, and is empty where it does."""
    seconds: float
    totals: Totals
    """Of the whole run, or of the node that is looked at."""

    @property
    def quality(self) -> float:
        """The share of the checks that hold."""
        return sum(not why for why in self.checks.values()) / len(self.checks)

    @property
    def passed(self) -> bool:
        """Whether all hold."""
        return not any(self.checks.values())


@dataclass(frozen=True, slots=True)
class Trial:
    """A model over all cases: for every node, or for one."""

    model: str
    node: str | None
    results: tuple[CaseResult, ...]

    @property
    def quality(self) -> float:
        """The mean over the cases."""
        return sum(one.quality for one in self.results) / len(self.results)

    @property
    def passed(self) -> float:
        """The share of the cases that passed."""
        return sum(one.passed for one in self.results) / len(self.results)

    @property
    def seconds(self) -> float:
        """The mean over the cases."""
        return sum(one.seconds for one in self.results) / len(self.results)

    @property
    def cost_usd(self) -> float | None:
        """In all; None where the cost of a call is unknown."""
        costs = [one.totals.cost_usd for one in self.results]
        return None if any(cost is None for cost in costs) else sum(cost or 0.0 for cost in costs)


def cheapest(trials: Sequence[Trial], wanted: float) -> Trial | None:
    """The cheapest that passes enough cases; those of unknown cost come after all others, the quicker one first."""
    good = [trial for trial in trials if trial.passed >= wanted]
    return min(good, key=lambda one: (one.cost_usd is None, one.cost_usd or 0.0, one.seconds), default=None)


def asking_nodes(workflow: Workflow) -> list[str]:
    """The nodes that ask a model, by id."""
    return [node.id for node in all_nodes(workflow) if isinstance(node, LlmNode | ClassifyNode)]


def with_models(text: str, models: Mapping[str, str]) -> str:
    """The workflow's text with these nodes' models named. Raises EngineError where it cannot be changed so."""
    made = apply_edits(text, [SetKey(id=node, key="model", value=model) for node, model in models.items()])
    if not made.ok:
        raise EngineError(
            f"The models of the nodes cannot be set: {made.problems[0].message}", help="Check the workflow's file."
        )
    return made.text


class Evaluation:
    """Runs cases, a bounded number at a time; every run is recorded like any other."""

    def __init__(
        self,
        runs: RunManager,
        check: Check,
        text: str,
        measure: Measure,
        *,
        concurrency: int = 4,
        told: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._runs = runs
        self._check = check
        self._text = text
        self._measure = measure
        self._slots = asyncio.Semaphore(concurrency)
        self._told = told

    async def whole(self, cases: Sequence[Case], model: str, nodes: Sequence[str]) -> Trial:
        """Every node asks this model."""
        return await self._trial(cases, dict.fromkeys(nodes, model), model, None)

    async def by_node(
        self, cases: Sequence[Case], model: str, node: str, nodes: Sequence[str], reference: str
    ) -> Trial:
        """One node asks this model, all others the reference."""
        return await self._trial(cases, {**dict.fromkeys(nodes, reference), node: model}, model, node)

    async def _trial(self, cases: Sequence[Case], models: Mapping[str, str], model: str, node: str | None) -> Trial:
        checked = self._check(with_models(self._text, models))
        self._told(f"{model}{f' in {node}' if node else ''}: {len(cases)} cases")
        one: Callable[[Case], Awaitable[CaseResult]] = lambda case: self._case(checked, case, model, node)  # noqa: E731
        return Trial(model, node, tuple(await asyncio.gather(*map(one, cases))))

    async def _case(self, checked: CheckResult, case: Case, model: str, node: str | None) -> CaseResult:
        async with self._slots:
            entries: list[Recorded] = []
            problem = ""
            try:
                run_id = await self._runs.start(checked, case.inputs, model=model)
                async for entry in followed(self._runs, run_id, case.answers):
                    entries.append(entry)  # noqa: PERF401 - what came before an answer was refused is kept
            except EngineError as error:
                problem = f"{error.message} {error.help}"
        last = entries[-1].event if entries else None
        outputs = dict(last.outputs) if isinstance(last, RunFinished) else {}
        checks = {ENDS: problem or _why_not(last)}
        if not checks[ENDS]:
            checks |= await self._checks(case, outputs)
        usage = [
            one for one in entries if isinstance(one.event, UsageReported) and node in (None, _id(one.event.node))
        ]
        # Over several stretches, between which the clock may be set.
        seconds = max(entries[-1].at - entries[0].at, 0.0) if entries else 0.0
        return CaseResult(case, outputs, checks, seconds, total(usage))

    async def _checks(self, case: Case, outputs: Mapping[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, wanted in case.expected.items():
            same = _plain(outputs.get(name)) == _plain(wanted)
            found[name] = "" if same else f"{outputs.get(name)!r} is not {wanted!r}"
        for text, condition in self._measure.conditions.items():
            found[text] = _held(condition, {**case.inputs, **outputs})
        judge = self._measure.judge
        for statement in self._measure.statements if judge is not None else ():
            found[statement] = await _verdict(judge, statement, case, outputs)
        return found


async def _verdict(judge: Judge | None, statement: str, case: Case, outputs: Mapping[str, Any]) -> str:
    assert judge is not None
    try:
        verdict = await judge.verdict(statement, case.inputs, outputs)
    except NotJudged as problem:
        return str(problem)
    return "" if verdict.holds else verdict.reason


def _held(condition: Condition, state: Mapping[str, Any]) -> str:
    try:
        return "" if condition.evaluate(state) else "it does not hold"
    except ConditionFailed as failed:
        return str(failed)


def _why_not(last: object) -> str:
    match last:
        case RunFinished():
            return ""
        case RunFailed(message=message, node=node):
            return f"{node} failed: {message}" if node else message
        case RunWaiting(questions=questions):
            return f"{questions[0].node} waits for a person"
        case _:
            return str(getattr(last, "message", "") or "the run did not come to its end")


def _id(name: str) -> str:
    """A node's id from its name in the whole run."""
    return name.rpartition("/")[2]


def _plain(value: Any) -> Any:
    """Texts that differ in case or in the blanks around them are the same answer."""
    return value.strip().casefold() if isinstance(value, str) else value
