"""The steps that try the workflow on a sample: asked for first, bounded, and what fails is mended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chat_app.designer.agent.budget import Budget, shorten
from chat_app.designer.agent.calls import Emit
from chat_app.designer.agent.turn import Changes, Check, TurnState
from chat_app.events.design import Card, Offered, Said, Stage
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Diagnostic, Severity

TRIAL = "trial"
"""The code of what failed in a trial; the text is valid all the same."""
ALLOW = "Yes, try it"
REFUSE = "Not now"
_LONGEST = 600


class Report(Protocol):
    """How one trial went; the engine's report is one of these."""

    @property
    def problems(self) -> Sequence[str]: ...

    @property
    def told(self) -> Sequence[str]: ...

    @property
    def calls(self) -> int: ...

    @property
    def tokens(self) -> int: ...


class TryRun(Protocol):
    """Runs a workflow on a sample with the chosen model, within a bound that it tells."""

    def bound(self, checked: CheckResult) -> str: ...

    async def run(self, checked: CheckResult) -> Report: ...


class Trier:
    """Asks before it tries; then tries, has what fails mended, and tries again, within the budget."""

    def __init__(self, check: Check, trial: TryRun | None, budget: Budget) -> None:
        self._check = check
        self._trial = trial
        self._budget = budget

    @property
    def can(self) -> bool:
        """Whether there is a way to try."""
        return self._trial is not None

    async def offer(self, state: TurnState, emit: Emit) -> Changes:
        """Tells the bound and waits for leave."""
        assert self._trial is not None
        bound = self._trial.bound(self._check(state["working"]))
        emit(
            Offered(
                f"May I try it on a sample? {bound} What fails I mend, and try again: at most "
                f"{self._budget.trials} trials.",
                (
                    Card("Try it", "Run it on a sample, within this bound.", ALLOW),
                    Card("Not now", "Leave it as it is.", REFUSE),
                ),
            )
        )
        return {"memory": state["memory"].with_(trial="offered")}

    async def run(self, state: TurnState, emit: Emit) -> Changes:
        """One trial; what fails becomes problems for the model, where there are trials left."""
        assert self._trial is not None
        tried = state["tried"] + 1
        emit(Stage("trying", f"{tried} of at most {self._budget.trials}"))
        report = await self._trial.run(self._check(state["working"]))
        used = f"{report.calls} model calls, {report.tokens:,} tokens"
        if not report.problems:
            told = "\n".join(f"- {shorten(line, _LONGEST)}" for line in report.told) or "- It returns nothing."
            words = f"It ran on the sample ({used}):\n{told}"
            return self._rest(state, words, emit) | {"tried": tried}
        problems = tuple(shorten(line, _LONGEST) for line in report.problems)
        if tried >= self._budget.trials or state["calls"] >= self._budget.calls:
            failed = "\n".join(f"- {line}" for line in problems)
            return self._rest(state, f"It still fails on the sample ({used}):\n{failed}", emit) | {"tried": tried}
        emit(Said(f"Trial {tried} failed: {problems[0]} I mend it.\n\n"))
        found = tuple(Diagnostic(TRIAL, Severity.ERROR, line) for line in problems)
        return {"tried": tried, "problems": found, "material": (*state["material"], *problems), "rehearsed": True}

    def _rest(self, state: TurnState, words: str, emit: Emit) -> Changes:
        """The end of trying: what was mended is presented with these words, else they are all there is."""
        memory = state["memory"].with_(trial="none")
        if state["working"] != state["start"]:
            return {"memory": memory, "problems": (), "remarks": (*state["remarks"], words)}
        emit(Said(words))
        return {"memory": memory, "problems": ()}
