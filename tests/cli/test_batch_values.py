"""`batch` over rows that name files and over rows of lists and objects."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

FILES = """\
version: 1
name: reads
inputs:
  doc: {type: file}
  more: {type: array, items: {type: file}, default: []}
state: {text: {type: string}, names: {type: string}}
outputs: [text, names]
nodes:
  - {id: read, kind: tool, tool: read_document, arguments: {file: "{{ state.doc }}"}, writes: [text]}
  - id: list
    kind: template
    template: "{{ state.doc.name }}{% for one in state.more %} {{ one.name }}{% endfor %}"
    writes: [names]
"""
VALUES = """\
version: 1
name: values
inputs:
  tags: {type: array, items: {type: string}}
  who: {type: object, properties: {name: {type: string}, age: {type: integer}}, default: {name: Ada, age: 36}}
state: {text: {type: string}}
outputs: [text, who]
nodes:
  - id: tell
    kind: template
    template: "{{ state.tags | join('+') }} {{ state.who.name }} {{ state.who.age }}"
    writes: [text]
"""


@pytest.fixture
def batch(command: Callable, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Runs the workflow over the rows in the folder `data`; gives the rows of the results."""

    def run(text: str, data: str, *more: str) -> list[dict[str, Any]]:
        (tmp_path / "flow.yaml").write_text(text, encoding="utf-8")
        said = command("batch", "flow.yaml", "--data", f"data/{data}", "--out", "out.jsonl", *more)
        assert said.status in (0, 1), said.err
        lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    (tmp_path / "data").mkdir()
    return run


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


def test_a_column_names_files_beside_the_table(batch: Callable, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write(folder, one="first text", two="second text")
    (folder / "rows.csv").write_text(
        'doc,more\none.txt,\n@two.txt,"one.txt\n@two.txt"\nthree.txt,\none.txt,"[""two.txt""]"\none.txt,t*.txt\n'
        f"{folder / 'two.txt'},\n",
        encoding="utf-8",
    )
    rows = batch(FILES, "rows.csv")
    assert [(row["_status"], row["names"]) for row in rows] == [
        ("finished", "one.txt"),
        ("finished", "two.txt one.txt two.txt"),
        ("refused", None),
        ("finished", "one.txt two.txt"),
        ("finished", "one.txt two.txt"),
        ("finished", "two.txt"),
    ]
    assert "first text" in rows[0]["text"] and "second text" in rows[1]["text"]
    assert rows[0]["doc"]["name"] == "one.txt" and "path" not in rows[0]["doc"]
    assert "column `doc`" in rows[2]["_error"] and "three.txt cannot be read: No such file" in rows[2]["_error"]


def test_json_lines_name_files_and_a_changed_file_is_read_anew(batch: Callable, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write(folder, one="first", two="second")
    (folder / "rows.jsonl").write_text('{"doc": "one.txt", "more": ["@two.txt"]}\n{"doc": 3}\n', encoding="utf-8")
    first, wrong = batch(FILES, "rows.jsonl")
    assert (first["_status"], first["names"]) == ("finished", "one.txt two.txt")
    assert wrong["_status"] == "refused" and "`doc`" in wrong["_error"]
    assert batch(FILES, "rows.jsonl")[0]["_run_id"] == first["_run_id"]
    write(folder, one="changed since")
    again = batch(FILES, "rows.jsonl")[0]
    assert "changed since" in again["text"] and again["_run_id"] != first["_run_id"]


def test_a_file_may_be_the_same_for_all_rows(batch: Callable, tmp_path: Path) -> None:
    write(tmp_path, shared="shared")
    write(tmp_path / "data", one="first")
    (tmp_path / "data" / "rows.csv").write_text("doc\none.txt\n", encoding="utf-8")
    (row,) = batch(FILES, "rows.csv", "--input", "more=@shared.txt")
    assert row["names"] == "one.txt shared.txt"


def test_rows_hold_lists_and_objects(batch: Callable, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "rows.csv").write_text(
        'tags,who\n"[""a"", ""b""]","{""name"": ""Bo"", ""age"": 7}"\n"a\nb",\n'
        '"[1]",\n"[]","{""name"": 5}"\nx,{name\n',
        encoding="utf-8",
    )
    told = [(row["_status"], row["text"], row["who"]) for row in batch(VALUES, "rows.csv")]
    assert told[:2] == [
        ("finished", "a+b Bo 7", {"name": "Bo", "age": 7}),
        ("finished", "a+b Ada 36", {"name": "Ada", "age": 36}),
    ]
    assert [state for state, _, _ in told[2:]] == ["refused"] * 3
    who = {"name": "Cy", "age": 9}
    (folder / "rows.jsonl").write_text(json.dumps({"tags": ["c"], "who": who}) + "\n", encoding="utf-8")
    parquet.write_table(arrow.table({"tags": [["c"]], "who": [who]}), folder / "rows.parquet")
    for name in ("rows.jsonl", "rows.parquet"):
        (row,) = batch(VALUES, name)
        assert (row["text"], row["who"]) == ("c Cy 9", who)
