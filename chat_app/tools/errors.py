"""Why a tool did not do its work.

ToolError             has a `message` and a `help`
  UnknownTool         there is none of this name
  ArgumentsRefused    the arguments do not fit; the tool was not called
  ToolMissing         it needs something that is not here; it was not called
  ToolFailed          it was called and could not do it
  ResultRefused       it returned what it promised not to

CallEnded             whoever called it ends the call; it passes through, as it is no failure of the tool
"""

from __future__ import annotations


class ToolError(Exception):
    """A tool did not do its work; `help` says what to do."""

    def __init__(self, message: str, *, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class CallEnded(Exception):
    """Base of what is raised through a tool by those whom it works for."""


class UnknownTool(ToolError):
    pass


class ArgumentsRefused(ToolError):
    pass


class ToolMissing(ToolError):
    pass


class ToolFailed(ToolError):
    pass


class ResultRefused(ToolError):
    pass
