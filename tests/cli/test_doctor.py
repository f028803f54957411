"""`workflow-chat doctor`: what is here, in use, and lacking."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from chat_app.sandbox.full.jail import Jail, Started
from chat_app.sandbox.full.trial import try_jail
from tests.cli.conftest import Command
from tests.sandbox.jails import JAILS


def test_every_part_is_told(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKFLOW_CHAT_MCP", '{"mcpServers": {"notes": {"command": "no-such-program"}}}')
    monkeypatch.setenv("WORKFLOW_CHAT_ALLOWED_HOSTS", "10.0.0.5")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-doctor")
    said = command("doctor")
    assert said.status == 0, said.out
    for part in (
        "litellm",
        "can be written to",
        "OPENAI_API_KEY is set",
        "runtime: mini works",
        "speak: Give it a `model`",
        "notes (a program): its tools are not known yet",
        "private hosts that may be contacted: 10.0.0.5",
    ):
        assert part in said.out
    assert "sk-canary-doctor" not in said.out
    if JAILS:
        assert "nothing got out" in said.out
    else:
        assert "runtime: full is refused" in said.out


def test_what_is_turned_off_is_no_fault_and_json_says_the_same(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKFLOW_CHAT_SANDBOX", "off")
    said = command("doctor", "--format", "json")
    parts = {part["title"]: part["findings"] for part in json.loads(said.out)}
    assert said.status == 0
    full = next(one for one in parts["Code"] if "full" in one["text"])
    assert (full["state"], "WORKFLOW_CHAT_SANDBOX" in full["text"]) == ("note", True)


async def test_a_jail_that_leaks_is_found_out(tmp_path: Path) -> None:
    """The trial must be able to fail: in the open, everything leaks."""

    def in_the_open(text: str, limits: object, folder: Path) -> Started:
        return Started((sys.executable, "-I", "-c", text))

    trial = await try_jail(Jail("open", "no jail at all", (), in_the_open))
    assert not trial.works
    assert set(trial.leaks) == {"a connection", "a file outside", "writing outside"}
