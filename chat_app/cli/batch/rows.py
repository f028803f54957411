"""The rows of a table as inputs of a workflow: CSV, JSON lines or Parquet, read one by one."""

from __future__ import annotations

import codecs
import csv
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_app.cli.batch.answers import COLUMN, Answers, answers_of_cell, has_answers
from chat_app.cli.exits import Misuse
from chat_app.cli.input_files import files_of_cell, holds_files, kept
from chat_app.cli.texts import note
from chat_app.translation import joined, tr
from chat_app.workflow.document import Workflow
from chat_app.workflow.names import nearest
from chat_app.workflow.values import ValueProblem, parse_text

if TYPE_CHECKING:
    from chat_app.engine.batch import Row
    from chat_app.files.store import FileStore

SUFFIXES = (".csv", ".jsonl", ".parquet")
_LONGEST_CELL = 50_000_000
"""Characters."""
_DELIMITERS = (",", ";", "\t", "|")
_AT_ONCE = 1_000
"""Rows of a Parquet file held at once."""


@dataclass(frozen=True)
class Table:
    """A file of rows. May be gone through more than once."""

    path: Path
    workflow: Workflow
    constant: Mapping[str, Any]
    answers: Answers
    """What people answer in every row, where the row says nothing else."""
    columns: tuple[str, ...]
    count: int
    digest: bytes
    """Of the file's content, and of what the files that it names looked like."""

    def __len__(self) -> int:
        return self.count

    @property
    def others(self) -> tuple[str, ...]:
        """Columns that are no inputs: they are carried over into the results."""
        taken = {*self.workflow.inputs, COLUMN} if has_answers(self.workflow) else self.workflow.inputs
        return tuple(name for name in self.columns if name not in taken)

    def __iter__(self) -> Iterator[Row]:
        from chat_app.engine.batch import Row

        as_text = self.path.suffix == ".csv"
        for number, cells in enumerate(_records(self.path), 1):
            others = {name: cells.get(name) for name in self.others}
            if isinstance(cells, _Broken):
                yield Row(number, {}, cells.problem)
                continue
            try:
                inputs = {**self.constant, **self._inputs(cells, as_text)}
                answers = {**self.answers, **self._answers(cells)}
            except ValueProblem as problem:
                yield Row(number, {}, str(problem), others)
            else:
                yield Row(number, inputs, "", others, answers)

    def _answers(self, cells: Mapping[str, Any]) -> Answers:
        if not has_answers(self.workflow):
            return {}
        try:
            return answers_of_cell(cells.get(COLUMN), self.workflow)
        except ValueProblem as problem:
            raise ValueProblem(f"column `{COLUMN}`: {problem}") from None

    def _inputs(self, cells: Mapping[str, Any], as_text: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in cells.items():
            field = self.workflow.inputs.get(name)
            if field is None or value is None:
                continue
            if as_text and value == "" and (field.has_default or field.type != "string"):
                # An empty cell says nothing, unless an empty text is the only thing it can mean.
                continue
            try:
                if holds_files(field):
                    found[name] = files_of_cell(value, field, self.path.parent, as_text=as_text)
                else:
                    found[name] = parse_text(value, field) if as_text else value
            except (ValueProblem, Misuse) as problem:
                raise ValueProblem(f"column `{name}`: {problem}") from None
        return found


def kept_rows(rows: Iterable[Row], files: FileStore) -> Iterator[Row]:
    """The rows with the files that they name in the store, one by one as they are asked for."""
    for row in rows:
        try:
            yield replace(row, inputs=kept(row.inputs, files))
        except Misuse as problem:
            yield replace(row, inputs={}, problem=str(problem))


class _Broken(dict[str, Any]):
    """A line that is no row."""

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.problem = problem


def opened_table(
    path: Path, workflow: Workflow, constant: Mapping[str, Any], answers: Answers, known: Collection[str] = ()
) -> Table:
    """The table, looked through once; raises Misuse where it cannot serve as inputs.

    `answers` serve every row that has none of its own; `known` are columns that are no inputs and of which the caller
    has another use.
    """
    if path.suffix not in SUFFIXES:
        raise Misuse(f"--data {path}: the rows stand in a file that ends in {', '.join(SUFFIXES)}")
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        named = [name for name, field in workflow.inputs.items() if holds_files(field)]
        columns: dict[str, None] = {}
        count = 0
        stamps = hashlib.sha256(digest)
        for record in _records(path):
            count += 1
            columns |= dict.fromkeys(record)
            for name in named:
                stamps.update(_stamp(record.get(name), path.parent))
    except OSError as error:
        raise Misuse(f"--data {path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise Misuse(f"--data {path} {_not_in_utf_8(path)}; save it as UTF-8") from None
    if not count:
        raise Misuse(f"--data {path} holds no rows")
    table = Table(path, workflow, constant, answers, tuple(columns), count, stamps.digest() if named else digest)
    _judge(table, known)
    return table


def _stamp(value: Any, folder: Path) -> bytes:
    """What tells that a named file was changed; nothing for what is no file, which its row will say."""
    if isinstance(value, list | dict):
        parts = value.values() if isinstance(value, dict) else value
        return b"".join(_stamp(part, folder) for part in parts)
    try:
        told = (folder / str(value).strip().removeprefix("@")).stat()
    except (OSError, ValueError):
        return b"-"
    return f"{told.st_size}:{told.st_mtime_ns};".encode()


def _judge(table: Table, known: Collection[str]) -> None:
    inputs = table.workflow.inputs
    missing = [
        name
        for name, field in inputs.items()
        if not field.has_default and name not in table.columns and name not in table.constant
    ]
    if missing:
        close = nearest(missing[0], list(table.others))
        hint = f"; did you mean the column {close!r}?" if close else ""
        raise Misuse(f"--data {table.path} has no column {missing[0]!r}, and no --input gives it{hint}")
    for name in table.others:
        if name.startswith("_"):
            raise Misuse(f"--data {table.path}: rename the column {name!r}; the results' own columns begin so")
        if name not in known:
            close = nearest(name, [one for one in inputs if one not in table.columns and one not in table.constant])
            note(_carried_over(name, close, table.workflow.name))


def _carried_over(column: str, close: str | None, workflow: str) -> str:
    told = tr(
        "The column {column} is no input of {workflow}; it is carried over into the results.",
        column=repr(column),
        workflow=workflow,
    )
    return joined((told, tr("Did you mean {name}?", name=repr(close))), " ") if close else told


def _records(path: Path) -> Iterator[dict[str, Any]]:
    match path.suffix:
        case ".csv":
            # A cell may hold a document; Python's own bound is 131,072 characters, for all who read CSV.
            before = csv.field_size_limit(_LONGEST_CELL)
            try:
                yield from _csv(path)
            finally:
                csv.field_size_limit(before)
        case ".jsonl":
            yield from _json_lines(path)
        case _:
            yield from _parquet(path)


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        delimiter = max(_DELIMITERS, key=head.count)
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            names = next(reader, [])
            twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
            if twice is not None:
                raise Misuse(f"--data {path} has two columns {twice!r}; rename one")
            for cells in reader:
                if len(cells) == len(names):
                    yield dict(zip(names, cells, strict=True))
                elif cells:
                    yield _Broken(f"line {reader.line_num} has {_apart(len(cells) - len(names))} than the first line")
        except csv.Error as error:
            raise Misuse(f"--data {path}, line {reader.line_num}: {error}; this is no CSV") from None


def _apart(more: int) -> str:
    cells = "1 cell" if abs(more) == 1 else f"{abs(more)} cells"
    return f"{cells} {'more' if more > 0 else 'fewer'}"


def _not_in_utf_8(path: Path) -> str:
    """What stands there instead, and where."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "is in UTF-16"
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"is not in UTF-8: line {number}, byte {error.start + 1} is 0x{line[error.start]:02x}"
    return "is not in UTF-8"


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                what = error.msg.removesuffix(" starting at")
                yield _Broken(f"line {number} is no JSON, at column {error.colno}: {what}")
                continue
            except (ValueError, RecursionError) as error:
                yield _Broken(f"line {number} is no JSON: {error}")
                continue
            yield row if isinstance(row, dict) else _Broken(f"line {number} holds no JSON object")


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    import duckdb

    try:
        with duckdb.connect(":memory:") as database:
            found = database.execute("SELECT * FROM read_parquet(?)", [str(path)])
            names = [column[0] for column in found.description or ()]
            while rows := found.fetchmany(_AT_ONCE):
                yield from (_plain_row(names, row) for row in rows)
    except duckdb.Error as error:
        raise Misuse(f"--data {path} cannot be read as Parquet: {str(error).splitlines()[0]}") from None


def _plain_row(names: Iterable[str], row: Iterable[Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in zip(names, row, strict=True)}


def _plain(value: Any) -> Any:
    """A cell as JSON could hold it: times and decimals, which inputs know nothing of, as text and as numbers."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case date() | time():
            return value.isoformat()
        case dict():
            return {str(key): _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
        case _:
            try:
                return float(value)
            except (TypeError, ValueError):
                return str(value)
