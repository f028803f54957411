"""`query_table`: SQL over rows, answered by DuckDB in a process of its own that can reach nothing else."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from chat_app.files.reference import FileRef
from chat_app.tools.errors import ArgumentsRefused, ToolFailed
from chat_app.tools.file_arguments import FileArgument
from chat_app.tools.processes import isolated
from chat_app.tools.rows import Row, TextTable
from chat_app.tools.table_files import rows_of_file
from chat_app.tools.tool import Arguments, ToolContext, tool
from chat_app.workflow.fields import NAME_PATTERN

SECONDS = 20.0
MEMORY_MB = 512
MOST_ROWS = 10_000
_BIG = 2**63

TableName = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]


class QueryArguments(Arguments):
    """What to ask, and of which rows."""

    sql: str = Field(max_length=20_000, description="One SQL question, such as `SELECT count(*) AS n FROM data`.")
    rows: list[Row] | None = Field(None, description="The rows of the table named `data`.")
    file: FileArgument | None = Field(None, description="The table named `data` as a file, in place of rows.")
    tables: dict[TableName, list[Row] | FileArgument] = Field(
        default={}, max_length=50, description="Further tables by name, each as a list of rows or as a file."
    )


async def query_table(arguments: QueryArguments, context: ToolContext) -> list[Row]:
    """The rows that the question gives."""
    if arguments.rows is not None and arguments.file is not None:
        raise ArgumentsRefused("`data` is given twice.", help="Give `rows` or `file`, and not both.")
    data = arguments.file if arguments.rows is None else arguments.rows
    given = {**({} if data is None else {"data": data}), **arguments.tables}
    tables = {name: await _rows(table, context) for name, table in given.items()}
    job = {
        "sql": arguments.sql,
        "tables": {name: _table(rows) for name, rows in tables.items()},
        "memory_mb": MEMORY_MB,
        "most_rows": MOST_ROWS,
    }
    # The database keeps to its own bound; the process needs room around it.
    answer = await isolated("sql.py", job, seconds=min(SECONDS, context.seconds), megabytes=MEMORY_MB * 3 + 1024)
    if "rows" in answer:
        return list(answer["rows"])
    raise _failure(answer["kind"], answer["problem"], tables)


async def _rows(table: list[Row] | FileRef, context: ToolContext) -> list[Row]:
    if isinstance(table, FileRef):
        return await rows_of_file(table, context.files, TextTable(), seconds=context.seconds)
    return table


def _table(rows: Sequence[Row]) -> dict[str, Any]:
    """Rows with a type for each column, in the order in which the columns first appear."""
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["empty"]
    kinds = {name: _kind([row.get(name) for row in rows]) for name in names}
    return {
        "columns": kinds,
        "rows": [{name: _cell(row.get(name), kind) for name, kind in kinds.items()} for row in rows],
    }


def _kind(cells: Sequence[Any]) -> str:
    found = {type(cell) for cell in cells if cell is not None}
    if not found:
        return "VARCHAR"
    if found == {bool}:
        return "BOOLEAN"
    if found == {int}:
        return "BIGINT" if all(cell is None or -_BIG <= cell < _BIG for cell in cells) else "DOUBLE"
    if found <= {int, float}:
        return "DOUBLE"
    if found & {dict, list}:
        return "JSON"
    return "VARCHAR"


def _cell(cell: Any, kind: str) -> Any:
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    if kind == "VARCHAR" and cell is not None and not isinstance(cell, str):
        return json.dumps(cell)
    return cell


def _failure(kind: str, problem: str, tables: Mapping[str, Sequence[Row]]) -> ToolFailed:
    """DuckDB's complaint without its drawing of the line, with help."""
    said = [line.strip() for line in problem.split("LINE 1:")[0].splitlines() if line.strip()]
    message = " ".join(said[:3]).rstrip(".!") or problem
    if kind == "PermissionException":
        help = "SQL reads only the tables that are given; files and the network are out of its reach."
    elif kind in {"OutOfMemoryException", "InterruptException"}:
        help = "Ask for less, or filter earlier."
    else:
        names = "; ".join(f"{name}({', '.join(rows[0]) if rows else ''})" for name, rows in tables.items())
        help = f"The tables are: {names}." if names else "No table was given: put one under `rows` or `tables`."
    return ToolFailed(f"{message}.", help=help)


QUERY_TABLE = tool(
    "query_table",
    "Answers an SQL question (DuckDB) over rows or files with tables: the one of `rows` or `file` is named `data`, "
    "more may be given by name.",
    QueryArguments,
    list[Row],
    query_table,
    example={
        "sql": "SELECT city, sum(amount) AS total FROM data GROUP BY city ORDER BY city",
        "rows": [{"city": "Ulm", "amount": 2}, {"city": "Bonn", "amount": 3}, {"city": "Ulm", "amount": 5}],
    },
)
