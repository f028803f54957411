"""`workflow-chat files`: what is kept of the files of runs; saves a run's files, and removes what no run needs."""

from __future__ import annotations

import argparse
from pathlib import Path

from chat_app.cli.exits import Exit
from chat_app.cli.texts import say, warn
from chat_app.translation import tr, tr_count, translated


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser(
        "files", help="what is kept of runs' files; save or prune them", description=__doc__
    )
    command.set_defaults(command=show)
    actions = command.add_subparsers(metavar="ACTION")
    saved = actions.add_parser("save", help="save the files among a run's outputs")
    saved.add_argument("run", metavar="ID", help="the run: its id, how the id begins, or: last")
    saved.add_argument("--out-dir", metavar="DIR", type=Path, default=Path(), help="where to (default: here)")
    saved.set_defaults(command=save)
    pruned = actions.add_parser("prune", help="remove files that no run refers to and nobody gave within a day")
    pruned.set_defaults(command=prune)


def show(arguments: argparse.Namespace) -> Exit:
    """Tells how much is kept."""
    from chat_app.cli.building import built
    from chat_app.files.sizes import shown_size

    with built() as app:
        usage, bound = app.files.usage(), app.files.bounds.store
        app.close()
    files = tr_count("{count} file", "{count} files", usage.files)
    size, most = shown_size(usage.bytes), shown_size(bound)
    say(tr("{files}, {size} of at most {most}", files=files, size=translated(size), most=translated(most)))
    return Exit.DONE


def save(arguments: argparse.Namespace) -> Exit:
    """Saves the files of a run that has ended."""
    from chat_app.cli.building import built
    from chat_app.cli.output_files import save_files
    from chat_app.cli.runs.stored import chosen, opened

    with opened() as store:
        run_id = chosen(store, arguments.run).run_id
    with built() as app:
        try:
            places = save_files(app.runs.status(run_id).outputs, app.files, arguments.out_dir)
        finally:
            app.close()
    for place in places:
        say(tr("saved {place}", place=place))
    if not places:
        say(tr("The outputs of run {id} hold no file.", id=run_id))
    return Exit.DONE


def prune(arguments: argparse.Namespace) -> Exit:
    """Removes what no run refers to."""
    from chat_app.cli.building import built
    from chat_app.files.errors import FileError
    from chat_app.files.sizes import shown_size

    with built() as app:
        try:
            gone = app.prune_files()
        except FileError as error:
            warn(f"{error.message} {error.help}")
            return Exit.FAILED
        finally:
            app.close()
    files = tr_count("{count} file", "{count} files", gone.files)
    say(tr("removed {files}, {size}", files=files, size=translated(shown_size(gone.bytes))))
    return Exit.DONE
