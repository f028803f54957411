"""Databases that are damaged or full, as the command line tells it: what, where and what to do; nothing is lost."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.test_runs_cut_off import HELLO

NO_DATABASE = b"this is no database" * 100


@pytest.fixture
def data(command: Callable, tmp_path: Path) -> Path:
    """The folder of data, with one run in it."""
    (tmp_path / "hello.yaml").write_text(HELLO, encoding="utf-8")
    (tmp_path / "in.csv").write_text("who\nEve\n", encoding="utf-8")
    assert command("run", "hello.yaml").status == 0
    return tmp_path / "data"


def damage(data: Path, name: str) -> Path:
    """Makes one of the databases unreadable."""
    for path in data.glob(f"{name}-*"):
        path.unlink()
    (data / name).write_bytes(NO_DATABASE)
    return data / name


BATCH = ("batch", "hello.yaml", "--data", "in.csv", "--out", "out.csv")


@pytest.mark.parametrize(
    "words", [("run", "hello.yaml"), ("runs", "resume", "last"), ("runs", "list"), ("files", "prune"), BATCH]
)
def test_a_damaged_database_of_runs_is_told_and_left_alone(
    command: Callable, data: Path, words: tuple[str, ...]
) -> None:
    path = damage(data, "engine.sqlite")
    said = command(*words)
    assert said.status in (1, 2)
    assert "is damaged: file is not a database" in said.err and str(path) in said.err and "Move that file" in said.err
    assert path.read_bytes() == NO_DATABASE
    path.unlink()
    assert "hello" in command("runs", "list").out


@pytest.mark.parametrize(
    "words",
    [("runs", "list"), ("runs", "show", "last"), ("costs",), ("runs", "prune", "--days", "3"), ("query", "SELECT 1")],
)
def test_a_damaged_record_is_told_and_left_alone(
    command: Callable, data: Path, words: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    path = damage(data, "runs.sqlite")
    said = command(*words)
    assert said.status == 2 and "cannot be read: file is not a database" in said.err
    assert path.read_bytes() == NO_DATABASE
    # Runs go on all the same, and say that they are not recorded.
    said = command("run", "hello.yaml", "--input", "who=Bob")
    assert said.status == 0 and "Hello Bob" in said.out
    assert "Runs are not recorded: runs.sqlite: file is not a database" in caplog.text
    # Once it can be written again, what was told meanwhile comes into it.
    path.unlink()
    assert command("runs", "list").out.count("hello") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="the kernel's bound on files is a Unix one")
def test_a_full_disk_is_told_and_the_same_run_goes_on_later(command: Callable, data: Path, tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_text(HELLO.replace("Hello {{", "{{ state.who }} {{"), encoding="utf-8")
    (tmp_path / "who.json").write_text(json.dumps({"who": "x" * 400_000}), encoding="utf-8")
    code = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
from chat_app.cli import main
sys.exit(main(["run", "big.yaml", "--inputs", "who.json"]))
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    full = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert full.returncode == 1 and "Traceback" not in full.stderr, full.stderr
    assert (
        "could not be saved" in full.stderr + full.stdout and str(data / "engine.sqlite") in full.stderr + full.stdout
    )
    assert "disk has space" in full.stderr + full.stdout
    assert command("run", "big.yaml", "--input", "who=small").status == 0
    # What was kept before the disk was full is whole.
    assert command("runs", "list").out.count("hello") >= 2


@pytest.mark.parametrize(
    "words",
    [("runs", "show", "last"), ("runs", "export", "last", "--events", "-"), ("runs", "diff", "last", "last")],
    ids=lambda words: words[1],
)
def test_a_run_whose_events_are_damaged_is_told_and_listed(
    command: Callable, data: Path, words: tuple[str, ...]
) -> None:
    with closing(sqlite3.connect(data / "runs.sqlite")) as file, file:
        file.execute("UPDATE events SET data = x'7b22ff'")
    said = command(*words)
    assert said.status == 2 and said.out == ""
    assert "cannot be read; its record is damaged" in said.err
    assert command("runs", "list").out.count("finished  hello") == 1
    # A run of the same text takes nothing over, and ends.
    assert command("runs", "rerun", "last").status == 0
