"""What goes with the process leaves nothing behind, and is nobody else's to read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRIED = """
import os, stat
from pathlib import Path
from chat_app.files.passing import passing_store
there = lambda: list(Path(os.environ["TMPDIR"]).glob("workflow-chat-*"))
store = passing_store()
assert not store.usage().files and there() == []
ref = store.put(b"tried", "a.txt")
(folder,) = there()
assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder.stat()
assert passing_store().read(ref) == b"tried"
"""


def ended(folder: Path, code: str) -> int:
    """The status of a process whose temporary files lie in a folder."""
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=False, timeout=60).returncode


@pytest.mark.skipif(sys.platform == "win32", reason="TMPDIR and modes of folders are POSIX's")
def test_a_folder_is_made_with_the_first_content_and_goes_with_the_process(tmp_path: Path) -> None:
    assert ended(tmp_path, TRIED) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="TMPDIR is POSIX's")
def test_a_process_that_is_killed_and_tried_nothing_leaves_nothing(tmp_path: Path) -> None:
    code = "import os\nfrom chat_app.files.passing import passing_store\npassing_store()\nos.kill(os.getpid(), 9)"
    assert ended(tmp_path, code) == -9
    assert list(tmp_path.iterdir()) == []
