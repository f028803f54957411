"""The last step of an edit: what was really changed, told from the diff; never less than valid."""

from __future__ import annotations

from collections.abc import Sequence

from chat_app.designer.agent.budget import shorten
from chat_app.designer.agent.calls import Emit
from chat_app.designer.agent.costs import Costs
from chat_app.designer.agent.memory import Happened, Memory, Pending
from chat_app.designer.agent.rehearsing import DRY_RUN
from chat_app.designer.agent.requirements import missing_requirements, settled
from chat_app.designer.agent.trying import TRIAL
from chat_app.designer.agent.turn import Changes, Check, TurnState, errors, finding
from chat_app.events.design import Assumed, Card, Edited, Offered, Said
from chat_app.workflow.diagnostics import Diagnostic
from chat_app.workflow.diff import diff
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.skeleton import new_workflow
from chat_app.workflow.surroundings import Surroundings

_MOST_TOLD = 6
_MOST_SHOWN = 12
TAKE = "Take the change"
LEAVE = "Leave it as it was"


class Presenter:
    """Decides which text the turn leaves behind and says so."""

    def __init__(self, check: Check, surroundings: Surroundings, costs: Costs) -> None:
        self._check = check
        self._costs = costs
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
        memory = memory.with_(plan_state="none", trial="none")
        costs = await self._costs.of(state["start"], text) if valid else []
        if costs:
            return self._held_back(state, memory, text, lines, costs, emit)
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
        if words := _closing(state):
            emit(Said(words))
        memory = memory.with_(assumptions=[*memory.assumptions, *new])
        return {"memory": _remember(state, memory, "; ".join(lines)), "working": text}

    def _held_back(
        self, state: TurnState, memory: Memory, text: str, lines: Sequence[str], costs: Sequence[str], emit: Emit
    ) -> Changes:
        """Shows what the change would cost; the next message takes it or leaves it."""
        if words := _closing(state):
            emit(Said(words + "\n\n"))
        changes = "\n".join(f"- {line}" for line in lines[:_MOST_SHOWN])
        told = "\n".join(f"- {line}" for line in costs)
        emit(
            Offered(
                f"This would change:\n{changes}\n\nBut then:\n{told}",
                (
                    Card("Take it", "Make the change all the same.", TAKE, text),
                    Card("Leave it", "Keep the workflow as it is.", LEAVE),
                ),
                takes_first=True,
            )
        )
        pending = Pending(
            start=state["start"],
            text=text,
            edits=list(state["edits"]),
            summary=list(lines),
            repaired=list(_distinct(state["repaired"])),
        )
        return {
            "memory": _remember(state, memory.with_(pending=pending), "shown, not yet taken: " + "; ".join(lines))
        }

    def _result(self, state: TurnState) -> tuple[str, bool]:
        """The text to keep: valid, or at least fewer of the errors that stood there before."""
        working = state["working"]
        if state["valid"] is not None:
            return state["valid"], True
        left = finding(errors(self._check(working).diagnostics)) if working.strip() else frozenset()
        if state["start"].strip() and left < state["start_problems"]:
            return working, False
        return state["start"], False

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
    tried = [problem for problem in state["problems"] if problem.code == TRIAL]
    left = [problem for problem in state["problems"] if problem.code not in (DRY_RUN, TRIAL)]
    if tried:
        parts.append(f"It still fails on the sample:\n{_told(tried)}")
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
