"""A real PostgreSQL server for a test session: a cluster in a folder of its own, on a socket of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else found[0].parent if found else None


def need() -> Path:
    """The programs; without them the test is skipped here, and fails where everything must be there."""
    found = programs()
    if found is None:
        said = "PostgreSQL is not installed here (apt-get install postgresql)."
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    return found


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The URL of a new, empty database; its server ends with the test."""
    bin = need()
    # A socket's path must be short, and root may not run the server.
    home = Path(tempfile.mkdtemp(prefix="wfpg"))
    user = {"user": "nobody", "group": "nogroup"} if sys.platform != "win32" and os.geteuid() == 0 else {}
    if user:
        shutil.chown(home, **user)
    data = home / "data"

    def do(*words: str) -> None:
        subprocess.run(words, check=True, capture_output=True, cwd=home, timeout=60, **user)

    try:
        do(str(bin / "initdb"), "-D", str(data), "-U", "chat", "-A", "trust", "-E", "UTF8", "--no-sync")
        settings = f"-k {home} -c listen_addresses= -c fsync=off -c full_page_writes=off"
        do(str(bin / "pg_ctl"), "-D", str(data), "-w", "-l", str(home / "log"), "-o", settings, "start")
        try:
            yield f"postgresql://chat@/postgres?host={home}"
        finally:
            do(str(bin / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
