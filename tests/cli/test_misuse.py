"""Places and ports that cannot be used are told in one line, not by a traceback."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


def test_a_data_folder_that_cannot_be_made(
    command: Callable, example: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("WORKFLOW_CHAT_DATA", str(tmp_path / "file" / "data"))
    said = command("run", example("write_and_review"), "--input", "topic=Salt")
    assert said.status == 2
    assert "WORKFLOW_CHAT_DATA" in said.err


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "chat_app", "serve", "--port", str(port)],
            env={**os.environ, "WORKFLOW_CHAT_DATA": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert f"127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_version(command: Callable) -> None:
    said = command("--version")
    assert said.status == 0
    assert said.out.startswith("workflow-chat")
