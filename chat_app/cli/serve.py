"""`workflow-chat serve`: opens the app."""

from __future__ import annotations

import argparse
from contextlib import closing

from chat_app.cli.building import built
from chat_app.cli.exits import Exit
from chat_app.cli.texts import say


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("serve", help="open the app (the default)", description=__doc__)
    command.add_argument("--host", default=None, help="the address to listen at (default: 127.0.0.1)")
    command.add_argument("--port", type=int, default=None, help="the port (default: the first free one from 7860)")
    command.add_argument("--open", action="store_true", help="open the page in the browser")
    command.set_defaults(command=serve)


def serve(arguments: argparse.Namespace) -> Exit:
    """Starts the app and waits until it is stopped."""
    say("Starting workflow-chat ...")
    with built(paced=True) as app, closing(app):
        app.serve(host=arguments.host, port=arguments.port, open_browser=arguments.open, ready=tell)
    return Exit.DONE


def tell(url: str) -> None:
    """Says where the page is."""
    say(f"workflow-chat is at {url} (stop it with Ctrl+C)")
