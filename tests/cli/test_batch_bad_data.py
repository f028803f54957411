"""`batch` over broken data: told with its line and the way out, before anything is paid or for its row alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

FLOW = """\
version: 1
name: count
inputs:
  text: {type: string}
  words: {type: integer, default: 3}
  share: {type: number, default: 0.5}
state: {note: {type: string}}
outputs: [note]
nodes:
  - {id: note, kind: template, template: "{{ state.text | length }} {{ state.words }}", writes: [note]}
"""


@pytest.fixture
def batch(command: Callable, tmp_path: Path) -> Callable[..., Any]:
    """Runs the workflow over a file of this name and content."""
    (tmp_path / "flow.yaml").write_text(FLOW, encoding="utf-8")

    def run(name: str, content: bytes) -> Any:
        (tmp_path / name).write_bytes(content)
        return command("batch", "flow.yaml", "--data", name, "--out", "out.jsonl")

    return run


def results(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]


def packed(**columns: list[Any]) -> bytes:
    """A Parquet file."""
    sink = arrow.BufferOutputStream()
    parquet.write_table(arrow.table(columns), sink)
    return bytes(sink.getvalue())


def flipped(content: bytes, first: int, last: int) -> bytes:
    return content[:first] + bytes(byte ^ 0x5A for byte in content[first:last]) + content[last:]


MANY = packed(text=["a"] * 3_000, words=list(range(3_000)))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("in.csv", "text\nok\nTür\n".encode("latin-1"), "line 3, byte 2 is 0xfc; save it as UTF-8"),
        ("in.csv", ("text\n" + "ok\n" * 9_000 + "Tür\n").encode("cp1252"), "line 9002, byte 2 is 0xfc"),
        ("in.csv", "text\nTür\n".encode("utf-16"), "is in UTF-16; save it as UTF-8"),
        ("in.jsonl", b'{"text": "a"}\n{"text": "\xff"}\n', "line 2, byte 11 is 0xff; save it as UTF-8"),
        ("in.csv", b'text,words\na,1\n"b,2\nc,3\n', "line 4: unexpected end of data"),
        ("in.csv", b'text,words\na,1\n"b"x,2\n', "line 3: ',' expected"),
        ("in.csv", b"text,words,text\na,1,b\n", "two columns 'text'"),
        ("in.csv", b"", "holds no rows"),
        ("in.csv", b"text,words\n", "holds no rows"),
        ("in.jsonl", b"\n\n", "holds no rows"),
        ("in.parquet", b"", "cannot be read as Parquet"),
        ("in.parquet", packed(text=[]), "holds no rows"),
        ("in.parquet", MANY[:-20], "cannot be read as Parquet"),
        ("in.parquet", flipped(MANY, 20, 200), "cannot be read as Parquet"),
        ("in.csv", b"txt,words\na,1\n", "no column 'text', and no --input gives it; did you mean the column 'txt'?"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_the_place_before_anything_runs(
    batch: Callable, command: Callable, tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    said = batch(name, content)
    assert said.status == 2 and told in said.err, said.err
    assert "Traceback" not in said.err and not (tmp_path / "out.jsonl").exists()
    assert command("runs", "list").out == "No runs.\n"


LINES = b"""{"text": "a"}
{"text": "b" "words": 2}

{"text": "c", "words": "x"}
["d"]
{"txt": "e"}
{"text": "f", "share": NaN}
{"text": "g", "words": 7}
{"text": "h"""


def test_a_broken_line_is_refused_alone_with_its_number(batch: Callable, tmp_path: Path) -> None:
    said = batch("in.jsonl", LINES)
    assert said.status == 1 and "8 rows: " in said.err
    assert [(row["_row"], row["_status"], row["_error"], row["note"]) for row in results(tmp_path)] == [
        (1, "finished", "", "1 3"),
        (2, "refused", "line 2 is no JSON, at column 14: Expecting ',' delimiter", None),
        (3, "refused", _refused("`words` must be a whole number, found the text 'x'"), None),
        (4, "refused", "line 5 holds no JSON object", None),
        (5, "refused", _refused("the input `text` is missing"), None),
        (6, "refused", _refused("`share` must be a number, found the number nan"), None),
        (7, "finished", "", "1 7"),
        (8, "refused", "line 9 is no JSON, at column 10: Unterminated string", None),
    ]


def _refused(problem: str) -> str:
    return f"{problem}. Correct the inputs and start again."


def test_a_ragged_line_is_refused_and_takes_no_default_for_what_it_lacks(batch: Callable, tmp_path: Path) -> None:
    said = batch("in.csv", b'text,words\none,1\ntwo\nthree,3,4,5\n\nfour,\n"fi\nve",6\nsix,x\n')
    assert said.status == 1
    assert [(row["_status"], row["_error"], row["note"]) for row in results(tmp_path)] == [
        ("finished", "", "3 1"),
        ("refused", "line 3 has 1 cell fewer than the first line", None),
        ("refused", "line 4 has 2 cells more than the first line", None),
        ("finished", "", "4 3"),
        ("finished", "", "5 6"),
        ("refused", "column `words`: must be a whole number, found the text 'x'", None),
    ]


def test_a_wrong_type_in_a_parquet_file_refuses_its_row(batch: Callable, tmp_path: Path) -> None:
    assert batch("in.parquet", packed(text=["a", None, "c"], words=[1.0, 2.0, 2.5])).status == 1
    assert [(row["_status"], row["_error"]) for row in results(tmp_path)] == [
        ("finished", ""),
        ("refused", _refused("the input `text` is missing")),
        ("refused", _refused("`words` must be a whole number, found the number 2.5")),
    ]


def test_a_misspelt_column_is_told_with_the_input_that_may_be_meant(batch: Callable, tmp_path: Path) -> None:
    said = batch("in.csv", b"text,wrds,city\na,1,Rome\n")
    assert "'wrds' is no input of count; it is carried over into the results. Did you mean 'words'?" in said.err
    assert "'city' is no input of count; it is carried over into the results.\n" in said.err
    assert results(tmp_path)[0]["wrds"] == "1"


def test_a_cell_may_hold_a_long_text(batch: Callable, tmp_path: Path) -> None:
    assert batch("in.csv", b"text,words\n" + b"y" * 1_000_000 + b",1\n").status == 0
    assert results(tmp_path)[0]["note"] == "1000000 1"
