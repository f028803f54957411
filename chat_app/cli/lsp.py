"""`workflow-chat lsp`: a language server, for editors."""

from __future__ import annotations

import argparse
import logging
import sys

from chat_app.chat_models.providers import PROVIDERS
from chat_app.cli.checking import surroundings_in
from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.texts import program_version
from chat_app.language_server.server import language_server
from chat_app.language_server.world import World


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("lsp", help="serve editors as a language server", description=__doc__)
    command.add_argument("--stdio", action="store_true", help="speak over standard input and output (the default)")
    command.add_argument("--tcp", type=int, metavar="PORT", help="wait for one editor at this port of 127.0.0.1")
    command.set_defaults(command=lsp)


def lsp(arguments: argparse.Namespace) -> Exit:
    """Serves one editor until it leaves."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    server = language_server(World(surroundings_in, known_models(), program_version()))
    if arguments.tcp is not None:
        # It says where it listens.
        logging.getLogger("pygls.server").setLevel(logging.INFO)
        try:
            server.start_tcp("127.0.0.1", arguments.tcp)
        except (OSError, OverflowError) as error:
            raise Misuse(f"cannot listen at 127.0.0.1:{arguments.tcp}; is it in use? ({error})") from None
        return Exit.DONE
    output, sys.stdout = sys.stdout, sys.stderr
    # Whatever prints, prints to standard error: standard output belongs to the protocol.
    server.start_io(sys.stdin.buffer, output.buffer)
    return Exit.DONE


def known_models() -> tuple[str, ...]:
    """Models to offer for `model`."""
    return tuple(model for provider in PROVIDERS for model in provider.models)
