"""What can go wrong with a run.

EngineError              has a `message` and a `help`
  NotRunnable            the workflow has errors; no run was made
  BudgetSpent            the month's budget is spent; no run was made
  InputsRefused          inputs that do not fit their types; no run was made
  AnswersRefused         answers that do not fit the questions; the run waits on
  UnknownRun             no run with this id
  NotAtRest              the run is going on, here or in another process
  DamagedCheckpoint      a saved position cannot be read any more
  NodeFailed             a node failed and `on_error` did not help; ends the run
  LimitHit               a hard limit was reached; ends the run at its last checkpoint
StepProblem              one try of a step failed; the step's policy decides what follows
Waiting                  no error: questions for a person are open
"""

from __future__ import annotations

from collections.abc import Sequence

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


def damaged(run_id: str, error: Exception) -> DamagedCheckpoint:
    """What was saved of a run cannot be read."""
    return DamagedCheckpoint(
        f"The last saved position of run {run_id} cannot be read: {error}",
        help="The other runs are not touched. Run it again; `runs rerun ID --from NODE` takes over what came before.",
    )


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
