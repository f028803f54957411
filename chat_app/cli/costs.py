"""`workflow-chat costs`: what model calls cost, by run, node, model, design or day. Unknown is said to be unknown."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.texts import say
from chat_app.translation import tr, tr_count

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
        say(tr("No model was asked."))
        return Exit.DONE
    names = [" ".join(filter(None, one.group)) or tr("(designing)") for one in found]
    names.append(tr("in all"))
    width = max(map(len, names))
    for name, one in zip(names, (*found, total), strict=True):
        say(f"{name:<{width}}  {line(one)}")
    if budget is not None:
        say(tr("The monthly budget is ${usd}.", usd=f"{budget:,.2f}"))
    return Exit.DONE


def line(cost: Cost) -> str:
    """A sum in words."""
    told = {"tokens_in": f"{cost.tokens_in:,}", "tokens_out": f"{cost.tokens_out:,}", "cost": money(cost)}
    calls = tr_count("{count} call", "{count} calls", cost.calls)
    if cost.simulated:
        calls = tr("{calls} ({simulated} simulated)", calls=calls, simulated=cost.simulated)
    return tr("{calls}, {tokens_in} tokens in, {tokens_out} out, {cost}", calls=calls, **told)


def money(cost: Cost) -> str:
    """What it cost; where a part is unknown, that is said."""
    if not cost.unknown:
        return f"${cost.known_usd:,.4f}"
    if cost.unknown == cost.calls - cost.simulated and not cost.known_usd:
        return tr("cost unknown")
    return tr_count(
        "at least ${known}; the cost of {count} call is unknown",
        "at least ${known}; the cost of {count} calls is unknown",
        cost.unknown,
        known=f"{cost.known_usd:,.4f}",
    )
