"""A batch of many rows: rows are taken as they are needed, and what is done leaves nothing in memory."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.engine.apart import told_by

NIGHTLY = pytest.mark.skipif("WORKFLOW_CHAT_NIGHTLY" not in os.environ, reason="takes a minute: make nightly")


# 10,000 rows are 1.2 GB of events; a record that a busy disk holds up keeps some of them for a while.
@pytest.mark.skipif(sys.platform == "win32", reason="the memory of a process is asked for in a Unix way")
@pytest.mark.parametrize(
    ("count", "record", "most_mb"),
    [(400, "none", 4.0), pytest.param(10_000, "recorded", 250.0, marks=NIGHTLY)],
    ids=["some", "ten thousand"],
)
def test_a_batch_stays_in_bounds(tmp_path: Path, count: int, record: str, most_mb: float) -> None:
    told = told_by("tests.engine.many_rows", str(tmp_path), str(count), "100", record, seconds=600)
    assert told["finished"] == count
    assert told["most_at_once"] <= 8
    # Those that run, those that are told of, and the next ones.
    assert told["most_ahead"] <= 17
    assert told["grown_mb"] < most_mb, told
