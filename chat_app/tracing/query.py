"""SQL over the run store, with DuckDB: read only, in memory, cut off from files, network and extensions.

Only the tables that a question names are read, and of a hosted page's store only the asker's own rows.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Table, or_, select

from chat_app.tracing.query_views import SUMS, TABLES, VIEWS
from chat_app.tracing.tables import (
    CONVERSATIONS,
    DESIGNS,
    EVENTS,
    FILES,
    METADATA,
    REVISIONS,
    RUNS,
    STEPS,
    TURNS,
    USAGE,
)
from chat_app.workflow.names import nearest

if TYPE_CHECKING:
    import duckdb
    import pyarrow

MOST_ROWS = 10_000
MOST_SECONDS = 60.0
MEMORY = "2GB"
READ_AT_ONCE = 50_000

_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "memory_limit": MEMORY,
}
_READING = frozenset({"SELECT", "EXPLAIN", "RELATION"})


class QueryRefused(Exception):
    """The question cannot be answered; the message says why, `help` what to do."""

    def __init__(self, message: str, *, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


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
) -> Answer:
    """The answer to a question; with `owner`, over that owner's rows alone. Raises QueryRefused."""
    import duckdb

    with duckdb.connect(":memory:", config=_LOCKED) as asked:
        _refuse_all_but_reading(asked, sql)
        try:
            needed = _needed(asked, sql)
        except duckdb.Error as error:
            raise _refused(error, sql) from None
        for name in sorted(needed):
            _load(asked, store, METADATA.tables[name], owner)
        for view in (*TABLES, *SUMS):
            if set(view.reads) <= needed:
                asked.execute(f"CREATE VIEW {view.name} AS {view.sql}")
        asked.execute("SET lock_configuration = true")
        late = threading.Timer(seconds, asked.interrupt)
        late.start()
        try:
            return _answer(asked, sql, most_rows)
        except duckdb.InterruptException:
            raise QueryRefused(
                f"The question took longer than {seconds:g} seconds.", help="Ask for less: a WHERE, a LIMIT."
            ) from None
        except duckdb.Error as error:
            raise _refused(error, sql) from None
        finally:
            late.cancel()


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
        raise _refused(error, sql) from None
    if len(statements) != 1:
        raise QueryRefused(
            f"There are {len(statements)} statements.", help="Ask one question, beginning with SELECT."
        )
    kind = statements[0].type.name
    if kind not in _READING:
        raise QueryRefused(f"{kind} is not allowed: the record is only read.", help="Ask with SELECT.")


def _needed(asked: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    """The store's tables that a question reads, through views or itself."""
    named = {name.lower() for name in asked.get_table_names(sql)}
    return {table for name in named if name in VIEWS for table in VIEWS[name].reads}


def _load(asked: duckdb.DuckDBPyConnection, store: Connection, table: Table, owner: str | None) -> None:
    """Copies a table's rows; those of one owner where that is wanted."""
    import pyarrow

    schema = pyarrow.schema([(column.name, _arrow_type(column)) for column in table.columns])
    query = select(table) if owner is None else _of_owner(table, owner)
    rows = store.execution_options(stream_results=True).execute(query)
    asked.execute(f"CREATE TABLE stored_{table.name} ({', '.join(_declared(table))})")
    while part := rows.fetchmany(READ_AT_ONCE):
        columns = [
            pyarrow.array(values, field.type) for values, field in zip(zip(*part, strict=True), schema, strict=True)
        ]
        asked.register("part", pyarrow.Table.from_arrays(columns, schema=schema))
        asked.execute(f"INSERT INTO stored_{table.name} SELECT * FROM part")
        asked.unregister("part")


def _declared(table: Table) -> Iterable[str]:
    names = {"TEXT": "VARCHAR", "INTEGER": "BIGINT", "BIGINT": "BIGINT"}
    for column in table.columns:
        yield f'"{column.name}" ' + names.get(str(column.type), "DOUBLE")


def _arrow_type(column: Any) -> pyarrow.DataType:
    import pyarrow

    kinds = {"TEXT": pyarrow.string(), "INTEGER": pyarrow.int64(), "BIGINT": pyarrow.int64()}
    return kinds.get(str(column.type), pyarrow.float64())


def _of_owner(table: Table, owner: str) -> Select[Any]:
    """The rows of a table that belong to one owner."""
    runs = select(RUNS.c.run_id).where(RUNS.c.owner == owner)
    talks = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.owner == owner)
    turns = select(TURNS.c.turn).where(TURNS.c.conversation.in_(talks))
    if table in (RUNS, CONVERSATIONS, DESIGNS, REVISIONS):
        return select(table).where(table.c.owner == owner)
    if table in (EVENTS, STEPS, FILES):
        return select(table).where(table.c.run_id.in_(runs))
    if table is TURNS:
        return select(table).where(table.c.conversation.in_(talks))
    if table is USAGE:
        return select(table).where(or_(table.c.id.in_(runs), table.c.id.in_(turns)))
    raise AssertionError(f"{table.name} has no owner")


def _refused(error: Exception, sql: str) -> QueryRefused:
    text = str(error).split("\n\n")[0].strip()
    missing = re.search(r"Table with name (\w+) does not exist", text)
    if missing:
        near = nearest(missing[1].lower(), list(VIEWS))
        help = f"Did you mean `{near}`?" if near else f"There are: {', '.join(VIEWS)}."
        return QueryRefused(f"There is no table `{missing[1]}`.", help=help)
    return QueryRefused(text.removeprefix("Parser Error: ").removeprefix("Binder Error: "), help=_columns(sql))


def _columns(sql: str) -> str:
    named = [name for name in VIEWS if re.search(rf"\b{name}\b", sql, re.IGNORECASE)]
    return f"`workflow-chat query --views` shows the columns{f' of {named[0]}' if named else ''}."


def columns_of(names: Sequence[str] = tuple(VIEWS)) -> dict[str, list[tuple[str, str]]]:
    """The columns of each view with their types."""
    import duckdb

    found: dict[str, list[tuple[str, str]]] = {}
    with duckdb.connect(":memory:", config=_LOCKED) as empty:
        for table in METADATA.tables.values():
            empty.execute(f"CREATE TABLE stored_{table.name} ({', '.join(_declared(table))})")
        for view in (*TABLES, *SUMS):
            empty.execute(f"CREATE VIEW {view.name} AS {view.sql}")
        for name in names:
            found[name] = [(str(row[0]), str(row[1])) for row in empty.execute(f"DESCRIBE {name}").fetchall()]
    return found
