"""The checker: text in, findings out. It collects values and raises nothing."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from chat_app.workflow.diagnostics import Diagnostic, Location
from chat_app.workflow.lenient import read_leniently
from chat_app.workflow.result import CheckResult
from chat_app.workflow.rules import HIDES_USE, RULES, USE_RULES
from chat_app.workflow.rules.context import Context
from chat_app.workflow.schema import read_shape
from chat_app.workflow.source import Source, read
from chat_app.workflow.surroundings import Surroundings
from chat_app.workflow.used_files import Unusable, UsedFiles, usable

__all__ = ["MOST_FINDINGS", "CheckResult", "check"]

MOST_FINDINGS = 200
"""The most findings of one rule: nobody reads more, and a hostile text can't make more."""


def check(text: str | bytes, surroundings: Surroundings = Surroundings()) -> CheckResult:  # noqa: B008
    """Checks a text: parse, shape, rules."""
    files = UsedFiles(surroundings, lambda other, files: _check(other, files, surroundings))
    collecting = gc.isenabled()
    # A check makes many small values and no circles of any size: looking for garbage meanwhile doubles its time.
    gc.disable()
    try:
        return _check(text, files, surroundings)
    finally:
        if collecting:
            gc.enable()


def _check(text: str | bytes, files: UsedFiles, surroundings: Surroundings) -> CheckResult:
    source = read(text)
    if source.root is None:
        return CheckResult(source.text, source, source.problems, None)
    workflow, problems = read_shape(source.data)
    located = [_located(problem, source) for problem in problems]
    used: dict[str, CheckResult | Unusable] = {}
    if workflow is not None:
        used = files.used_by(workflow)
        located += _judged(Context(workflow, source, surroundings, used))
    else:
        located += _judged_in_part(source, located, surroundings, files)
    return CheckResult(source.text, source, _sorted([*source.problems, *located]), workflow, usable(used))


def _judged(context: Context) -> Iterator[Diagnostic]:
    """What the rules find in a workflow of the right shape."""
    hidden = False
    for rule in RULES:
        for found in islice(rule(context), MOST_FINDINGS):
            hidden = hidden or found.code in HIDES_USE
            yield found
    if not hidden:
        for rule in USE_RULES:
            yield from islice(rule(context), MOST_FINDINGS)


def _judged_in_part(
    source: Source, problems: list[Diagnostic], surroundings: Surroundings, files: UsedFiles
) -> Iterator[Diagnostic]:
    """What the rules find in those parts that can be read."""
    reading = read_leniently(source, problems, read_shape)
    if reading is None:
        return
    yield from reading.problems
    workflow, unread = reading.workflow, reading.unread
    used = files.used_by(workflow)
    context = Context(workflow, reading.source, surroundings, used, unread.units, unread.levels)
    for rule in RULES:
        for found in islice(rule(context), MOST_FINDINGS):
            if not unread.hides(found):
                yield found


def _located(problem: Diagnostic, source: Source) -> Diagnostic:
    if problem.location is not None:
        return problem
    named = problem.code == "bad-name" and problem.message.startswith(f"`{problem.path[-1]}`")
    return replace(problem, location=source.location(problem.path, key=named or problem.code == "unknown-key"))


def _sorted(problems: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    start = Location(1, 1, 1, 1)
    unique = {(found.code, found.message, found.location): found for found in reversed(list(problems))}
    return tuple(sorted(unique.values(), key=lambda found: (found.location or start, found.code, found.message)))
