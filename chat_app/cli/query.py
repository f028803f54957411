"""`workflow-chat query`: asks the record of runs in SQL. It is only read."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.texts import note, say
from chat_app.translation import tr, tr_count

if TYPE_CHECKING:
    from chat_app.tracing.query import Answer

WIDEST = 60
"""Characters of a cell that is printed for a person."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("query", help="ask the record of runs in SQL", description=__doc__)
    command.add_argument("sql", nargs="?", metavar="SQL", help="the question: SELECT ..., or - for standard input")
    command.add_argument("--views", action="store_true", help="show what can be asked for, with its columns")
    command.add_argument("--examples", action="store_true", help="show questions to begin with")
    command.add_argument("--limit", type=int, default=200, metavar="N", help="at most so many rows (default: 200)")
    command.add_argument(
        "--format", choices=["text", "json", "csv"], default="text", help="how to print (default: text)"
    )
    command.set_defaults(command=query)


def query(arguments: argparse.Namespace) -> Exit:
    """Prints the answer."""
    if arguments.views or arguments.examples:
        return _show_what_there_is(arguments)
    if arguments.sql is None:
        raise Misuse("give a question in SQL; --examples shows some, --views what can be asked for")
    if arguments.limit < 1:
        raise Misuse(f"--limit {arguments.limit}: give a number from 1")
    from chat_app.cli.building import settings_here
    from chat_app.cli.runs.stored import opened
    from chat_app.library import Library
    from chat_app.tracing.designs import take_in
    from chat_app.tracing.query import Answer, ask
    from chat_app.tracing.query_refused import QueryRefused

    sql = sys.stdin.read() if arguments.sql == "-" else arguments.sql
    with opened() as store:
        take_in(Library(settings_here().designs), store)
        try:
            answer = store.read(lambda file: ask(file, sql, most_rows=arguments.limit), Answer((), ()))
        except QueryRefused as problem:
            raise Misuse(f"{problem.message}\n  {problem.help}") from None
    if not answer.columns:
        note(tr("Nothing was recorded yet: make a run with `workflow-chat run FILE`, then ask again."))
        if arguments.format == "json":
            say("[]")
        return Exit.DONE
    _PRINTERS[arguments.format](answer)
    if answer.cut:
        note(tr("There are more rows than {limit}; --limit shows more.", limit=arguments.limit))
    return Exit.DONE


def _show_what_there_is(arguments: argparse.Namespace) -> Exit:
    from chat_app.tracing.query import columns_of
    from chat_app.tracing.query_views import EXAMPLES, VIEWS

    if arguments.examples:
        for title, sql in EXAMPLES:
            say(f"-- {tr(title)}\n{sql}\n")
        return Exit.DONE
    for name, columns in columns_of().items():
        say(f"{name}: {tr(VIEWS[name].about)}")
        say("  " + ", ".join(f"{column} {kind.lower()}" for column, kind in columns))
    return Exit.DONE


def _print_text(answer: Answer) -> None:
    cells = [[_cell(value) for value in row] for row in answer.rows]
    widths = [max(len(name), *(len(row[n]) for row in cells), 1) for n, name in enumerate(answer.columns)]
    say("  ".join(name.ljust(width) for name, width in zip(answer.columns, widths, strict=True)).rstrip())
    say("  ".join("-" * width for width in widths))
    for row in cells:
        say("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    say(f"({tr_count('{count} row', '{count} rows', len(cells))})")


def _print_json(answer: Answer) -> None:
    rows = [dict(zip(answer.columns, map(_plain, row), strict=True)) for row in answer.rows]
    say(json.dumps(rows, indent=2, ensure_ascii=False))


def _print_csv(answer: Answer) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([["" if value is None else _plain(value) for value in row] for row in answer.rows])


def _cell(value: Any) -> str:
    if value is None:
        return "unknown"
    text = f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(_plain(value))
    text = " ".join(text.split())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case date():
            return value.isoformat()
        case list() | tuple():
            return [_plain(part) for part in value]
        case _:
            return str(value)


_PRINTERS = {"text": _print_text, "json": _print_json, "csv": _print_csv}
