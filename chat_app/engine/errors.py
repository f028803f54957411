"""What can go wrong with a run.

EngineError              has a `message` and a `help`
  NotRunnable            the workflow has errors; no run was made
  BudgetSpent            the month's budget is spent; no run was made
  InputsRefused          inputs that do not fit their types; no run was made
  AnswersRefused         answers that do not fit the questions; the run waits on
  UnknownRun             no run with this id
  NotAtRest              the run is going on, here or in another process
  DamagedCheckpoint      a saved position cannot be read any more
  StoreFailed            the engine's database cannot be used: no room, a lock, damage
  RecordMissing          what the record alone tells of the run cannot be read
  NodeFailed             a node failed and `on_error` did not help; ends the run
  LimitHit               a hard limit was reached; ends the run at its last checkpoint
StepProblem              one try of a step failed; the step's policy decides what follows
Waiting                  no error: questions for a person are open
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from chat_app.events.run import Question
from chat_app.tools.errors import CallEnded
from chat_app.workflow.nodes import ErrorCause


class EngineError(Exception):
    """Something the engine says no to; `help` says what to do."""

    def __init__(self, message: str, *, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class NotRunnable(EngineError):
    pass


class InputsRefused(EngineError):
    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems), help="Correct the inputs and start again.")
        self.problems = tuple(problems)


class BudgetSpent(EngineError):
    pass


class AnswersRefused(EngineError):
    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems), help="Correct the answer and send it again.")
        self.problems = tuple(problems)


class UnknownRun(EngineError):
    pass


class NotAtRest(EngineError):
    pass


class DamagedCheckpoint(EngineError):
    pass


class RecordMissing(EngineError):
    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"What run {run_id} did last cannot be read: its record is out of reach, or was removed.",
            help="Make the record readable and resume again, or start a new run. Without it, finished steps would "
            "be done twice.",
        )


def damaged(run_id: str, error: Exception) -> DamagedCheckpoint:
    """What was saved of a run cannot be read."""
    return DamagedCheckpoint(
        f"The last saved position of run {run_id} cannot be read: {error}",
        help="The other runs are not touched. Run it again; `runs rerun ID --from NODE` takes over what came before.",
    )


class StoreFailed(EngineError):
    pass


_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_ROOM = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
)


def sqlite_code(error: Exception) -> int | None:
    """What SQLite says of an error, without the detail, which is in the higher bytes; None where it says nothing."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def store_failed(path: Path, error: Exception) -> StoreFailed | None:
    """What an error of the engine's database means; None where it is none of the disk or of another program."""
    code = sqlite_code(error)
    if code in _DAMAGED:
        return StoreFailed(
            f"The database of runs is damaged: {error}, in {path}.",
            help="Move that file away, with those that begin like it. Runs then begin with an empty database; what "
            "was recorded of earlier runs is in another file and stays.",
        )
    if code in _LOCKED:
        return StoreFailed(
            f"The run could not be saved: {error}, in {path}.",
            help="Another program holds the database of runs. Close that program, then resume the run.",
        )
    if code in _NO_ROOM or isinstance(error, OSError):
        return StoreFailed(
            f"The run could not be saved: {error}, in {path}.",
            help="Make sure that the disk has space and can be written, then resume the run.",
        )
    return None


class NodeFailed(EngineError):
    def __init__(self, node: str, message: str, *, help: str) -> None:
        super().__init__(message, help=help)
        self.node = node


class LimitHit(EngineError, CallEnded):
    def __init__(self, limit: str, allowed: float, message: str) -> None:
        super().__init__(message, help="Resume the run with a higher limit.")
        self.limit = limit
        self.allowed = allowed


class StepProblem(Exception):
    """Why one try of a step failed, with the cause that a retry policy names."""

    def __init__(
        self, message: str, *, help: str, cause: ErrorCause = "any", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.cause: ErrorCause = cause
        self.retry_after = retry_after


class Waiting(Exception):
    """Raised up to the run's own level, so that the run comes to rest until people have answered."""

    def __init__(self, questions: Sequence[Question]) -> None:
        super().__init__("waiting for a person")
        self.questions = tuple(questions)
