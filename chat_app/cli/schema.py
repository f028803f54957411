"""`workflow-chat schema`: prints the JSON Schema of the language."""

from __future__ import annotations

import argparse
import json

from chat_app.cli.exits import Exit
from chat_app.cli.texts import say


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    commands.add_parser("schema", help="print the JSON Schema of the language").set_defaults(command=schema)


def schema(_: argparse.Namespace) -> Exit:
    """Prints the schema."""
    from chat_app.workflow.schema import json_schema

    say(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return Exit.DONE
