"""The step that lets the checked text be dry-run, where the app has given a way to."""

from __future__ import annotations

from chat_app.designer.agent.calls import Emit
from chat_app.designer.agent.turn import Changes, Check, DryRun, Rehearsal, TurnState
from chat_app.events.design import Stage
from chat_app.workflow.diagnostics import Diagnostic, Severity

DRY_RUN = "dry-run"
"""The code of what a dry run found; the text is valid all the same."""


class Rehearser:
    """Walks the new text without a model; what fails there is given to the model once."""

    def __init__(self, check: Check, dry_run: DryRun | None) -> None:
        self._check = check
        self._dry_run = dry_run

    async def rehearse(self, state: TurnState, emit: Emit) -> Changes:
        """What a dry run says that the check could not."""
        text = state["working"]
        if self._dry_run is None or text == state["start"] or state["valid"] != text:
            return {"rehearsed": True}
        emit(Stage("rehearsing"))
        try:
            report = await self._dry_run(self._check(text))
        except Exception as error:  # noqa: BLE001 - another part's fault must not cost the person the edit
            return _remark(state, f"The dry run could not be done: {error}")
        if report.problems and not state["rehearsed"]:
            return {"rehearsed": True, "problems": tuple(map(_problem, report.problems))}
        return {"rehearsed": True} if report.complete else _remark(state, _told(report))


def _remark(state: TurnState, words: str) -> Changes:
    return {"rehearsed": True, "remarks": (*state["remarks"], words)}


def _problem(line: str) -> Diagnostic:
    return Diagnostic(code=DRY_RUN, severity=Severity.ERROR, message=line)


def _told(report: Rehearsal) -> str:
    return "The dry run: " + " ".join(report.lines())
