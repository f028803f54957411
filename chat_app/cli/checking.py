"""Checks workflow files for the commands, without loading anything heavy."""

from __future__ import annotations

from pathlib import Path

from chat_app.cli.texts import read_bytes
from chat_app.engine.capabilities import RUNNABLE_KINDS
from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.surroundings import Surroundings


def check_file(name: str) -> CheckResult:
    """Checks one file (`-`: standard input); raises Misuse where it cannot be read."""
    folder = Path.cwd() if name == "-" else Path(name).absolute().parent
    return check(read_bytes(name), Surroundings(runnable_kinds=RUNNABLE_KINDS, folder=folder))
