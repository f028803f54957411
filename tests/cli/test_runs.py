"""`runs list` and `runs show` over runs that were really made."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

HELLO = """\
version: 1
name: hello
inputs:
  who: {type: string}
state:
  text: {type: string}
outputs: [text]
nodes:
  - {id: greet, kind: template, template: "Hello {{ state.who }}", writes: [text]}
"""


@pytest.fixture
def ids(command: Callable, tmp_path: Path) -> list[str]:
    """Three runs, the oldest first."""
    (tmp_path / "hello.yaml").write_text(HELLO, encoding="utf-8")
    made = [command("run", "hello.yaml", "--input", f"who={who}", "--format", "json") for who in ("Ada", "Bo", "Cy")]
    return [json.loads(said.out)["run_id"] for said in made]


def test_runs_are_listed_newest_first(command: Callable, ids: list[str]) -> None:
    said = command("runs", "list", "--format", "json")
    assert said.status == 0
    runs = json.loads(said.out)
    assert [run["run_id"] for run in runs] == ids[::-1]
    assert (runs[0]["workflow"], runs[0]["state"], runs[0]["steps"]) == ("hello", "finished", 1)
    lines = command("runs", "list", "--limit", "2").out.splitlines()
    assert [line.split()[0] for line in lines] == ids[:0:-1]
    assert "finished" in lines[0] and "no model asked" in lines[0]


def test_the_list_is_narrowed(command: Callable, ids: list[str]) -> None:
    assert len(json.loads(command("runs", "list", "--workflow", "hello", "--format", "json").out)) == len(ids)
    assert command("runs", "list", "--workflow", "other").out == "No runs.\n"
    assert command("runs", "list", "--state", "failed").out == "No runs.\n"
    assert command("runs", "list", "--limit", "0").status == 2


def test_a_run_is_shown(command: Callable, ids: list[str]) -> None:
    said = command("runs", "show", ids[0])
    assert said.status == 0
    assert 'who: "Ada"' in said.out and "Hello Ada" in said.out
    shown = json.loads(command("runs", "show", ids[1][:12], "--format", "json").out)
    assert (shown["run_id"], shown["inputs"], shown["outputs"]) == (ids[1], {"who": "Bo"}, {"text": "Hello Bo"})
    lines = command("runs", "show", "last", "--format", "events").out.splitlines()
    events = [json.loads(line) for line in lines]
    assert {event["run_id"] for event in events} == {ids[2]}
    assert (events[0]["event"], events[-1]["event"]) == ("run_started", "run_finished")


def test_an_id_that_names_none_or_many_is_misuse(command: Callable, ids: list[str]) -> None:
    said = command("runs", "show", "zz")
    assert said.status == 2 and "no run 'zz'" in said.err
    said = command("runs", "show", "")
    assert said.status == 2 and "several runs" in said.err


def test_without_any_run(command: Callable) -> None:
    assert command("runs", "list").out == "No runs.\n"
    said = command("runs", "show", "last")
    assert said.status == 2 and "no runs yet" in said.err


def test_a_store_that_cannot_be_read_is_told(command: Callable, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "runs.sqlite").write_bytes(b"this is no database" * 100)
    said = command("runs", "list")
    assert said.status == 2 and "cannot be read" in said.err
