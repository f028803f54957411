"""Why a step failed, from what its work raised."""

from __future__ import annotations

from chat_app.chat_models.errors import (
    ChatModelError,
    NotReachable,
    RateLimited,
    ServerFailed,
    StreamCut,
    TookTooLong,
)
from chat_app.engine.errors import StepProblem
from chat_app.tools import network_errors
from chat_app.tools.errors import ResultRefused, ToolError
from chat_app.tools.network_errors import NetworkError
from chat_app.workflow.nodes import ErrorCause

_CAUSES: tuple[tuple[type[ChatModelError], ErrorCause], ...] = (
    (RateLimited, "rate_limit"),
    (ServerFailed, "server_error"),
    (TookTooLong, "timeout"),
    (NotReachable, "connection"),
    (StreamCut, "connection"),
)


def problem_of(error: StepProblem | ChatModelError | OSError) -> StepProblem:
    """Why a try failed, with the cause that retry policies name: a model call, a connection, or as its node says."""
    if isinstance(error, StepProblem):
        return error
    problem = _problem_of(error)
    problem.__cause__ = error
    return problem


def _problem_of(error: ChatModelError | OSError) -> StepProblem:
    if not isinstance(error, ChatModelError):
        cause: ErrorCause = "timeout" if isinstance(error, TimeoutError) else "connection"
        return StepProblem(f"The connection failed: {error}", help="Try again.", cause=cause)
    for kind, cause in _CAUSES:
        if isinstance(error, kind):
            after = error.retry_after if isinstance(error, RateLimited) else None
            return StepProblem(error.message, help=error.help, cause=cause, retry_after=after)
    # A refused key or request is no better the next time, whatever the policy says: it has no cause of its own.
    return StepProblem(error.message, help=error.help)


def problem_of_network(error: NetworkError) -> StepProblem:
    """A request that got no answer."""
    cause: ErrorCause = "any"
    if isinstance(error, network_errors.TookTooLong):
        cause = "timeout"
    elif isinstance(error, network_errors.NotReachable):
        cause = "connection"
    return StepProblem(error.message, help=error.help, cause=cause)


def problem_of_tool(error: ToolError) -> StepProblem:
    """A tool that did not do its work; where the network was at fault, so is the cause."""
    behind = error.__cause__
    if isinstance(behind, NetworkError):
        return problem_of_network(behind)
    if isinstance(behind, ChatModelError):
        return problem_of(behind)
    cause: ErrorCause = "invalid_output" if isinstance(error, ResultRefused) else "any"
    return StepProblem(error.message, help=error.help, cause=cause)
