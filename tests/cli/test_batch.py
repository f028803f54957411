"""`batch`: one run for each row, results in order, resumed after a real kill, told row by row."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from tests.servers.openai_server import Asked, Fails, Hangs, OpenAIServer, Reply, Says

FLOW = """\
version: 1
name: shorten
model: openai/any
inputs:
  text: {type: string}
  words: {type: integer, default: 3}
state: {short: {type: string}, note: {type: string}}
outputs: [short, note]
nodes:
  - {id: shorten, kind: llm, prompt: "shorten {{ state.text }} to {{ state.words }}", writes: [short]}
  - {id: note, kind: template, template: "{{ state.short }}!", writes: [note]}
"""


@pytest.fixture
def flow(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW, encoding="utf-8")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, command: Callable) -> Iterator[OpenAIServer]:
    with OpenAIServer(lambda asked: Says(asked.last.upper())) as server:
        for name, value in server.keys.items():
            monkeypatch.setenv(name, value)
        yield server


def rows_of(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return found


def test_a_csv_becomes_a_parquet_file_in_the_rows_order(
    command: Callable, server: OpenAIServer, flow: None, tmp_path: Path
) -> None:
    (tmp_path / "items.csv").write_text("id;text;words\n7;one;2\n8;zwei, ü;\n9;drei;x\n", encoding="utf-8-sig")
    said = command("batch", "flow.yaml", "--data", "items.csv", "--out", "out.parquet")
    assert said.status == 1 and said.out == ""
    assert "Row 3 refused: column `words`" in said.err and "3 rows: 2 finished, 1 refused." in said.err
    rows = rows_of(tmp_path / "out.parquet")
    assert [(row["_row"], row["_status"], row["id"], row["short"], row["note"]) for row in rows] == [
        (1, "finished", "7", "SHORTEN ONE TO 2", "SHORTEN ONE TO 2!"),
        (2, "finished", "8", "SHORTEN ZWEI, Ü TO 3", "SHORTEN ZWEI, Ü TO 3!"),
        (3, "refused", "9", None, None),
    ]
    assert [row["words"] for row in rows] == [2, None, None]
    # What another server asks for its answers is unknown, and unknown is not nothing.
    assert (rows[0]["_model_calls"], rows[0]["_cost_usd"]) == (1, None)
    assert rows[0]["_tokens_in"] > 0
    ids = {run["run_id"] for run in json.loads(command("runs", "list", "--format", "json").out)}
    assert ids == {row["_run_id"] for row in rows[:2]}


def test_parquet_and_json_lines_go_in_csv_comes_out(
    command: Callable, server: OpenAIServer, flow: None, tmp_path: Path
) -> None:
    parquet.write_table(arrow.table({"text": ["a", "b"], "words": [1, 2]}), tmp_path / "in.parquet")
    (tmp_path / "in.jsonl").write_text('{"text": "a", "words": 1}\n\n{"text": 5}\n[1]\n', encoding="utf-8")
    assert command("batch", "flow.yaml", "--data", "in.parquet", "--out", "a.csv").status == 0
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert [row["short"] for row in csv.DictReader(file)] == ["SHORTEN A TO 1", "SHORTEN B TO 2"]
    said = command("batch", "flow.yaml", "--data", "in.jsonl", "--out", "b.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "b.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["_status"] for row in rows] == ["finished", "refused", "refused"] and said.status == 1
    assert "must be text" in rows[1]["_error"] and "line 4 holds no JSON object" in rows[2]["_error"]


def test_a_killed_batch_goes_on_and_no_row_is_paid_twice(
    command: Callable, server: OpenAIServer, flow: None, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("text\n" + "".join(f"row{n}\n" for n in range(40)), encoding="utf-8")
    gone: list[str] = []

    def until(asked: Asked) -> Reply:
        gone.append(asked.last)
        return Hangs() if len(gone) > 25 else Says("ok")

    server._script = until
    words = ["batch", "flow.yaml", "--data", "in.csv", "--out", "out.parquet", "--concurrency", "4"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-m", "chat_app", *words], cwd=tmp_path, env=environment, stderr=subprocess.PIPE
    )
    for _ in range(4):
        server.wait_paused()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "out.parquet").exists()
    server._script = lambda asked: Says("later")
    server.release()
    server.requests.clear()
    said = command(*words)
    assert said.status == 0, said.err
    rows = rows_of(tmp_path / "out.parquet")
    assert [row["text"] for row in rows] == [f"row{n}" for n in range(40)]
    assert Counter(row["short"] for row in rows) == {"ok": 25, "later": 15}
    assert len(server.requests) == 15
    assert "of them before): 40 finished." in said.err
    server.requests.clear()
    assert command(*words).status == 0 and not server.requests
    assert command(*words, "--anew").status == 0 and len(server.requests) == 40


def test_failed_rows_are_told_and_tried_again_when_asked(
    command: Callable, server: OpenAIServer, flow: None, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("text\ngood\nbad\n", encoding="utf-8")
    server._script = lambda asked: Fails(400, "no thanks") if "bad" in asked.last else Says("ok")
    words = ["batch", "flow.yaml", "--data", "in.csv", "--out", "out.jsonl"]
    assert command(*words).status == 1
    server._script = lambda asked: Says("now")
    assert command(*words).status == 1
    assert command(*words, "--retry-failed").status == 0
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["short"] for row in rows] == ["ok", "now"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--data", "none.csv", "--out", "o.csv"), "cannot be read"),
        (("--data", "flow.yaml", "--out", "o.csv"), ".csv, .jsonl, .parquet"),
        (("--data", "good.csv", "--out", "o.xlsx"), ".csv, .jsonl, .parquet"),
        (("--data", "good.csv", "--out", "no/where.csv"), "no folder"),
        (("--data", "in.csv", "--out", "o.csv"), "did you mean the column 'texts'"),
        (("--data", "in.csv", "--out", "o.csv", "--concurrency", "0"), "from 1"),
        (("--data", "empty.csv", "--out", "o.csv"), "no rows"),
        (("--data", "bad.parquet", "--out", "o.csv"), "as Parquet"),
    ],
)
def test_what_cannot_be_a_batch_is_misuse(
    command: Callable, flow: None, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    (tmp_path / "in.csv").write_text("texts\nx\n", encoding="utf-8")
    (tmp_path / "good.csv").write_text("text\nx\n", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("text\n", encoding="utf-8")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    said = command("batch", "flow.yaml", *words)
    assert said.status == 2 and told in said.err, said.err
