"""`workflow-chat runs export`: writes a run to a file: its events, or a capsule that can be replayed anywhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.runs.stored import chosen, opened
from chat_app.cli.texts import say


def add_to(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the action to the parser."""
    action = actions.add_parser("export", help="write a run to a file", description=__doc__)
    action.add_argument("run", metavar="ID", help="the run: its id, how the id begins, or: last")
    target = action.add_mutually_exclusive_group(required=True)
    target.add_argument("--capsule", metavar="FILE.zip", help="workflow, inputs, answers and events, for `replay`")
    target.add_argument("--events", metavar="FILE.jsonl", help="every event, one JSON object a line")
    action.set_defaults(command=export_run)


def export_run(arguments: argparse.Namespace) -> Exit:
    """Writes the file and says so."""
    from chat_app.events.wire import to_line
    from chat_app.tracing.capsule import NoCapsule, capsule_of, write_capsule

    with opened() as store:
        run = chosen(store, arguments.run)
        events = store.events(run.run_id)
    path = Path(arguments.capsule or arguments.events)
    try:
        if arguments.capsule:
            write_capsule(capsule_of(events), path)
        else:
            path.write_text("".join(f"{to_line(entry)}\n" for entry in events), encoding="utf-8")
    except NoCapsule as problem:
        raise Misuse(f"run {run.run_id} cannot be put into a capsule: {problem}") from None
    except OSError as error:
        raise Misuse(f"{path} cannot be written: {error.strerror or error}") from None
    say(f"Wrote run {run.run_id}, {len(events)} events, to {path}.")
    return Exit.DONE
