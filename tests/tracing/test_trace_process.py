"""The process that writes traces: started when a run comes to rest, by itself afterwards, never in a run's way."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from chat_app.events.run import Recorded, RunFinished, StepStarted
from chat_app.tracing.trace_process import TraceProcess
from tests.waiting import until

FINISHED = Recorded(9, 1.0, RunFinished({}, 1.0), "r")


def process(folder: Path, code: str) -> TraceProcess:
    return TraceProcess(folder / "traces" / "log", [sys.executable, "-c", code])


def test_it_is_started_when_a_run_comes_to_rest(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    traces = process(tmp_path, f"open({str(mark)!r}, 'a').write('x')")
    traces.record(Recorded(1, 1.0, StepStarted("a#1", "a", "llm"), "r"))
    traces.close()
    assert not (tmp_path / "traces").exists()
    traces.record(FINISHED)
    traces.close()
    until(lambda: mark.exists() and mark.read_text() == "x")


def test_what_comes_while_it_runs_starts_it_once_more(tmp_path: Path) -> None:
    go, mark = tmp_path / "go", tmp_path / "mark"
    waits = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
    code = f"{waits}open({str(mark)!r}, 'a').write('x')"
    traces = process(tmp_path, code)
    for _ in range(20):
        traces.record(FINISHED)
    traces.close()
    go.touch()
    until(lambda: mark.exists() and mark.read_text() == "xx")
    until(lambda: not traces._running)
    assert mark.read_text() == "xx"


@pytest.mark.parametrize("code", ["raise SystemExit(3)", None], ids=["fails", "is not there"])
def test_a_failure_is_told_once_and_raises_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, code: str | None
) -> None:
    command = [sys.executable, "-c", code] if code else [str(tmp_path / "nothing")]
    traces = TraceProcess(tmp_path / "log", command)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            traces.record(FINISHED)
            traces.close()
            until(lambda: not traces._running)
    assert len([record for record in caplog.records if "not written to MLflow" in record.message]) == 1
