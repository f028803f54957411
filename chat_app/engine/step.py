"""One step: a node that runs once, with its retries, its time limit, its events, and where it leads."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from typing import Any, cast

from chat_app.chat_models.errors import ChatModelError
from chat_app.engine.cache import cache_key
from chat_app.engine.context import RunContext
from chat_app.engine.errors import NodeFailed, StepProblem
from chat_app.engine.level import CompiledNode, Decision, Level, Names, Step
from chat_app.engine.position import Outcome
from chat_app.engine.problems import problem_of
from chat_app.events.run import (
    Logged,
    RouteTaken,
    StepFailed,
    StepFinished,
    StepId,
    StepRetried,
    StepStarted,
)
from chat_app.events.value import Value
from chat_app.workflow.nodes import Retry
from chat_app.workflow.reduce import reduced, reducer_of
from chat_app.workflow.values import problems_of

LONGEST_WAIT = 120.0
"""Seconds; a provider that asks for more patience than this has failed."""

ASKING = frozenset({"llm", "classify"})
"""The kinds that ask a chat model."""

FAILURES = (StepProblem, ChatModelError, OSError)
"""What a try may end with, for which a step's policy says what follows."""

UNREACHED = frozenset({"rate_limit", "server_error", "timeout", "connection"})
"""Causes that lie with a model's provider; another one may do better."""

Taken = Mapping[str, int]

NOWHERE = Decision()
"""Of subtasks, which lead nowhere themselves."""


class Place(Value, frozen=True):
    """Where a step stands."""

    parent: StepId | None = None
    """The step that it is a part of."""
    taken: Taken | None = None
    """How often the ways of its level were taken; None: a subtask, which leads nowhere itself."""
    beside: int | None = None
    """The number of the round, where several nodes of the workflow run side by side."""


async def execute(
    level: Level, node: CompiledNode, run: RunContext, names: Names, step_id: StepId, at: Place
) -> Outcome:
    """Runs a node once and says what came of it, and where it leads.

    Raises NodeFailed where `on_error` does not help, Waiting where a person must answer first.
    """
    parent, taken = at.parent, at.taken
    if parent is not None and (done := run.journal.get(step_id)) is not None:
        return cast(Outcome, done)
    name, emit = run.inside + node.id, run.emit
    if run.fresh or step_id not in run.asked:
        if not run.meter.one_more_step():
            await run.meter.out_of_steps()
        emit(StepStarted(step_id, name, node.kind, parent, at.beside))
    began = time.perf_counter()
    step = Step(step_id, name, node, run, names)
    slots = run.meter.slots if node.takes_slot else None
    try:
        writes, failed = None if run.fresh and node.at_once is None else _had_at_once(step), None
        if writes is None and not node.cached and (slots is None or slots.take()):
            # The first try, which is nearly always the only one, without a coroutine around it.
            try:
                writes = checked(node, names["state"], await node.run(step))
            except FAILURES as failure:
                failed = problem_of(failure)
            finally:
                if slots is not None:
                    slots.give()
        if writes is None:
            writes = await _tries(step, failed)
        decision = (NOWHERE if taken is None else level.certain.get(node.id)) or _decision(level, step, writes, taken)
    except StepProblem as problem:
        writes = {}
        decision = after_failure(level, step, problem, taken)
    else:
        seconds, result_key = time.perf_counter() - began, _key(step) if run.keyed else ""
        emit(StepFinished(step_id, name, writes, seconds, step.simulated, result_key))
    targets, key = decision.targets, decision.key
    if taken is not None:
        led = run.named(targets) if run.inside else targets
        emit(RouteTaken(name, led, decision.route, decision.condition, parent, key))
    # As a literal: to call its class costs three times as much.
    outcome: Outcome = {"node": node.id, "writes": writes, "targets": targets, "key": key}
    if parent is not None and (kept := run.journal.put(step_id, outcome)) is not None:
        await kept
    return outcome


def _had_at_once(step: Step) -> dict[str, Any] | None:
    """The writes that are given, that an earlier run came to, or that take no waiting; None: it is to be tried."""
    node, run = step.node, step.run
    had = run.given.get(step.name)
    if had is None and run.reuse is not None:
        had = run.reuse(step.id, step.name, _key(step))
        if had is not None:
            run.emit(Logged("Took over the result that was come to before.", "info", step.id, step.name))
    if had is None and node.at_once is not None:
        had = node.at_once(step.names, step.name)
    return None if had is None else checked(node, step.names["state"], had)


async def _tries(step: Step, problem: StepProblem | None) -> dict[str, Any]:
    """The writes of the first try that works; `problem` is why one has failed before."""
    node = step.node
    fallbacks: Iterator[str] | None = None
    attempt = 1
    while True:
        if problem is None:
            try:
                return await _try(step)
            except StepProblem as failed:
                problem = failed
        wait = _wait_before_next(node.retry, attempt, problem)
        if wait is None:
            fallbacks = fallbacks or iter(step.run.fallbacks if node.kind in ASKING else ())
            if not _asks_another(step, problem, fallbacks):
                raise problem
            attempt = 1
        else:
            step.run.emit(StepRetried(step.id, step.name, attempt, problem.cause, problem.message, wait))
            await step.run.pause(wait)
            attempt += 1
        problem = None


