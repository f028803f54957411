"""`workflow-chat doctor`: what there is on this machine, what is in use, and what lacks what."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict

from chat_app.cli.building import built
from chat_app.cli.doctor.looks import Part, look
from chat_app.cli.exits import Exit
from chat_app.cli.texts import say
from chat_app.translation import joined, tr, translated

SIGNS = {"good": "ok  ", "note": "-   ", "bad": "FAIL"}


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("doctor", help="say what is here, in use, and lacking", description=__doc__)
    command.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    command.set_defaults(command=doctor)


def doctor(arguments: argparse.Namespace) -> Exit:
    """Prints every part; exit status 1 where one is broken, not where one only lacks something optional."""
    with built() as app:
        try:
            parts = asyncio.run(look(app))
        finally:
            app.close()
    if arguments.format == "json":
        say(json.dumps([asdict(part) for part in parts], indent=2, ensure_ascii=False))
    else:
        for part in parts:
            _print(part)
    broken = any(finding.state == "bad" for part in parts for finding in part.findings)
    return Exit.FAILED if broken else Exit.DONE


def _print(part: Part) -> None:
    say(tr(part.title))
    for finding in part.findings:
        say(f"  {SIGNS[finding.state]} {_told(finding.text)}")
        for line in finding.more:
            say(f"         {translated(line)}")
    say("")


def _told(text: str) -> str:
    """A finding in the terminal's language; where it begins with a name, that stays."""
    name, colon, rest = text.partition(": ")
    said = translated(text)
    return joined((name, translated(rest)), ": ") if said == text and colon else said
