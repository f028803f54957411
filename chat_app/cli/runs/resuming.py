"""`workflow-chat runs resume`: goes on with a run after a kill, a stop, a failure, a limit or a question."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Any

from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.following import OUTPUTS, Started, add_following, answers_of, followed
from chat_app.cli.runs.stored import started_here

if TYPE_CHECKING:
    from chat_app.app import App
    from chat_app.workflow.document import Limits


def add_to(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the action to the parser."""
    action = actions.add_parser("resume", help="go on with a run from where it was", description=__doc__)
    action.add_argument("run", metavar="ID", help="the run: its id, how the id begins, or: last")
    action.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a limit that holds from now on, such as steps=500; may be repeated",
    )
    add_following(action)
    action.set_defaults(command=resume_run)


def resume_run(arguments: argparse.Namespace) -> Exit:
    """Sets the run going again and follows it."""
    limits = read_limits(arguments.limit)

    async def start(app: App) -> Started:
        run_id = started_here(app.runs, arguments.run)
        status = app.runs.status(run_id)
        if status.state == "waiting" and not limits.model_dump(exclude_none=True):
            # Its last event holds the questions; whoever follows it answers them.
            entries = app.store.events(run_id)
            return run_id, entries[-1].offset if entries else 0
        offset = app.store.run(run_id)
        await app.runs.resume(run_id, limits)
        return run_id, offset.next_offset if offset is not None else 0

    return asyncio.run(followed(start, answers_of(arguments), OUTPUTS[arguments.format](), arguments.out_dir))


def read_limits(pairs: list[str]) -> Limits:
    """Limits from `name=value`; raises Misuse."""
    from pydantic import ValidationError

    from chat_app.workflow.document import Limits

    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or name not in Limits.model_fields:
            raise Misuse(f"--limit {pair}: write name=value; the limits are {', '.join(Limits.model_fields)}")
        values[name] = text
    try:
        return Limits.model_validate_strings(values)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise Misuse(f"--limit {wrong['loc'][0]}={values[str(wrong['loc'][0])]}: {wrong['msg']}") from None
