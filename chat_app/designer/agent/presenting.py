"""The last step of an edit: what was really changed, told from the diff; never less than valid."""

from __future__ import annotations

from collections.abc import Sequence

from chat_app.designer.agent.budget import shorten
from chat_app.designer.agent.calls import Emit
from chat_app.designer.agent.memory import Happened, Memory
from chat_app.designer.agent.rehearsing import DRY_RUN
from chat_app.designer.agent.requirements import missing_requirements, settled
from chat_app.designer.agent.turn import Changes, Check, TurnState, errors, finding
from chat_app.events.design import Assumed, Edited, Said
from chat_app.workflow.diagnostics import Diagnostic
from chat_app.workflow.diff import diff
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.skeleton import new_workflow
from chat_app.workflow.surroundings import Surroundings

_MOST_TOLD = 6


class Presenter:
    """Decides which text the turn leaves behind and says so."""

    def __init__(self, check: Check, surroundings: Surroundings) -> None:
        self._check = check
        self._surroundings = surroundings

    async def present(self, state: TurnState, emit: Emit) -> Changes:
        """Hands over the result, or says honestly that there is none."""
        text, valid = self._result(state)
        if text == state["start"]:
            emit(Said(_nothing_done(state)))
            return {"memory": _remember(state, state["memory"], "nothing could be changed"), "working": text}
        memory = state["memory"]
        if valid:
            text, memory = self._with_requirements(text, memory)
        lines = diff(state["start"] if state["start"].strip() else self._blank(text), text).lines()
        emit(
            Edited(
                text=text,
                edits=state["edits"],
                summary=tuple(lines),
                repaired=_distinct(state["repaired"]),
                valid=valid,
            )
        )
        new = [line for line in _distinct(state["assumed"]) if line not in memory.assumptions]
        for line in new:
            emit(Assumed(line))
        lost = self._no_longer_met(state["start"], text)
        if words := "\n\n".join(part for part in (_closing(state), lost) if part):
            emit(Said(words))
        memory = memory.with_(assumptions=[*memory.assumptions, *new], plan_state="none")
        return {"memory": _remember(state, memory, "; ".join(lines)), "working": text}

    def _result(self, state: TurnState) -> tuple[str, bool]:
        """The text to keep: valid, or at least fewer of the errors that stood there before."""
        working = state["working"]
        if state["valid"] is not None:
            return state["valid"], True
        left = finding(errors(self._check(working).diagnostics)) if working.strip() else frozenset()
        if state["start"].strip() and left < state["start_problems"]:
            return working, False
        return state["start"], False

    def _no_longer_met(self, start: str, text: str) -> str:
        """The requirements that the turn has left without a node; empty where there are none."""
        before = {found.message for found in self._check(start).diagnostics} if start.strip() else set()
        found = [found for found in self._check(text).diagnostics if found.code == "unmet-requirement"]
        return "\n".join(each.message for each in found if each.message not in before)

    def _blank(self, text: str) -> str:
        """What a first draft is compared with: the same workflow before anything was put into it."""
        workflow = self._check(text).workflow
        return new_workflow(workflow.name, "") if workflow else ""

    def _with_requirements(self, text: str, memory: Memory) -> tuple[str, Memory]:
        workflow = self._check(text).workflow
        if workflow is None or not (edits := missing_requirements(memory, workflow)):
            return text, settled(memory)
        result = apply_edits(text, edits, self._surroundings)
        if result.problems or not self._check(result.text).valid:
            return text, memory
        return result.text, settled(memory)


def _remember(state: TurnState, memory: Memory, did: str) -> Memory:
    decision = state["decision"]
    happened = Happened(
        wish=shorten(state["message"], 300),
        did=shorten(did, 400),
        why=shorten(decision.thought, 300) if decision else "",
    )
    return memory.with_(turns=[*memory.turns, happened])


def _nothing_done(state: TurnState) -> str:
    problems = state["problems"]
    if not problems:
        return "That changes nothing: the workflow is already like this."
    kept = "The workflow is as it was." if state["start"].strip() else "Nothing was built yet."
    return (
        "I could not do this so that the workflow is valid. "
        f"{kept} What stood in the way:\n{_told(problems)}\n"
        "You can say it in other words or in smaller steps, or choose another model."
    )


def _closing(state: TurnState) -> str:
    parts = [] if state["problems"] else list(state["remarks"])  # the model's words would claim what is not
    failed = [problem for problem in state["problems"] if problem.code == DRY_RUN]
    left = [problem for problem in state["problems"] if problem.code != DRY_RUN]
    if failed:
        parts.append(f"The dry run found what would fail:\n{_told(failed)}")
    if left:
        parts.append(f"Not done, as it would not have been valid:\n{_told(left)}")
    return "\n\n".join(part for part in parts if part)


def _told(problems: Sequence[Diagnostic]) -> str:
    lines = [f"- {problem.message}" + (f" {problem.help}" if problem.help else "") for problem in problems]
    more = [f"- and {len(lines) - _MOST_TOLD} more"] if len(lines) > _MOST_TOLD else []
    return "\n".join([*_distinct(lines[:_MOST_TOLD]), *more])


def _distinct(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
