"""`workflow-chat replay`: runs a capsule again from its record, without a key, a network or a token.

With `--workflow FILE`, the edited workflow runs on the same inputs and answers, and what differs is shown.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.findings import print_errors
from chat_app.cli.texts import note, read_bytes, say, warn
from chat_app.translation import tr, translated

if TYPE_CHECKING:
    from chat_app.engine.replay import Replayed
    from chat_app.tracing.capsule import Capsule
    from chat_app.workflow.check import CheckResult


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("replay", help="run a capsule again from its record", description=__doc__)
    command.add_argument("capsule", metavar="FILE.zip", help="what `runs export --capsule` wrote")
    command.add_argument("--workflow", metavar="FILE", help="an edited workflow to run instead")
    command.add_argument("--save", metavar="FILE", help="only write the capsule's workflow to a file")
    command.add_argument(
        "--format",
        choices=["text", "json", "events"],
        default="text",
        help="text for a person, what differs as JSON, or one JSON event a line (default: text)",
    )
    command.set_defaults(command=replay)


def replay(arguments: argparse.Namespace) -> Exit:
    """Replays and says whether it came out the same; exit status 1 where it did not."""
    capsule = _opened(arguments.capsule)
    if arguments.save:
        try:
            Path(arguments.save).write_text(capsule.text, encoding="utf-8")
        except OSError as error:
            raise Misuse(f"{arguments.save} cannot be written: {error.strerror or error}") from None
        return Exit.DONE
    checked = _checked(capsule, arguments.workflow)
    if not checked.valid:
        print_errors(checked, arguments.workflow or f"{arguments.capsule}/workflow.yaml")
        return Exit.FAILED
    return asyncio.run(_replay(arguments, capsule, checked))


async def _replay(arguments: argparse.Namespace, capsule: Capsule, checked: CheckResult) -> Exit:
    from chat_app.cli.run_output import TerminalText
    from chat_app.engine.errors import EngineError
    from chat_app.engine.replay import replay as replayed
    from chat_app.events.wire import to_line
    from chat_app.files.store import FileStore

    text = TerminalText()
    heard = {"text": text.event, "events": lambda entry: say(to_line(entry)), "json": lambda entry: None}
    with tempfile.TemporaryDirectory(prefix="workflow-chat-") as folder:
        files = FileStore(Path(folder) / "files")
        for name, content in capsule.contents:
            files.put(content, name)
        try:
            found = await replayed(checked, capsule.events, Path(folder), files, heard[arguments.format])
        except EngineError as problem:
            note(f"{tr('Not replayed: {why}', why=translated(problem.message))}\n  {translated(problem.help)}")
            return Exit.FAILED
    if arguments.format == "text":
        text.ended(found.events[-1] if found.events else None)
    for told in found.notes:
        warn(told)
    edited = checked.text != capsule.text
    return _compare(arguments.format, capsule, found) if edited else _same(arguments.format, capsule, found)


def _same(how: str, capsule: Capsule, found: Replayed) -> Exit:
    """Says whether the same workflow came to the same."""
    from chat_app.engine.replay import unlike

    differences = unlike(capsule.events, found.events)
    if how == "json":
        told = {"run_id": capsule.run_id, "events": len(found.events), "same": not differences}
        say(json.dumps(told | {"differences": differences}, indent=2, ensure_ascii=False))
    elif differences:
        note("\n" + tr("The replay is not the same as the record:"))
        for difference in differences:
            warn(f"  {difference}")
    elif how == "text":
        say("\n" + tr("The same as run {id}, event for event; nobody was asked.", id=capsule.run_id))
    return Exit.FAILED if differences else Exit.DONE


def _compare(how: str, capsule: Capsule, found: Replayed) -> Exit:
    """Shows what the edited workflow does otherwise."""
    from chat_app.cli.runs.comparing import as_json, print_differences
    from chat_app.events.compared import differences, story

    before, after = story(capsule.events), story(found.events)
    told = differences(before, after)
    if how == "json":
        ids = [capsule.run_id, found.events[0].run_id if found.events else ""]
        say(json.dumps(as_json(ids, told) | {"notes": list(found.notes)}, indent=2, ensure_ascii=False))
    elif how == "text":
        say("\n" + tr("With the edited workflow, against run {id}:", id=capsule.run_id))
        print_differences(before, after, told)
    return Exit.FAILED if told else Exit.DONE


def _opened(name: str) -> Capsule:
    from chat_app.tracing.capsule import NoCapsule, read_capsule

    try:
        return read_capsule(Path(name))
    except NoCapsule as problem:
        raise Misuse(f"{name} is no capsule of a run: {problem}") from None
    except OSError as error:
        raise Misuse(f"{name} cannot be read: {error.strerror or error}") from None


def _checked(capsule: Capsule, edited: str | None) -> CheckResult:
    from chat_app.cli.checking import surroundings_in, surroundings_of
    from chat_app.workflow.check import check

    if edited is not None:
        return check(read_bytes(edited), surroundings_of(edited))
    # The record's own files, and no doubt about models that this machine does not know.
    return check(capsule.text, replace(surroundings_in(None), files=dict(capsule.files), models=None))
