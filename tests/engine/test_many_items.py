"""A map over 10,000 items: in order, so many at once and no more, each durable, in bounded memory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engine.apart import told_by


def mapped(folder: Path, count: int) -> dict[str, Any]:
    """What the process tells that maps over so many items."""
    folder.mkdir()
    return told_by("tests.engine.many_items", str(folder), str(count), seconds=110)


@pytest.mark.skipif(sys.platform == "win32", reason="the memory of a process is asked for in a Unix way")
def test_ten_thousand_items_stay_in_bounds(tmp_path: Path) -> None:
    few, many = mapped(tmp_path / "few", 100), mapped(tmp_path / "many", 10_000)
    for told in (few, many):
        assert told["in_order"] and told["most_at_once"] <= 64
        # Progress is told a hundred times, not ten thousand.
        assert told["progress"] <= 101
    assert many["grown_mb"] < 150, many
    # Events, outcomes and results of an item: a hundred times as many items take a few kilobytes each.
    assert many["grown_mb"] - few["grown_mb"] < 80, (few, many)
