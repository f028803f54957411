"""`workflow-chat runs rerun`: runs an earlier run's workflow again, from a node on or with other inputs.

What would come to the same is taken over from the earlier run: the same step, the same values read, the same
model. Without --from and without inputs, everything is done again.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from chat_app.cli.exits import Exit
from chat_app.cli.following import OUTPUTS, Started, add_following, answers_of, followed
from chat_app.cli.input_files import kept
from chat_app.cli.runs.stored import started_here
from chat_app.cli.values import read_inputs

if TYPE_CHECKING:
    from chat_app.app import App


def add_to(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the action to the parser."""
    action = actions.add_parser("rerun", help="run again, from a node on or with other inputs", description=__doc__)
    action.add_argument("run", metavar="ID", help="the run: its id, how the id begins, or: last")
    action.add_argument("--from", dest="anew", metavar="NODE", help="the node that is done again in any case")
    action.add_argument(
        "--input", action="append", default=[], metavar="NAME=VALUE", help="an input to change; may be repeated"
    )
    action.add_argument("--inputs", metavar="FILE.json", help="inputs to change by name, as a JSON object")
    action.add_argument("--model", metavar="NAME", help="another model than the earlier run's")
    add_following(action)
    action.set_defaults(command=rerun)


def rerun(arguments: argparse.Namespace) -> Exit:
    """Starts the new run and follows it."""

    async def start(app: App) -> Started:
        before = started_here(app.runs, arguments.run)
        inputs = kept(read_inputs(arguments, app.runs.workflow(before)), app.files)
        whole = arguments.anew is None and not inputs and arguments.model is None
        run_id = await app.runs.rerun(before, anew=arguments.anew, inputs=inputs, whole=whole, model=arguments.model)
        return run_id, 0

    return asyncio.run(followed(start, answers_of(arguments), OUTPUTS[arguments.format](), arguments.out_dir))
