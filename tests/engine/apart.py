"""Modules of the tests that are run in a process of their own, as what they measure is the process's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def told_by(module: str, *words: str, seconds: float) -> dict[str, Any]:
    """The JSON that `python -m MODULE WORDS` prints within so many seconds."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told
