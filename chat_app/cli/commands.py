"""The command `workflow-chat`: finds the command named and runs it."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from chat_app.cli.exits import Exit, Misuse
from chat_app.translation import from_environment, speaking, translated

COMMANDS = {
    "serve": "chat_app.cli.serve",
    "design": "chat_app.cli.design",
    "import": "chat_app.cli.import_",
    "validate": "chat_app.cli.validate",
    "run": "chat_app.cli.run",
    "runs": "chat_app.cli.runs",
    "batch": "chat_app.cli.batch",
    "costs": "chat_app.cli.costs",
    "query": "chat_app.cli.query",
    "replay": "chat_app.cli.replay",
    "dry-run": "chat_app.cli.dry_run",
    "estimate": "chat_app.cli.estimate",
    "test": "chat_app.cli.test",
    "eval": "chat_app.cli.eval",
    "tools": "chat_app.cli.tools",
    "doctor": "chat_app.cli.doctor",
    "files": "chat_app.cli.files",
    "traces": "chat_app.cli.traces",
    "lsp": "chat_app.cli.lsp",
    "explain": "chat_app.cli.explain",
    "schema": "chat_app.cli.schema",
}
"""Each command's module, which adds its own words to the parser."""


def parser(names: Sequence[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """The parser of these commands; only their modules are imported."""
    top = argparse.ArgumentParser(
        prog="workflow-chat",
        description="Chat your way to a workflow that is checked before it runs, and run it.",
    )
    commands = top.add_subparsers(metavar="COMMAND")
    for name in names:
        importlib.import_module(COMMANDS[name]).add_to(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    # For as long as the command runs: whoever calls it from Python goes on in their own language.
    with speaking(from_environment(os.environ)):
        return _run(list(sys.argv[1:] if argv is None else argv))


def _run(words: list[str]) -> int:
    if words == ["--version"]:
        print(_version())  # noqa: T201
        return Exit.DONE
    if not words or (words[0].startswith("-") and words[0] not in {"-h", "--help"}):
        words.insert(0, "serve")
    # The command named is all that is loaded; any other word needs them all, to say what there is.
    arguments = parser([words[0]] if words[0] in COMMANDS else tuple(COMMANDS)).parse_args(words)
    try:
        return int(arguments.command(arguments))
    except Misuse as problem:
        print(f"workflow-chat: {translated(str(problem))}", file=sys.stderr)  # noqa: T201
        return Exit.MISUSE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output (head, less) has enough; Python must not complain again at its exit.
        sys.stderr.close()
        return Exit.DONE


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"workflow-chat {version('workflow-chat')}"
    except PackageNotFoundError:
        return "workflow-chat, from a checkout"
