"""The command `workflow-chat`: finds the command named and runs it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from chat_app.cli import design, dry_run, explain, run, schema, serve, test, validate
from chat_app.cli.exits import Exit, Misuse

COMMANDS = (serve, design, validate, run, dry_run, test, explain, schema)


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; without a command, `serve` runs."""
    top = argparse.ArgumentParser(
        prog="workflow-chat",
        description="Chat your way to a workflow that is checked before it runs, and run it.",
    )
    commands = top.add_subparsers(metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or (words[0].startswith("-") and words[0] not in {"-h", "--help"}):
        words.insert(0, "serve")
    arguments = parser().parse_args(words)
    try:
        return int(arguments.command(arguments))
    except Misuse as problem:
        print(f"workflow-chat: {problem}", file=sys.stderr)  # noqa: T201
        return Exit.MISUSE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output (head, less) has enough; Python must not complain again at its exit.
        sys.stderr.close()
        return Exit.DONE
