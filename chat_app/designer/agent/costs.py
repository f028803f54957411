"""What a change would cost that the person may not want: requirements left without a node, tests that fail then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from chat_app.designer.agent.turn import Check
from chat_app.workflow.check import CheckResult


class Outcome(Protocol):
    """How one test went; the engine's is one of these."""

    @property
    def name(self) -> str: ...

    @property
    def problems(self) -> Sequence[str]: ...


RunTests = Callable[[CheckResult], Awaitable[Sequence[Outcome]]]

_MOST = 4


class Costs:
    """Compares a text with the one before it."""

    def __init__(self, check: Check, run_tests: RunTests | None) -> None:
        self._check = check
        self._run_tests = run_tests

    async def of(self, start: str, text: str) -> list[str]:
        """A line for each requirement and test that holds before and not after."""
        if not start.strip():
            return []
        before, after = self._check(start), self._check(text)
        lines = _unmet(after) - _unmet(before)
        return [*sorted(lines), *await self._failing(before, after)]

    async def _failing(self, before: CheckResult, after: CheckResult) -> list[str]:
        if self._run_tests is None or before.workflow is None or after.workflow is None or not before.valid:
            return []
        known = {test.name for test in before.workflow.tests}
        if not any(test.name in known for test in after.workflow.tests):
            return []
        passed = {outcome.name for outcome in await self._run_tests(before) if not outcome.problems}
        failed = [each for each in await self._run_tests(after) if each.problems and each.name in passed]
        return [f"The test “{each.name}” fails then: {each.problems[0]}" for each in failed[:_MOST]]


def _unmet(checked: CheckResult) -> set[str]:
    return {found.message for found in checked.diagnostics if found.code == "unmet-requirement"}
