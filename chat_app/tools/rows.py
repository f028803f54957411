"""Rows out of text: CSV, JSON and JSON lines, with numbers as numbers."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chat_app.tools.errors import ToolFailed

Row = dict[str, Any]

MOST_ROWS = 200_000
MOST_COLUMNS = 1_000
_DELIMITERS = (",", ";", "\t", "|")
_WHOLE = re.compile(r"[+-]?(0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d{0,17})?(\.\d+)?([eE][+-]?\d{1,3})?")
_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table as text, and how it is to be read."""

    text: str = ""
    format: str = "auto"
    """csv, json, jsonl; auto: as it looks."""
    delimiter: str = "auto"
    types: bool = True


def rows_of_text(table: TextTable) -> list[Row]:
    """The rows, each with all columns; raises ToolFailed."""
    text = table.text.removeprefix("\ufeff")
    kind = _guessed(text) if table.format == "auto" else table.format
    if kind == "csv":
        return _csv(text, table.delimiter, table.types)
    return _uniform(_json(text) if kind == "json" else _json_lines(text))


def _guessed(text: str) -> str:
    start = text.lstrip()[:1]
    if start == "[":
        return "json"
    if start != "{":
        return "csv"
    return "jsonl" if _is_json(text.strip().split("\n", 1)[0]) and "\n" in text.strip() else "json"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _csv(text: str, delimiter: str, types: bool) -> list[Row]:
    between = _delimiter(text) if delimiter == "auto" else delimiter
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between)
    try:
        lines = [line for line in _bounded(reader) if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise ToolFailed(
            f"Line {reader.line_num} of the CSV cannot be read: {error}.", help="Look for a quote that is not closed."
        ) from error
    if not lines:
        return []
    names = column_names(lines[0])
    for number, line in enumerate(lines[1:], start=2):
        if len(line) > len(names) and any(cell.strip() for cell in line[len(names) :]):
            raise ToolFailed(
                f"Row {number} of the CSV has {len(line)} cells, its head has {len(names)}.",
                help="Put quotes around cells that hold the delimiter, or name the right delimiter.",
            )
    columns = [
        [line[place].strip() if place < len(line) else "" for line in lines[1:]] for place in range(len(names))
    ]
    typed = [_typed(column) if types else [cell or None for cell in column] for column in columns]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*typed, strict=True)]


def _bounded(lines: Iterable[list[str]]) -> Iterable[list[str]]:
    for number, line in enumerate(lines):
        if number > MOST_ROWS:
            raise ToolFailed(f"The table has more than {MOST_ROWS:,} rows.", help="Read a part of it.")
        if len(line) > MOST_COLUMNS:
            raise ToolFailed(f"A row has more than {MOST_COLUMNS:,} columns.", help="Name the right delimiter.")
        yield line


def _delimiter(text: str) -> str:
    """The one that cuts the first lines into the most columns of one number."""

    def columns(delimiter: str) -> tuple[bool, int]:
        lines = [line for line, _ in zip(csv.reader(io.StringIO(text), delimiter=delimiter), range(20), strict=False)]
        counts = {len(line) for line in lines if line}
        most = max(counts, default=1)
        return most > 1 and len(counts) == 1, most

    try:
        return max(_DELIMITERS, key=columns)
    except csv.Error:
        return ","


def column_names(head: Sequence[str]) -> list[str]:
    """A name for each column: empty ones are numbered, doubled ones told apart."""
    names: list[str] = []
    for place, cell in enumerate(head, start=1):
        name = cell.strip() or f"column_{place}"
        unique, count = name, 2
        while unique in names:
            unique, count = f"{name}_{count}", count + 1
        names.append(unique)
    return names


def _typed(column: Sequence[str]) -> list[Any]:
    """The cells as numbers or truth values where all of them are; `007` stays text."""
    filled = [cell for cell in column if cell]
    if filled and all(_WHOLE.fullmatch(cell) for cell in filled):
        return [int(cell) if cell else None for cell in column]
    if filled and all(_NUMBER.fullmatch(cell) and cell[-1].isdigit() for cell in filled):
        numbers = [float(cell) if cell else None for cell in column]
        if all(number is None or abs(number) != float("inf") for number in numbers):
            return numbers
    if filled and all(cell.lower() in _TRUTH for cell in filled):
        return [_TRUTH[cell.lower()] if cell else None for cell in column]
    return [cell or None for cell in column]


def _json(text: str) -> list[Any]:
    try:
        data = json.loads(text, parse_constant=lambda constant: None)
    except (ValueError, RecursionError) as error:
        raise ToolFailed(f"The text is no JSON: {error}.", help="Correct it, or name another format.") from error
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        return lists[0] if len(lists) == 1 else [data]
    if not isinstance(data, list):
        raise ToolFailed("The JSON holds no list of rows.", help='Write it as [{"column": value}, …].')
    return data


def _json_lines(text: str) -> list[Any]:
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                rows.append(json.loads(line, parse_constant=lambda constant: None))
            except (ValueError, RecursionError) as error:
                message = f"Line {number} is no JSON: {error}."
                raise ToolFailed(message, help="Each line must be one JSON object.") from error
    return rows


def _uniform(items: Sequence[Any]) -> list[Row]:
    """Rows that all have the same columns, in the order in which they first appear."""
    if len(items) > MOST_ROWS:
        raise ToolFailed(f"The table has more than {MOST_ROWS:,} rows.", help="Read a part of it.")
    if items and all(isinstance(item, list) for item in items):
        head, *lines = items
        names = column_names([str(cell) for cell in head])
        items = [dict(zip(names, line, strict=False)) for line in lines]
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            raise ToolFailed(f"Row {number} is no object.", help='Write rows as {"column": value}.')
    columns = list(dict.fromkeys(name for item in items for name in item))
    if len(columns) > MOST_COLUMNS:
        raise ToolFailed(f"The table has more than {MOST_COLUMNS:,} columns.", help="Read a part of it.")
    return [{name: item.get(name) for name in columns} for item in items]
