"""`workflow-chat runs prune`: forgets old runs, by age and by size. What they cost stays in the sums."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING

from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.texts import say
from chat_app.translation import tr, tr_count

if TYPE_CHECKING:
    from chat_app.tracing.keep import Keep


def add_to(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the action to the parser."""
    action = actions.add_parser("prune", help="forget old runs", description=__doc__)
    action.add_argument("--days", type=float, metavar="N", help="keep the runs of the last N days")
    action.add_argument("--mb", type=float, metavar="N", help="keep N megabytes of the newest runs")
    action.add_argument("--dry-run", action="store_true", help="only say what would go by --days")
    action.set_defaults(command=prune_runs)


def prune_runs(arguments: argparse.Namespace) -> Exit:
    """Forgets runs in the record and what a resume of them would need."""
    from chat_app.cli.building import settings_here
    from chat_app.tracing.keep import Keep

    settings = settings_here()
    given = Keep(arguments.days, arguments.mb)
    keep = given if given.bounded else settings.keep
    if not keep.bounded:
        raise Misuse("say what to keep: --days N, --mb N, WORKFLOW_CHAT_KEEP_DAYS or WORKFLOW_CHAT_KEEP_MB")
    for bound in (keep.days, keep.megabytes):
        if bound is not None and bound < 0:
            raise Misuse(f"{bound:g} cannot be kept; give a number from 0")
    return asyncio.run(_prune(keep, dry=arguments.dry_run))


async def _prune(keep: Keep, *, dry: bool) -> Exit:
    from sqlalchemy.exc import SQLAlchemyError

    from chat_app.cli.building import built

    with built() as app:
        try:
            found = await app.prune(keep, dry=dry, compact=not dry)
        except SQLAlchemyError as error:
            raise Misuse(f"the run store cannot be read: {getattr(error, 'orig', None) or error}") from None
        finally:
            await app.aclose()
    runs = tr_count("{count} run", "{count} runs", len(found.runs))
    turns = tr_count("{count} design turn", "{count} design turns", found.turns)
    if dry:
        say(tr("Would be forgotten: {runs} and {turns}.", runs=runs, turns=turns))
    else:
        say(tr("Forgotten: {runs} and {turns}.", runs=runs, turns=turns))
        before, after = (f"{size / 1e6:,.1f}" for size in (found.bytes_before, found.bytes_after))
        say(tr("The store held {before} MB and holds {after} MB now.", before=before, after=after))
    return Exit.DONE
