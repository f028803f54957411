"""`workflow-chat explain CODE`: what a finding means, with wrong and right YAML; what a kind of node takes."""

from __future__ import annotations

import argparse

from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.texts import say


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser(
        "explain", help="explain a finding of the checker, or a kind of node", description=__doc__
    )
    command.add_argument(
        "code", metavar="CODE", help="the code of a finding, such as read-before-write, or a kind, such as map"
    )
    command.set_defaults(command=explain_code)


def explain_code(arguments: argparse.Namespace) -> Exit:
    """Prints the manual's section of a code or a kind."""
    from chat_app.workflow.explain import UnknownCode, explain
    from chat_app.workflow.nodes import NODE_KINDS
    from chat_app.workflow.reference import of_kind

    if arguments.code in NODE_KINDS:
        say(of_kind(arguments.code))
        return Exit.DONE
    try:
        say(explain(arguments.code))
    except UnknownCode as problem:
        raise Misuse(str(problem)) from None
    return Exit.DONE
