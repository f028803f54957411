"""SQL over the run store, with DuckDB: read only, in memory, cut off from files, network and extensions.

Only the tables that a question names are read, and of a hosted page's store only the asker's own rows.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection

from chat_app.tracing.ownership import owned_by
from chat_app.tracing.query_refused import Columns, QueryRefused, refused
from chat_app.tracing.query_rows import copy_rows, make_table, source
from chat_app.tracing.query_views import SUMS, TABLES, VIEWS
from chat_app.translation import tr

if TYPE_CHECKING:
    import duckdb

Conditions = Sequence[ColumnElement[bool]]

MOST_ROWS = 10_000
MOST_SECONDS = 60.0
MEMORY = "2GB"

_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
}
# What tells of this machine's folders and of DuckDB itself, and what asks in a text that is not seen here.
_INNER = re.compile(
    r"\b(?:(?:duckdb|pragma)_\w+|current_setting)\b|\bquery(?:_table)?\"?(?=(?:\s|/\*.*?\*/|--[^\n]*\n)*\()",
    re.IGNORECASE | re.DOTALL,
)
_READING = frozenset({"SELECT", "EXPLAIN", "RELATION"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    cut: bool = False
    """Whether there were more rows."""


def ask(
    store: Connection,
    sql: str,
    *,
    owner: str | None = None,
    most_rows: int = MOST_ROWS,
    seconds: float = MOST_SECONDS,
    memory: str = MEMORY,
) -> Answer:
    """The answer to a question; with `owner`, over that owner's rows alone. Raises QueryRefused."""
    import duckdb

    ends = time.monotonic() + seconds
    with duckdb.connect(":memory:", config=_LOCKED | {"memory_limit": memory}) as asked:
        _refuse_all_but_reading(asked, sql)
        try:
            needed = _needed(asked, sql)
        except duckdb.Error as error:
            raise refused(error, sql, _columns()) from None
        whose = {name: [] if owner is None else [owned_by(source(name).table, owner)] for name in sorted(needed)}
        for _ in _filled(asked, store, whose):
            if time.monotonic() > ends:
                raise _too_long(seconds)
        asked.execute("SET lock_configuration = true")
        late = threading.Timer(max(0.0, ends - time.monotonic()), asked.interrupt)
        late.start()
        try:
            return _answer(asked, sql, most_rows)
        except duckdb.InterruptException:
            raise _too_long(seconds) from None
        except duckdb.Error as error:
            raise refused(error, sql, _columns()) from None
        finally:
            late.cancel()


@contextmanager
def opened(store: Connection, wanted: Mapping[str, Conditions]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The views over some of the store's tables, of whose rows these conditions hold, for questions of our own."""
    import duckdb

    with duckdb.connect(":memory:", config=_LOCKED | {"memory_limit": MEMORY}) as asked:
        for _ in _filled(asked, store, wanted):
            pass
        yield asked


def _filled(asked: duckdb.DuckDBPyConnection, store: Connection, wanted: Mapping[str, Conditions]) -> Iterator[int]:
    """Copies what is wanted, part by part, and makes the views over it."""
    for name, conditions in wanted.items():
        yield from copy_rows(asked, store, name, conditions)
    for view in (*TABLES, *SUMS):
        if wanted.keys() >= set(view.reads):
            asked.execute(f"CREATE VIEW {view.name} AS {view.sql}")


def _too_long(seconds: float) -> QueryRefused:
    told = tr("The question took longer than {seconds} seconds.", seconds=f"{seconds:g}")
    return QueryRefused(told, help=tr("Ask for less: a WHERE, a LIMIT."))


def _answer(asked: duckdb.DuckDBPyConnection, sql: str, most_rows: int) -> Answer:
    asked.execute(sql)
    columns = tuple(column[0] for column in asked.description or ())
    rows = asked.fetchmany(most_rows + 1)
    return Answer(columns, tuple(rows[:most_rows]), len(rows) > most_rows)


def _refuse_all_but_reading(asked: duckdb.DuckDBPyConnection, sql: str) -> None:
    import duckdb

    try:
        statements = asked.extract_statements(sql)
    except duckdb.Error as error:
        raise refused(error, sql, _columns()) from None
    if len(statements) != 1:
        told = tr("There are {count} statements.", count=len(statements))
        raise QueryRefused(told, help=tr("Ask one question, beginning with SELECT."))
    kind = statements[0].type.name
    if kind not in _READING:
        told = tr("{kind} is not allowed: the record is only read.", kind=kind)
        raise QueryRefused(told, help=tr("Ask with SELECT."))
    if inner := _INNER.search(sql):
        told = tr("`{name}` can't be used here.", name=inner[0].strip('"'))
        raise QueryRefused(told, help=tr("Ask the record alone: {names}.", names=", ".join(VIEWS)))


def _needed(asked: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    """The store's tables that a question reads, through views or itself."""
    named = {name.lower() for name in asked.get_table_names(sql)}
    return {table for name in named if name in VIEWS for table in VIEWS[name].reads}


@cache
def _columns() -> Columns:
    return columns_of()


def columns_of(names: Sequence[str] = tuple(VIEWS)) -> dict[str, list[tuple[str, str]]]:
    """The columns of each view with their types."""
    import duckdb

    found: dict[str, list[tuple[str, str]]] = {}
    with duckdb.connect(":memory:", config=_LOCKED) as empty:
        for name in {table for view in VIEWS.values() for table in view.reads}:
            make_table(empty, name)
        for view in (*TABLES, *SUMS):
            empty.execute(f"CREATE VIEW {view.name} AS {view.sql}")
        for name in names:
            found[name] = [(str(row[0]), str(row[1])) for row in empty.execute(f"DESCRIBE {name}").fetchall()]
    return found
