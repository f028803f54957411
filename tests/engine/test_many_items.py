"""A map over 10,000 items: in order, so many at once and no more, each durable, in bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="the memory of a process is asked for in a Unix way")
def test_ten_thousand_items_stay_in_bounds(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.many_items", str(tmp_path), "10000"],
        cwd=Path(__file__).parent.parent.parent,
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["in_order"] and told["most_at_once"] <= 64
    # Progress is told a hundred times, not ten thousand.
    assert told["progress"] <= 101
    assert told["grown_mb"] < 150, told
