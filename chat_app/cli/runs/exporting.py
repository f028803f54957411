"""`workflow-chat runs export`: writes a run to a file: its events, or a capsule that can be replayed anywhere."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.runs.stored import chosen, events_of, opened
from chat_app.cli.texts import say, warn
from chat_app.translation import tr_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_app.tracing.step_row import StoredFile


def add_to(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the action to the parser."""
    action = actions.add_parser("export", help="write a run to a file", description=__doc__)
    action.add_argument("run", metavar="ID", help="the run: its id, how the id begins, or: last")
    target = action.add_mutually_exclusive_group(required=True)
    target.add_argument("--capsule", metavar="FILE.zip", help="workflow, inputs, answers and events, for `replay`")
    target.add_argument("--events", metavar="FILE.jsonl", help="every event, one JSON object a line; -: terminal")
    action.set_defaults(command=export_run)


def export_run(arguments: argparse.Namespace) -> Exit:
    """Writes the file and says so."""
    from chat_app.events.wire import to_line
    from chat_app.tracing.capsule import NoCapsule, capsule_of, write_capsule

    with opened() as store:
        run = chosen(store, arguments.run)
        events = events_of(store, run)
        files = store.files(run.run_id)
    if arguments.events == "-":
        say("".join(f"{to_line(entry)}\n" for entry in events), end="")
        return Exit.DONE
    path = Path(arguments.capsule or arguments.events)
    try:
        if arguments.capsule:
            write_capsule(capsule_of(events, _contents(files)), path)
        else:
            path.write_text("".join(f"{to_line(entry)}\n" for entry in events), encoding="utf-8")
    except NoCapsule as problem:
        raise Misuse(f"run {run.run_id} cannot be put into a capsule: {problem}") from None
    except OSError as error:
        raise Misuse(f"{path} cannot be written: {error.strerror or error}") from None
    say(
        tr_count(
            "Wrote run {id}, {count} event, to {file}.",
            "Wrote run {id}, {count} events, to {file}.",
            len(events),
            id=run.run_id,
            file=path,
        )
    )
    return Exit.DONE


def _contents(files: Sequence[StoredFile]) -> list[tuple[str, bytes]]:
    """The contents of the files that are still kept, each once."""
    from chat_app.cli.building import settings_here
    from chat_app.files.errors import FileError
    from chat_app.files.reference import FileRef
    from chat_app.files.store import FileStore

    settings = settings_here()
    kept = FileStore(settings.data / "files", settings.files)
    found: dict[str, tuple[str, bytes]] = {}
    for one in files:
        try:
            content = kept.read(FileRef(one.name, one.media_type, one.sha256, one.size))
        except FileError as problem:
            warn(f"{problem.message} The capsule does without it.")
        else:
            found[one.sha256] = one.name, content
    return list(found.values())
