"""Repairs without a model, made one at a time: each is kept only where it leaves fewer errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chat_app.designer.agent.mending import completions, mendings
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Diagnostic, Severity
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.fixers import apply_fix
from chat_app.workflow.surroundings import Surroundings

_MOST_FIXES = 12


class Fixer:
    """Mends what a checker finds, as far as code can say what was meant."""

    def __init__(self, check: Callable[[str], CheckResult], surroundings: Surroundings) -> None:
        self._check = check
        self._surroundings = surroundings

    def fixed(self, checked: CheckResult, old: frozenset[str]) -> tuple[CheckResult, tuple[str, ...]]:
        """The result after those repairs that leave fewer errors; nodes named in `old` are not guessed at."""
        lines: list[str] = []
        for _ in range(_MOST_FIXES):
            better = self._better(checked, old)
            if better is None:
                break
            checked, line = better
            lines.append(line)
        return checked, tuple(lines)

    def completed(self, checked: CheckResult, start: str) -> tuple[CheckResult, tuple[str, ...]]:
        """A valid result with what it still lacks: outputs of a first draft, limits of a new loop."""
        lines: list[str] = []
        for mending in completions(checked, self._check(start) if start.strip() else None):
            after = self._check(apply_edits(checked.text, mending.edits, self._surroundings).text)
            if after.valid and after.text != checked.text:
                checked = after
                lines.append(mending.line)
        return checked, tuple(lines)

    def _better(self, checked: CheckResult, old: frozenset[str]) -> tuple[CheckResult, str] | None:
        before = len(_errors(checked))
        for problem in _errors(checked):
            for text, line in self._repairs(checked, problem, old):
                if text == checked.text:
                    continue
                after = self._check(text)
                if len(_errors(after)) < before:
                    return after, line
        return None

    def _repairs(self, checked: CheckResult, problem: Diagnostic, old: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Texts in which one problem may be gone, with what was done."""
        if problem.fix is not None:
            yield apply_fix(checked.text, problem.fix), problem.fix.title
        for mending in mendings(checked, problem, old):
            yield apply_edits(checked.text, mending.edits, self._surroundings).text, mending.line


def _errors(checked: CheckResult) -> list[Diagnostic]:
    return [found for found in checked.diagnostics if found.severity is Severity.ERROR]
