"""Checks workflow files for the commands, without loading anything heavy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chat_app.cli.texts import read_bytes
from chat_app.engine.capabilities import CODE_RUNTIMES, RUNNABLE_KINDS, UNSUPPORTED_KEYS
from chat_app.tools.signatures import Signatures
from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.surroundings import Surroundings, ToolSignature


def check_file(name: str) -> CheckResult:
    """Checks one file (`-`: standard input); raises Misuse where it cannot be read."""
    return check(read_bytes(name), surroundings_of(name))


def surroundings_of(name: str) -> Surroundings:
    """What a check of this file may know of the world: the folder it lies in, the kinds and tools there are."""
    return surroundings_in(Path.cwd() if name == "-" else Path(name).absolute().parent)


def surroundings_in(folder: Path | None) -> Surroundings:
    """What a check of a file in this folder may know; None: of a text that is no file."""
    return Surroundings(
        runnable_kinds=RUNNABLE_KINDS,
        unsupported_keys=UNSUPPORTED_KEYS,
        code_runtimes=CODE_RUNTIMES,
        tools=Signatures(_signatures),
        folder=folder,
    )


def _signatures() -> Mapping[str, ToolSignature]:
    from chat_app.tools.catalog import signatures

    return signatures()
