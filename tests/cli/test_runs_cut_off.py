"""A run whose process is killed as soon as its id is known: it is listed, shown and resumed all the same."""

import asyncio
import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from chat_app.app import build
from chat_app.cli.checking import check_file
from chat_app.settings import Settings

HELLO = """\
version: 1
name: hello
inputs: {who: {type: string, default: Ada}}
state: {text: {type: string}}
outputs: [text]
nodes:
  - {id: greet, kind: template, template: "Hello {{ state.who }}", writes: [text]}
"""


def die(moment: str, file: str, told: Path) -> None:
    """Starts a run, writes its id down and is killed: before the run's first turn, or at its first event."""

    async def live() -> None:
        app = build(Settings.from_environment(os.environ))
        run_id = await app.runs.start(check_file(file), {})
        told.write_text(run_id, encoding="utf-8")  # noqa: ASYNC240
        if moment == "event":
            async for _ in app.runs.subscribe(run_id):
                break
        os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(live())


@pytest.mark.parametrize("moment", ["start", "event"])
def test_a_run_that_is_killed_in_its_first_moments_is_found_and_resumed(
    command: Callable, tmp_path: Path, moment: str
) -> None:
    file, told = tmp_path / "hello.yaml", tmp_path / "told"
    file.write_text(HELLO, encoding="utf-8")
    # Not the fork server: this process's environment names the folders.
    process = multiprocessing.get_context("spawn").Process(target=die, args=(moment, str(file), told))
    process.start()
    process.join(100)
    assert process.exitcode == -signal.SIGKILL
    run_id = told.read_text(encoding="utf-8")
    for words in ((), ("--state", "interrupted"), ("--workflow", "hello")):
        (run,) = json.loads(command("runs", "list", *words, "--format", "json").out)
        assert (run["run_id"], run["workflow"], run["state"]) == (run_id, "hello", "interrupted")
    for words in (("--state", "running"), ("--state", "finished"), ("--workflow", "other")):
        assert command("runs", "list", *words).out == "No runs.\n"
    assert f"runs resume {run_id}" in command("runs", "show", run_id[:10]).out
    said = command("runs", "resume", run_id, "--format", "json")
    assert (said.status, json.loads(said.out)["outputs"]) == (0, {"text": "Hello Ada"})
    assert command("runs", "list", "--state", "interrupted").out == "No runs.\n"
    assert " finished " in command("runs", "show", "last").out
