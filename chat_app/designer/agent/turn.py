"""The state that goes through the graph in one turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Protocol, cast

from pydantic import PlainSerializer, PlainValidator, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from chat_app.designer.agent.calls import Emit
from chat_app.designer.agent.decision import Decision
from chat_app.designer.agent.memory import Memory
from chat_app.designer.conversation import Message
from chat_app.designer.starting import StartCard
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diagnostics import Diagnostic, Severity

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


def _plain(problem: Diagnostic) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": problem.severity.value,
        "message": problem.message,
        "path": list(problem.path),
        "help": problem.help,
    }


def _problem(data: Any) -> Diagnostic:
    if isinstance(data, Diagnostic):
        return data
    path = tuple(data["path"])
    return Diagnostic(data["code"], Severity(data["severity"]), data["message"], path, help=data["help"])


if TYPE_CHECKING:
    Problem = Diagnostic
else:
    Problem = Annotated[Any, PlainSerializer(_plain), PlainValidator(_problem)]
"""A diagnostic as it is kept between steps: without its place in the text and its fix, which were made by then."""


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
    starts: tuple[StartCard, ...]
    """The patterns that the model may start from."""
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
    problems: tuple[Problem, ...]
    seen: tuple[Finding, ...]
    edits: tuple[dict[str, Any], ...]
    repaired: tuple[str, ...]
    assumed: tuple[str, ...]
    remarks: tuple[str, ...]
    """Words of the model for after the summary."""
    tried: int
    """How often the workflow was tried in this turn."""
    material: tuple[str, ...]
    """What trials said: nothing in it is a wish."""


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
        starts=(),
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
        tried=0,
        material=(),
    )


_STATE: TypeAdapter[TurnState] = TypeAdapter(TurnState)


def packed(state: TurnState) -> dict[str, Any]:
    """The state as plain data, as it is kept between steps."""
    return cast(dict[str, Any], _STATE.dump_python(state, mode="json"))


def unpacked(data: Any) -> TurnState | None:
    """The state in plain data; None where it is none, or of another version of the program."""
    try:
        return _STATE.validate_python(data)
    except ValidationError:
        return None


def errors(diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Those that keep a workflow from running."""
    return tuple(found for found in diagnostics if found.severity.value == "error")


def finding(problems: Sequence[Diagnostic]) -> Finding:
    """The problems as a set that can be compared."""
    return frozenset((problem.code, problem.message) for problem in problems)
