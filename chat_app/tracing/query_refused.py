"""Why a question in SQL is not answered, where it goes wrong and what was most likely meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from chat_app.tracing.query_views import VIEWS
from chat_app.translation import tr
from chat_app.workflow.names import nearest, ranked_names

_KIND = re.compile(r"^(Parser|Binder|Catalog|Permission|Conversion|Invalid Input|Out of Range) Error: ")
_PLACE = re.compile(r"^LINE \d+: [^\n]*\n *\^+", re.MULTILINE)
_TABLE = re.compile(r"Table with name \"?(\w+)\"? does not exist")
_COLUMN = re.compile(r"(?:Referenced column|does not have a column named) \"(\w+)\"")
_FUNCTION = re.compile(r"Function with name \"?(\w+)\"? does not exist!\nDid you mean \"(\w+)\"")
_EXTENSION = re.compile(r"\"(\w+)\" is not in the catalog, but it exists in the \w+ extension")
_MOST_NAMED = 3
_TABLES = ", ".join(f"`{name}`" for name in VIEWS)

Columns = Mapping[str, Sequence[tuple[str, str]]]


class QueryRefused(Exception):
    """The question cannot be answered; the message says why, `help` what to do, `where` shows the place."""

    def __init__(self, message: str, *, help: str, where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.where = where


def refused(error: Exception, sql: str, columns: Columns) -> QueryRefused:
    """DuckDB's error in the words of one who asks the record."""
    text = str(error)
    found = _PLACE.search(text)
    where = found[0] if found else ""
    if "disabled by configuration" in text:
        # The path that it names is the server's: it stays here.
        told = tr("Files, the network and extensions can't be reached from a question.")
        return QueryRefused(told, help=tr("Ask the record alone: {names}.", names=_TABLES), where=where)
    if missing := _TABLE.search(text):
        near = nearest(missing[1].lower(), list(VIEWS))
        help = tr("Did you mean `{name}`?", name=near) if near else tr("There are: {names}.", names=_TABLES)
        return QueryRefused(tr("There is no table `{name}`.", name=missing[1]), help=help, where=where)
    if missing := _COLUMN.search(text):
        return QueryRefused(
            tr("There is no column `{name}`.", name=missing[1]),
            help=_nearest_column(missing[1], sql, columns),
            where=where,
        )
    if missing := _EXTENSION.search(text):
        told = tr("`{name}` is not there: it belongs to an extension.", name=missing[1])
        return QueryRefused(told, help=tr("Ask the record alone: {names}.", names=_TABLES), where=where)
    if missing := _FUNCTION.search(text):
        told = tr("There is no function `{name}`.", name=missing[1])
        return QueryRefused(told, help=tr("Did you mean `{name}`?", name=missing[2]), where=where)
    return QueryRefused(_in_its_words(text.split("\n\n")[0]), help=_what_there_is(sql, columns), where=where)


def _in_its_words(text: str) -> str:
    """What kind of error it is; DuckDB's own words, which are English, stand as code."""
    kind = _KIND.match(text)
    cause = "`" + " ".join(_KIND.sub("", text).split()).replace("`", "'") + "`"
    match kind[1] if kind else "":
        case "Parser":
            return tr("The question cannot be read: {cause}", cause=cause)
        case "Binder" | "Catalog":
            return tr("The question does not fit the tables: {cause}", cause=cause)
        case _:
            return tr("The question cannot be answered: {cause}", cause=cause)


def _named(sql: str, columns: Columns) -> list[str]:
    return [name for name in columns if re.search(rf"\b{name}\b", sql, re.IGNORECASE)]


def _nearest_column(name: str, sql: str, columns: Columns) -> str:
    own = [column for view in _named(sql, columns) for column, _ in columns[view]]
    near = ranked_names(name.lower(), own)[:_MOST_NAMED]
    if near:
        return tr("Did you mean {names}?", names=tr(" or ").join(f"`{one}`" for one in near))
    elsewhere = [view for view, held in columns.items() if name.lower() in {column for column, _ in held}]
    if elsewhere:
        return tr("It is in: {names}.", names=", ".join(f"`{view}`" for view in elsewhere))
    return _what_there_is(sql, columns)


def _what_there_is(sql: str, columns: Columns) -> str:
    """The columns of the first table that the question names; the tables where it names none."""
    named = _named(sql, columns)
    if not named:
        return tr("There are: {names}.", names=_TABLES)
    held = ", ".join(column for column, _ in columns[named[0]])
    return tr("`{table}` has: {columns}.", table=named[0], columns=held)
