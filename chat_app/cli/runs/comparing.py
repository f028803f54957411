"""`workflow-chat runs diff`: what is not the same in two runs: workflow, inputs, steps, ways, outputs."""

from __future__ import annotations

import argparse
import difflib
import json
from typing import TYPE_CHECKING, Any

from chat_app.cli.exits import Exit
from chat_app.cli.runs.stored import chosen, events_of, opened
from chat_app.cli.texts import say
from chat_app.translation import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_app.events.compared import Difference, Story

LONGEST = 120
"""Characters of a value in a line."""


def add_to(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the action to the parser."""
    action = actions.add_parser("diff", help="compare two runs", description=__doc__)
    action.add_argument("before", metavar="ID", help="a run: its id, how the id begins, or: last")
    action.add_argument("after", metavar="ID", help="the run to compare it with")
    action.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    action.set_defaults(command=diff_runs)


def diff_runs(arguments: argparse.Namespace) -> Exit:
    """Prints what differs; exit status 1 where something does."""
    from chat_app.events.compared import differences, story

    with opened() as store:
        runs = [chosen(store, named) for named in (arguments.before, arguments.after)]
        before, after = (story(events_of(store, run)) for run in runs)
    ids = [run.run_id for run in runs]
    found = differences(before, after)
    if arguments.format == "json":
        say(json.dumps(as_json(ids, found), indent=2, ensure_ascii=False))
    else:
        say(f"--- {ids[0]}\n+++ {ids[1]}")
        print_differences(before, after, found)
    return Exit.FAILED if found or before.text != after.text else Exit.DONE


def as_json(ids: Sequence[str], found: Sequence[Difference]) -> dict[str, Any]:
    """The differences as plain data; a side that lacks a value has no key for it."""
    from chat_app.events.compared import NOT_THERE

    told = []
    for one in found:
        sides = {"before": one.before, "after": one.after}
        told.append({"where": one.where} | {name: value for name, value in sides.items() if value is not NOT_THERE})
    return {"before": ids[0], "after": ids[1], "differences": told}


def print_differences(before: Story, after: Story, found: Sequence[Difference]) -> None:
    """Prints how the workflow's text changed, then what else differs."""
    lines = difflib.unified_diff(
        before.text.splitlines(), after.text.splitlines(), "workflow", "workflow", lineterm=""
    )
    for line in lines:
        say(line)
    for one in found:
        say(f"{one.where}:\n  - {_brief(one.before)}\n  + {_brief(one.after)}")
    if not found and before.text == after.text:
        say(tr("No difference."))


def _brief(value: Any) -> str:
    from chat_app.events.compared import NOT_THERE

    if value is NOT_THERE:
        return tr("(not there)")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
