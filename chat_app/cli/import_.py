"""`workflow-chat import`: takes over another program's workflow."""

from __future__ import annotations

import argparse
from pathlib import Path

from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.texts import note, read_bytes, say, warn
from chat_app.translation import tr


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser(
        "import",
        help="take over a workflow of configurable-agents, Dify or n8n",
        description="Reads a workflow of configurable-agents (YAML), Dify (DSL) or n8n (JSON), or one of ours that "
        "needs mending, and prints ours. What was decided and what could not be taken over is told on stderr.",
    )
    command.add_argument("file", metavar="FILE", help="the exported file, or - for standard input")
    command.add_argument("-o", "--output", metavar="OUT", help="write the workflow here; a file that is there stays")
    command.set_defaults(command=import_file)


def import_file(arguments: argparse.Namespace) -> Exit:
    """Prints or writes the workflow; exit status 1 where it still has an error."""
    from chat_app.cli.checking import surroundings_of
    from chat_app.workflow.foreign.imports import NotAWorkflow, import_workflow

    try:
        text = read_bytes(arguments.file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Misuse(f"{arguments.file} is no UTF-8 text") from None
    try:
        imported = import_workflow(text, surroundings_of("-"))
    except NotAWorkflow as problem:
        raise Misuse(f"{arguments.file}: {problem.message} {problem.help}") from None
    for line in imported.lines():
        warn(line)
    if arguments.output:
        _write_new(Path(arguments.output), imported.text)
        command = f"workflow-chat design {arguments.output}"
        note(tr("Wrote {file}. Go on with: {command}", file=arguments.output, command=command))
    else:
        say(imported.text, end="")
    return Exit.DONE if imported.checked.valid else Exit.FAILED


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise Misuse(f"{path} is there already; name another file") from None
    except OSError as error:
        raise Misuse(f"{path} cannot be written: {error.strerror or error}") from None
