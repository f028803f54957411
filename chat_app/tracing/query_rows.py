"""Copies the run store's rows into DuckDB for a question; events, which stand there in rows of many, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ColumnElement, Connection, Double, Integer, MetaData, Table, Text, select

from chat_app.tracing.lines import encode, plain
from chat_app.tracing.tables import EVENTS

if TYPE_CHECKING:
    import duckdb
    import pyarrow

READ_AT_ONCE = 2_000
"""Rows: so many are forgotten before the search for garbage comes to look at them again and again."""

_SINGLE_EVENTS = Table(
    "events",
    MetaData(),
    *(Column("run_id", Text), Column("place", Integer), Column("at", Double)),
    *(Column("event", Text), Column("data", Text)),
)


def copy_rows(
    asked: duckdb.DuckDBPyConnection, store: Connection, table: Table, conditions: Sequence[ColumnElement[bool]]
) -> Iterator[int]:
    """Copies the rows of a table of which all this holds, part by part."""
    import pyarrow

    schema = pyarrow.schema([(column.name, _arrow_type(column)) for column in _as_asked(table).columns])
    rows = store.execution_options(stream_results=True).execute(select(table).where(*conditions))
    make_table(asked, table)
    for part in _singly(rows) if table is EVENTS else iter(lambda: rows.fetchmany(READ_AT_ONCE), []):
        columns = [
            pyarrow.array(values, field.type) for values, field in zip(zip(*part, strict=True), schema, strict=True)
        ]
        asked.register("part", pyarrow.Table.from_arrays(columns, schema=schema))
        asked.execute(f"INSERT INTO stored_{table.name} SELECT * FROM part")
        asked.unregister("part")
        yield len(part)


def make_table(asked: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Makes an empty copy of a table."""
    names = {"TEXT": "VARCHAR", "INTEGER": "BIGINT", "BIGINT": "BIGINT"}
    columns = [f'"{column.name}" ' + names.get(str(column.type), "DOUBLE") for column in _as_asked(table).columns]
    asked.execute(f"CREATE TABLE stored_{table.name} ({', '.join(columns)})")


def _as_asked(table: Table) -> Table:
    return _SINGLE_EVENTS if table is EVENTS else table


def _singly(rows: Iterable[Any]) -> Iterator[list[tuple[Any, ...]]]:
    """Events by themselves, many at once."""
    part: list[tuple[Any, ...]] = []
    for run_id, _, _, data in rows:
        part += [
            (run_id, place, at, name, encode({"event": name, **values})) for name, place, at, values in plain(data)
        ]
        if len(part) >= READ_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _arrow_type(column: Any) -> pyarrow.DataType:
    import pyarrow

    kinds = {"TEXT": pyarrow.string(), "INTEGER": pyarrow.int64(), "BIGINT": pyarrow.int64()}
    return kinds.get(str(column.type), pyarrow.float64())
