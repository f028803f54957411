"""`workflow-chat runs list`: lists runs, the newest first."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.runs.stored import listed, opened
from chat_app.cli.texts import price, say
from chat_app.translation import tr, tr_count, translated

if TYPE_CHECKING:
    from chat_app.tracing.run_row import StoredRun

STATES = ("running", "waiting", "finished", "failed", "stopped", "limit", "interrupted")


def add_to(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the action to the parser."""
    action = actions.add_parser("list", help="list runs, the newest first", description=__doc__)
    action.add_argument("--workflow", metavar="NAME", help="only runs of this workflow")
    action.add_argument("--state", choices=STATES, help="only runs that are in this state")
    action.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many (default: 20)")
    action.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    action.set_defaults(command=list_runs)


def list_runs(arguments: argparse.Namespace) -> Exit:
    """Prints a line for each run."""
    if arguments.limit < 1:
        raise Misuse(f"--limit {arguments.limit}: give a number from 1")
    with opened() as store:
        found = listed(store, arguments.workflow, arguments.state, arguments.limit)
    if arguments.format == "json":
        say(json.dumps([as_json(run) for run in found], indent=2, ensure_ascii=False))
        return Exit.DONE
    if not found:
        say(tr("No runs."))
    for run in found:
        say(line(run))
    return Exit.DONE


def line(run: StoredRun) -> str:
    """A run as one line."""
    started = datetime.fromtimestamp(run.started_at).strftime("%Y-%m-%d %H:%M")
    note = f"  {' '.join(translated(run.message).split())}" if run.message else ""
    model = f" {tr('simulated')}" if run.simulated else ""
    steps = tr_count("{count} step", "{count} steps", run.steps)
    told = tr("{steps}, {seconds}, {cost}", steps=steps, seconds=took(run), cost=cost(run))
    # The state is the word that `--state` takes.
    return f"{run.run_id:<16}  {started}  {run.state:<8}  {run.workflow}{model}  {told}{note}"


def took(run: StoredRun) -> str:
    """How long a run took, in words."""
    return tr("not at rest") if run.ended_at is None else f"{run.ended_at - run.started_at:.1f} s"


def cost(run: StoredRun) -> str:
    """What a run cost, in words; unknown is said to be unknown."""
    if not run.totals.calls:
        return tr("no model asked")
    return price(run.totals.cost_usd)


def as_json(run: StoredRun) -> dict[str, Any]:
    """A run as plain data."""
    return {
        "run_id": run.run_id,
        "owner": run.owner,
        "workflow": run.workflow,
        "state": run.state,
        "message": run.message,
        "model": run.model,
        "simulated": run.simulated,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "steps": run.steps,
        "usage": run.totals.as_json(),
    }
