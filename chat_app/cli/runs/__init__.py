"""`workflow-chat runs`: the runs that were made here. Each action is a module of its own."""

from __future__ import annotations

import argparse

from chat_app.cli.runs import comparing, exporting, listing, pruning, rerunning, resuming, showing

ACTIONS = (listing, showing, resuming, rerunning, comparing, exporting, pruning)
"""Each adds its own words to the parser, and imports what it needs only when it runs."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser(
        "runs", help="list, show, resume, rerun, compare, export and forget the runs made here", description=__doc__
    )
    actions = command.add_subparsers(metavar="ACTION", required=True)
    for action in ACTIONS:
        action.add_to(actions)
