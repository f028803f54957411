"""The state that goes through the graph in one turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypedDict

from chat_app.designer.agent.calls import Emit
from chat_app.designer.agent.decision import Decision
from chat_app.designer.agent.memory import Memory
from chat_app.designer.conversation import Message
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Diagnostic

Check = Callable[[str], CheckResult]
Finding = frozenset[tuple[str, str]]
"""A set of problems, as codes and messages, to see whether the same ones return."""


class Rehearsal(Protocol):
    """What a dry run found; the engine's report is one of these."""

    @property
    def complete(self) -> bool: ...

    @property
    def problems(self) -> Sequence[str]: ...

    def lines(self) -> Sequence[str]: ...


DryRun = Callable[[CheckResult], Awaitable[Rehearsal]]


class TurnState(TypedDict):
    """All values are replaced, never changed in place."""

    message: str
    history: tuple[Message, ...]
    start: str
    """The draft when the turn began."""
    start_problems: Finding
    working: str
    """The text being edited; may be wrong in the middle of a turn."""
    valid: str | None
    """The last text that checked without errors, if any."""
    memory: Memory
    actions: frozenset[str]
    """What the model may decide next."""
    note: str
    """What the code tells the model about its last answer."""
    decision: Decision | None
    said: str
    """What the user has read of the decision's words already."""
    calls: int
    garbled: int
    rounds: int
    rehearsed: bool
    more: bool
    """Whether further edits of this turn are to come."""
    problems: tuple[Diagnostic, ...]
    seen: tuple[Finding, ...]
    edits: tuple[dict[str, Any], ...]
    repaired: tuple[str, ...]
    assumed: tuple[str, ...]
    remarks: tuple[str, ...]
    """Words of the model for after the summary."""


Changes = dict[str, Any]
"""The part of the state that a step replaces."""

Step = Callable[[TurnState, Emit], Awaitable[Changes]]


def begin(
    message: str, history: Sequence[Message], draft: str, memory: Memory, checked: CheckResult | None
) -> TurnState:
    """The state at the begin of a turn; `checked` is the draft's check, None where there is no draft."""
    return TurnState(
        message=message,
        history=tuple(history),
        start=draft,
        start_problems=finding(errors(checked.diagnostics)) if checked else frozenset(),
        working=draft,
        valid=draft if checked is not None and checked.valid else None,
        memory=memory,
        actions=frozenset(),
        note="",
        decision=None,
        said="",
        calls=0,
        garbled=0,
        rounds=0,
        rehearsed=False,
        more=False,
        problems=errors(checked.diagnostics) if checked else (),
        seen=(),
        edits=(),
        repaired=(),
        assumed=(),
        remarks=(),
    )


def errors(diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Those that keep a workflow from running."""
    return tuple(found for found in diagnostics if found.severity.value == "error")


def finding(problems: Sequence[Diagnostic]) -> Finding:
    """The problems as a set that can be compared."""
    return frozenset((problem.code, problem.message) for problem in problems)
