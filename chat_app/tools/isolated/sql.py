"""Answers one SQL question over given rows; started by `start.py`.

What is locked, besides the process's own bounds: files, network, extensions, settings, and everything but reading.
"""

from __future__ import annotations

import datetime
import decimal
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

import duckdb

READING = {"SELECT", "EXPLAIN", "RELATION", "MULTI"}
LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "python_enable_replacements": "false",
    "python_scan_all_frames": "false",
    "temp_directory": "",
    "threads": "1",
}


def main() -> None:
    """Reads the job, answers it."""
    json.dump(answer(json.load(sys.stdin)), sys.stdout, allow_nan=False)


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """The rows, or what is wrong."""
    try:
        return {"rows": list(_answer(job))}
    except duckdb.Error as error:
        return {"kind": type(error).__name__, "problem": str(error)}
    except MemoryError:
        return {"kind": "OutOfMemoryException", "problem": "out of memory"}
    except Refused as error:
        return {"kind": "Refused", "problem": str(error)}


class Refused(Exception):
    """The question itself is refused."""


def _answer(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    config = LOCKED | {"memory_limit": f"{job['memory_mb']}MB"}
    with duckdb.connect(":memory:", config=config) as connection:
        for name, table in job["tables"].items():
            _load(connection, name, table)
        connection.execute("SET lock_configuration = true")
        statements = connection.extract_statements(job["sql"])
        for statement in statements:
            kind = statement.type.name
            if kind not in READING:
                raise Refused(f"{kind} is not allowed: only questions that read (SELECT).")
        if not statements:
            raise Refused("there is no SQL")
        connection.begin()
        for statement in statements:
            connection.execute(statement)
        columns = connection.description or ()
        names = _names([column[0] for column in columns])
        is_json = [str(column[1]) == "JSON" for column in columns]
        count = 0
        while lines := connection.fetchmany(1_000):
            for line in lines:
                count += 1
                if count > job["most_rows"]:
                    raise Refused(f"more than {job['most_rows']} rows come out; add a LIMIT or a GROUP BY")
                cells = [
                    json.loads(cell) if packed and cell else _plain(cell)
                    for cell, packed in zip(line, is_json, strict=True)
                ]
                yield dict(zip(names, cells, strict=True))


def _load(connection: duckdb.DuckDBPyConnection, name: str, table: dict[str, Any]) -> None:
    """Makes a table of rows; they go in as one JSON text, which is a hundred times faster than one by one."""
    quoted = _quoted(name)
    columns = ", ".join(f"{_quoted(column)} {kind}" for column, kind in table["columns"].items())
    connection.execute(f"CREATE TABLE {quoted} ({columns})")
    shape = json.dumps([table["columns"]])
    connection.execute(
        f"INSERT INTO {quoted} SELECT r.* FROM (SELECT unnest(from_json(?::JSON, ?)) AS r)",
        [json.dumps(table["rows"], allow_nan=False), shape],
    )


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _names(names: list[str]) -> list[str]:
    """Doubled names are told apart: a row is an object."""
    unique: list[str] = []
    for name in names:
        one, count = name, 2
        while one in unique:
            one, count = f"{name}_{count}", count + 1
        unique.append(one)
    return unique


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case decimal.Decimal():
            return (
                int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
            )
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case dict():
            return {str(key): _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case _:
            return str(value)


if __name__ == "__main__":
    main()
