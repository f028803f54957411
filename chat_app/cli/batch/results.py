"""Writes what came of each row: CSV, JSON lines or Parquet, in the rows' order, whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from chat_app.cli.batch.rows import SUFFIXES
from chat_app.cli.exits import Misuse
from chat_app.workflow.document import Workflow
from chat_app.workflow.fields import FieldType

if TYPE_CHECKING:
    from chat_app.engine.batch import RowResult

OWN = {
    "_row": "BIGINT",
    "_status": "VARCHAR",
    "_error": "VARCHAR",
    "_run_id": "VARCHAR",
    "_model_calls": "BIGINT",
    "_tokens_in": "BIGINT",
    "_tokens_out": "BIGINT",
    "_cost_usd": "DOUBLE",
    "_seconds": "DOUBLE",
}
"""The columns that tell of the run; no field's name begins so."""
_TYPES = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}


class Results:
    """Takes results in any order and writes them at the end; in memory is only where each one lies."""

    def __init__(self, path: Path, workflow: Workflow, others: Sequence[str]) -> None:
        if path.suffix not in SUFFIXES:
            raise Misuse(f"--out {path}: the results go into a file that ends in {', '.join(SUFFIXES)}")
        if not path.absolute().parent.is_dir():
            raise Misuse(f"--out {path}: there is no folder {path.absolute().parent}")
        self._path = path
        self._columns = OWN | _columns(workflow, others)
        self._places: dict[int, int] = {}
        self._kept: IO[str]

    def __enter__(self) -> Results:
        self._kept = tempfile.TemporaryFile("w+", encoding="utf-8")
        return self

    def add(self, result: RowResult) -> None:
        """Keeps one row's result."""
        self._places[result.row.number] = self._kept.tell()
        self._kept.write(json.dumps(_record(result), ensure_ascii=False) + "\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._kept:
            if error is None:
                self._write()

    def _write(self) -> None:
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}.new")
        try:
            match self._path.suffix:
                case ".csv":
                    self._write_csv(draft)
                case ".jsonl":
                    self._write_lines(draft)
                case _:
                    self._write_parquet(draft)
            draft.replace(self._path)
        except OSError as error:
            raise Misuse(f"--out {self._path} cannot be written: {error.strerror or error}") from None
        finally:
            draft.unlink(missing_ok=True)

    def _records(self) -> Iterator[dict[str, Any]]:
        for number in sorted(self._places):
            self._kept.seek(self._places[number])
            found = json.loads(self._kept.readline())
            yield {name: found.get(name) for name in self._columns}

    def _write_csv(self, path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(self._columns)
            for record in self._records():
                writer.writerow([_cell(value) for value in record.values()])

    def _write_lines(self, path: Path) -> None:
        with path.open("w", encoding="utf-8") as file:
            for record in self._records():
                file.write(json.dumps(record, ensure_ascii=False) + "\n")

    def _write_parquet(self, path: Path) -> None:
        import duckdb

        lines = path.with_suffix(".lines")
        with lines.open("w", encoding="utf-8") as file:
            for record in self._records():
                flat = {name: _flat(value, self._columns[name]) for name, value in record.items()}
                file.write(json.dumps(flat, ensure_ascii=False) + "\n")
        try:
            with duckdb.connect(":memory:") as database:
                rows = database.read_json(
                    str(lines), columns=self._columns, format="newline_delimited", maximum_object_size=1 << 30
                )
                rows.write_parquet(str(path), compression="zstd")
        finally:
            lines.unlink(missing_ok=True)


def _columns(workflow: Workflow, others: Sequence[str]) -> dict[str, str]:
    fields: dict[str, FieldType] = {**workflow.inputs, **workflow.state}
    given = {name: _TYPES.get(field.type, "JSON") for name, field in workflow.inputs.items()}
    come_out = {name: _TYPES.get(fields[name].type, "JSON") for name in workflow.outputs if name in fields}
    return dict.fromkeys(others, "VARCHAR") | given | come_out


def _record(result: RowResult) -> dict[str, Any]:
    totals = result.totals
    own = {
        "_row": result.row.number,
        "_status": result.state,
        "_error": "" if result.state == "finished" else result.message,
        "_run_id": result.run_id or None,
        "_model_calls": totals.calls,
        "_tokens_in": totals.tokens_in,
        "_tokens_out": totals.tokens_out,
        "_cost_usd": totals.cost_usd,
        "_seconds": round(result.seconds, 3),
    }
    return own | dict(result.row.others) | dict(result.row.inputs) | dict(result.outputs)


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _flat(value: Any, column: str) -> Any:
    """What a text column holds of a value that is none."""
    return value if column != "VARCHAR" or value is None or isinstance(value, str) else _cell(value)
