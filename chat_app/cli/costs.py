"""`workflow-chat costs`: what model calls cost, by run, node, model, design or day. Unknown is said to be unknown."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.texts import say

if TYPE_CHECKING:
    from chat_app.tracing.costs import Cost

GROUPINGS = ("run", "node", "model", "design", "day")


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("costs", help="say what model calls cost", description=__doc__)
    command.add_argument("--by", choices=GROUPINGS, default="model", help="what is summed up (default: model)")
    command.add_argument("--month", metavar="YYYY-MM", help="a month in UTC, or: all (default: this month)")
    command.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many lines (default: 50)")
    command.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    command.set_defaults(command=costs)


def costs(arguments: argparse.Namespace) -> Exit:
    """Prints a line for each group, the dearest first, and the sum."""
    from chat_app.cli.building import settings_here
    from chat_app.cli.runs.stored import opened
    from chat_app.tracing import costs as sums

    try:
        since, until = (None, None) if arguments.month == "all" else sums.month(arguments.month)
    except ValueError:
        raise Misuse(f"--month {arguments.month}: write it as 2026-11, or: all") from None
    with opened() as store:
        found: list[Cost] = store.read(lambda file: sums.by(file, arguments.by, since, until, arguments.limit), [])
        total = store.read(lambda file: sums.total(file, since, until), None)
    budget = settings_here().monthly_usd
    if arguments.format == "json":
        told = {"by": arguments.by, "total": total.as_json() if total else None, "monthly_usd": budget}
        say(json.dumps(told | {"groups": [one.as_json() for one in found]}, indent=2, ensure_ascii=False))
        return Exit.DONE
    if total is None or not total.calls:
        say("No model was asked.")
        return Exit.DONE
    names = [" ".join(filter(None, one.group)) or "(designing)" for one in found]
    width = max(len(name) for name in (*names, "in all"))
    for name, one in zip((*names, "in all"), (*found, total), strict=True):
        say(f"{name:<{width}}  {line(one)}")
    if budget is not None:
        say(f"The monthly budget is ${budget:,.2f}.")
    return Exit.DONE


def line(cost: Cost) -> str:
    """A sum in words."""
    simulated = f" ({cost.simulated} simulated)" if cost.simulated else ""
    return f"{cost.calls:,} calls{simulated}, {cost.tokens_in:,} tokens in, {cost.tokens_out:,} out, {money(cost)}"


def money(cost: Cost) -> str:
    """What it cost; where a part is unknown, that is said."""
    if not cost.unknown:
        return f"${cost.known_usd:,.4f}"
    if cost.unknown == cost.calls - cost.simulated and not cost.known_usd:
        return "cost unknown"
    return f"at least ${cost.known_usd:,.4f}; the cost of {cost.unknown:,} calls is unknown"
