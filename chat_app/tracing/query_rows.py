"""Copies the run store's rows into DuckDB for a question; events, which stand there in rows of many, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ColumnElement, Connection, Double, Integer, MetaData, Table, Text, select

from chat_app.events.run import RouteTaken
from chat_app.tracing.lines import objects, of_kind
from chat_app.tracing.tables import EVENTS, METADATA

if TYPE_CHECKING:
    import duckdb
    import pyarrow

READ_AT_ONCE = 2_000
"""Rows: so many are forgotten before the search for garbage comes to look at them again and again."""


@dataclass(frozen=True)
class Source:
    """What is copied under one name."""

    table: Table
    """Where it stands."""
    copy: Table
    """What it is copied to."""
    taken: Callable[[Iterable[Any]], Iterator[tuple[Any, ...]]] = iter
    """The rows of the copy in those of the table."""


def source(name: str) -> Source:
    """What is copied under a name: a table, or a part of what stands in one."""
    return _SOURCES.get(name) or Source(METADATA.tables[name], METADATA.tables[name])


def copy_rows(
    asked: duckdb.DuckDBPyConnection, store: Connection, name: str, conditions: Sequence[ColumnElement[bool]]
) -> Iterator[int]:
    """Copies the rows of which all this holds, part by part."""
    import pyarrow

    found = source(name)
    schema = pyarrow.schema([(column.name, _arrow_type(column)) for column in found.copy.columns])
    rows = store.execution_options(stream_results=True).execute(select(found.table).where(*conditions))
    make_table(asked, name)
    taken = found.taken(rows)
    while part := list(islice(taken, READ_AT_ONCE)):
        columns = [
            pyarrow.array(values, field.type) for values, field in zip(zip(*part, strict=True), schema, strict=True)
        ]
        asked.register("part", pyarrow.Table.from_arrays(columns, schema=schema))
        asked.execute(f"INSERT INTO stored_{name} SELECT * FROM part")
        asked.unregister("part")
        yield len(part)


def make_table(asked: duckdb.DuckDBPyConnection, name: str) -> None:
    """Makes an empty copy."""
    names = {"TEXT": "VARCHAR", "INTEGER": "BIGINT", "BIGINT": "BIGINT"}
    columns = [f'"{column.name}" ' + names.get(str(column.type), "DOUBLE") for column in source(name).copy.columns]
    asked.execute(f"CREATE TABLE stored_{name} ({', '.join(columns)})")


def _singly(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Events by themselves."""
    for run_id, _, _, data in rows:
        for event in objects(data):
            yield run_id, *event


def _routes(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Which ways out of nodes were taken: of all events, a question about them needs no other."""
    for run_id, _, _, data in rows:
        if found := of_kind(RouteTaken, data):
            yield run_id, f"[{b','.join(found).decode()}]"


def _table(name: str, *columns: Column[Any]) -> Table:
    return Table(name, MetaData(), *columns)


_SOURCES = {
    "events": Source(
        EVENTS,
        _table(
            "events",
            *(Column("run_id", Text), Column("place", Integer), Column("at", Double)),
            *(Column("event", Text), Column("data", Text)),
        ),
        _singly,
    ),
    "routes": Source(EVENTS, _table("routes", Column("run_id", Text), Column("data", Text)), _routes),
}


def _arrow_type(column: Any) -> pyarrow.DataType:
    import pyarrow

    kinds = {"TEXT": pyarrow.string(), "INTEGER": pyarrow.int64(), "BIGINT": pyarrow.int64()}
    return kinds.get(str(column.type), pyarrow.float64())
