"""Why code did not do its work.

CodeError               has a `message`, a `help`, the `line` of the code, and what was printed before
  CodeRefused           it was not run: no Python, or nothing that this sandbox knows
  CodeFailed            it ran and raised an error
  LimitExceeded         it used more time, memory or room than it may
  ResultRefused         a written field was not assigned, or holds what no field can
  SandboxFailed         the sandbox is not there, or broke
"""

from __future__ import annotations


class CodeError(Exception):
    """Code did not do its work; `help` says what to do."""

    def __init__(self, message: str, *, help: str, line: int | None = None, printed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.line = line
        """Counted from 1 in the code; None where no line is to blame."""
        self.printed = printed


class CodeRefused(CodeError):
    pass


class CodeFailed(CodeError):
    pass


class LimitExceeded(CodeError):
    pass


class ResultRefused(CodeError):
    pass


class SandboxFailed(CodeError):
    pass
