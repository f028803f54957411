"""Why a chat model did not answer, told by status and not by a provider's class names.

ChatModelError
  UnknownModel          no such model, or its provider cannot be told from the name
  KeyRefused            no key, or 401 / 403
  RequestRefused        400 / 404 / 413 / 422: trying again does not help
  RateLimited           429; `retry_after` seconds where the provider says so
  ServerFailed          5xx, garbage instead of an answer, an empty answer
  NotReachable          refused or dropped connection, name not found
  TookTooLong           no first piece, or a stalled stream
  StreamCut             the stream ended before its end; `partial` holds the text so far
"""

from __future__ import annotations

from chat_app.chat_models.protocol import ModelUsage

UNKNOWN = ModelUsage(None, None, None)
FREE = ModelUsage(None, None, 0.0)
"""Of a simulated model whose answer did not end."""


class ChatModelError(Exception):
    """A chat model did not answer; `help` says what to do."""

    retryable = False
    usage: ModelUsage | None = None
    """What the call may be billed for all the same; None: nothing."""

    def __init__(self, message: str, *, help: str, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.status = status


class UnknownModel(ChatModelError):
    pass


class KeyRefused(ChatModelError):
    pass


class RequestRefused(ChatModelError):
    pass


class RateLimited(ChatModelError):
    retryable = True

    def __init__(self, message: str, *, help: str, retry_after: float | None = None) -> None:
        super().__init__(message, help=help, status=429)
        self.retry_after = retry_after


class ServerFailed(ChatModelError):
    retryable = True


class NotReachable(ChatModelError):
    retryable = True


class TookTooLong(ChatModelError):
    retryable = True
    usage = UNKNOWN


class StreamCut(ChatModelError):
    retryable = True
    usage = UNKNOWN

    def __init__(self, message: str, *, help: str, partial: str = "") -> None:
        super().__init__(message, help=help)
        self.partial = partial


def broken_off(error: BaseException, *, simulated: bool = False) -> ModelUsage | None:
    """What a call that ended in this error may be billed for; None: nothing, as where it was refused.

    Where it was left before its end, the provider worked, and may charge for it, but never said how much.
    """
    billed = error.usage if isinstance(error, ChatModelError) else UNKNOWN
    return FREE if simulated and billed is not None else billed
