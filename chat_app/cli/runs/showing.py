"""`workflow-chat runs show`: shows a run: how it went, what it used, its steps, or all its events."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from chat_app.cli.exits import Exit
from chat_app.cli.runs.listing import as_json, line
from chat_app.cli.runs.stored import chosen, events_of, opened
from chat_app.cli.texts import say
from chat_app.translation import tr

if TYPE_CHECKING:
    from chat_app.events.run import Recorded
    from chat_app.tracing.run_row import StoredRun


def add_to(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the action to the parser."""
    action = actions.add_parser("show", help="show a run", description=__doc__)
    action.add_argument("run", metavar="ID", help="the run: its id, how the id begins, or: last")
    action.add_argument(
        "--format",
        choices=["text", "json", "events"],
        default="text",
        help="text for a person, one JSON object, or one JSON event a line (default: text)",
    )
    action.set_defaults(command=show_run)


def show_run(arguments: argparse.Namespace) -> Exit:
    """Prints a run from its events."""
    with opened() as store:
        run = chosen(store, arguments.run)
        entries = events_of(store, run)
    if arguments.format == "events":
        from chat_app.events.wire import to_line

        for entry in entries:
            say(to_line(entry))
    elif arguments.format == "json":
        say(json.dumps(as_json(run) | _result(entries), indent=2, ensure_ascii=False))
    else:
        _print(run, entries)
    return Exit.DONE


def _result(entries: list[Recorded]) -> dict[str, Any]:
    from chat_app.events.run import RunFinished, RunStarted, RunWaiting
    from chat_app.events.wire import event_to_json

    found: dict[str, Any] = {"inputs": {}, "outputs": {}, "questions": []}
    for entry in entries:
        match entry.event:
            case RunStarted(inputs=inputs):
                found["inputs"] = inputs
            case RunFinished(outputs=outputs):
                found["outputs"] = outputs
    if entries and isinstance(entries[-1].event, RunWaiting):
        found["questions"] = event_to_json(entries[-1].event)["questions"]
    return found


def _print(run: StoredRun, entries: list[Recorded]) -> None:
    from chat_app.cli.run_output import TerminalText, used
    from chat_app.events.run import RunStarted

    say(line(run))
    text = TerminalText()
    for entry in entries:
        if isinstance(entry.event, RunStarted) and not entry.event.resumed:
            for name, value in entry.event.inputs.items():
                say(f"  {name}: {json.dumps(value, ensure_ascii=False)}")
        text.event(entry)
    if run.state == "interrupted":
        command = f"workflow-chat runs resume {run.run_id}"
        say("\n" + tr("Its process ended before it came to rest. Go on with it: {command}", command=command))
        say(used(run.totals))
    elif run.ended_at is None:
        say("\n" + tr("It has not come to rest: it goes on in another process, or that was ended."))
        say(used(run.totals))
    else:
        text.ended(entries[-1] if entries else None)