async def _try(step: Step) -> dict[str, Any]:
    """The writes of one try, in one of the run's slots where the node takes one, or those that are kept for it."""
    node, state = step.node, step.names["state"]
    slots = step.run.meter.slots if node.takes_slot else None
    key = _cache_key(step) if node.cached else None
    if key is not None and (kept := await _kept(step, key)) is not None:
        return checked(node, state, kept)
    if slots is not None and not slots.take():
        await slots.wait()
    try:
        writes = checked(node, state, await node.run(step))
    except (ChatModelError, OSError) as error:
        raise problem_of(error) from error
    finally:
        if slots is not None:
            slots.give()
    if key is not None:
        await _keep(step, key, writes)
    return writes


def _asks_another(step: Step, problem: StepProblem, fallbacks: Iterator[str]) -> bool:
    """Whether another model is asked now, as the one asked so far cannot be reached."""
    other = next(fallbacks, None) if problem.cause in UNREACHED else None
    if other is None:
        return False
    step.run.emit(Logged(f"{problem.message} {other} is asked instead.", "warning", step.id, step.name))
    step.instead = other
    return True


def _key(step: Step) -> str:
    """What the result follows from; told of what costs or acts, not of what is cheap to do again."""
    if step.node.pure or step.node.contains:
        return ""
    try:
        return step.node.fingerprint.of(step)
    except (ChatModelError, ValueError, TypeError, RecursionError):
        # Without a model, or with values that JSON cannot hold, there is nothing to compare.
        return ""


def _cache_key(step: Step) -> str | None:
    """Under what an earlier run has kept the result; None where nothing is kept."""
    try:
        return cache_key(step)
    except ChatModelError as error:
        raise problem_of(error) from error


async def _kept(step: Step, key: str) -> dict[str, Any] | None:
    """What an earlier run came to with the same inputs."""
    kept = None if step.run.cache is None else await step.run.cache.get(key)
    if kept is not None:
        step.run.emit(Logged("Reused the result of an earlier run.", "info", step.id, step.name))
    return kept


async def _keep(step: Step, key: str, writes: Mapping[str, Any]) -> None:
    """Keeps the result for later runs; what was made up for a request must never stand for a real one."""
    if step.run.cache is not None and (not step.simulated or step.node.kind in ASKING):
        # Models are told apart by name.
        await step.run.cache.put(key, dict(writes))


def _wait_before_next(retry: Retry, attempt: int, problem: StepProblem) -> float | None:
    """Seconds until the next try; None: there is none."""
    if attempt >= retry.attempts or not ("any" in retry.on or problem.cause in retry.on):
        return None
    if problem.retry_after is not None:
        return problem.retry_after if problem.retry_after <= LONGEST_WAIT else None
    longest: float = retry.backoff_seconds * 2.0 ** (attempt - 1)
    # Half of the wait is drawn by lot, so that runs that failed together do not come back together.
    return min(longest * random.uniform(0.5, 1.0), LONGEST_WAIT)


def checked(node: CompiledNode, state: Mapping[str, Any], writes: dict[str, Any]) -> dict[str, Any]:
    """The writes, when the state fits its types with them."""
    for name, value in writes.items():
        if type(value) is not str or name not in node.texts:
            _refuse_unfit(node, state, writes)
            break
    return writes


def _refuse_unfit(node: CompiledNode, state: Mapping[str, Any], writes: Mapping[str, Any]) -> None:
    problems: list[str] = []
    for name, value in writes.items():
        problems += _problems(node, state, name, value)
    if problems:
        raise StepProblem(
            f"What it returned does not fit: {'; '.join(problems)}.",
            help="Change the node, or the type of the field it writes.",
            cause="invalid_output",
        )


def _problems(node: CompiledNode, state: Mapping[str, Any], name: str, value: Any) -> list[str]:
    field = node.fields.get(name)
    if field is None:
        return [f"`{name}` is not among the fields it writes"]
    if node.loose:
        value = _without_item_errors(value)
    if reducer_of(field) in ("append", "merge"):
        # What is there grows write by write, so its least size is no measure for one of them.
        field = field.model_copy(update={"min_items": None})
        # Nor are errors of items that an earlier map has left there a fault of this one.
        before = {name: _without_item_errors(state[name])} if name in state else {}
        value = reduced(before, node.fields, {name: value})[name]
    return problems_of(value, field, (name,))


def _without_item_errors(value: Any) -> Any:
    return [item for item in value if not is_item_error(item)] if isinstance(value, list) else value


def is_item_error(item: Any) -> bool:
    """Whether an item stands for one that failed (`on_item_error: collect`)."""
    return isinstance(item, dict) and set(item) == {"error", "index"}


def _decision(level: Level, step: Step, writes: Mapping[str, Any], taken: Taken | None) -> Decision:
    """Where to go, judged on the state with the node's own writes."""
    if taken is None:
        return NOWHERE
    names = step.names
    if writes:
        names = {**names, "state": level.after(names["state"], writes)}
    return level.decide(step.node.id, names, taken)


def after_failure(level: Level, step: Step, problem: StepProblem, taken: Taken | None) -> Decision:
    """Tells of the failure; where to go when the run goes on, else NodeFailed."""
    node = step.node
    on_error = node.spec.on_error
    goes_elsewhere = on_error not in {"fail", "continue"}
    continues = on_error == "continue" or (goes_elsewhere and taken is not None)
    step.run.emit(StepFailed(step.id, step.name, problem.message, problem.help, continues, problem.cause))
    failure = NodeFailed(step.name, problem.message, help=problem.help)
    if not continues:
        raise failure from problem
    if goes_elsewhere:
        return Decision((on_error,))
    try:
        return _decision(level, step, {}, taken)
    except StepProblem as second:
        raise NodeFailed(step.name, second.message, help=second.help) from problem
