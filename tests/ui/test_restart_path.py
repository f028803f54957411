"""A page whose server is killed in the middle of a turn and started again: nothing is lost, the turn goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.designer.agent.samples import FIRST, edit
from tests.servers.openai_server import Asked, OpenAIServer, Reply, as_json
from tests.ui.conftest import ROOT, Visit, picture
from tests.ui.driving import bot, revised, say, tab
from tests.ui.serve import free_port

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser: whole paths")]

SHORT = edit({"op": "set_prompt", "id": "reply", "prompt": "Answer in one line: {{ state.email }}"})


@contextmanager
def served(folder: Path, options: dict[str, object]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A page in a process of its own; killed at the end where it still lives."""
    command = [sys.executable, "-m", "tests.ui.serve", str(folder), json.dumps([options])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert told, "the page did not start"
        yield json.loads(told)[0], process
    except BaseException:
        # What it was at is written down first.
        process.send_signal(signal.SIGUSR1)
        process.terminate()
        process.communicate(timeout=20)
        raise
    finally:
        process.kill()
        process.communicate()


class Model:
    """Designs at once; holds the second wish in the middle of its answer, the first time."""

    def __init__(self) -> None:
        self.held = False

    def __call__(self, request: Asked) -> Reply:
        if "one line" not in request.text:
            return as_json(FIRST)
        held, self.held = self.held, True
        return as_json(SHORT, pause_at=None if held else 3)


def test_a_turn_outlives_the_kill_of_its_server_and_earlier_conversations_are_there(
    visit: Visit, tmp_path: Path
) -> None:
    with OpenAIServer(Model()) as server:
        environment = {"OPENAI_API_BASE": server.base_url, "OPENAI_API_KEY": "sk-x"}
        options: dict[str, object] = {
            "folder": "0",
            "port": free_port(),
            "environment": environment,
            "preferred": "openai/m",
        }
        with served(tmp_path, options) as (url, process):
            page = visit(url)
            say(page, "Answer the mails of my customers")
            expect(page.locator("[data-chip=design]")).to_contain_text("valid")
            page.locator("#message textarea").fill("Answer in one line")
            page.locator("#send").click()
            server.wait_paused()
            process.kill()
        with served(tmp_path, options) as (url, _):
            page.goto(url)
            expect(bot(page).last).to_contain_text("This turn was not finished")
            expect(page.locator("[data-testid=user]").last).to_contain_text("Answer in one line")
            tab(page, "Graph")
            expect(page.locator("#graph [data-node=reply]")).to_be_visible()
            picture(page, "unfinished")
            # The conversation is drawn anew at times; what it holds is counted when it is there.
            expect(bot(page).last).to_contain_text("This turn was not finished")
            before = bot(page).count()
            page.locator("#choices .wc-choice", has_text="Continue").click()
            expect(bot(page)).to_have_count(before)
            expect(bot(page).last).to_contain_text("reply")
            revised(page, 2)
            page.locator("#new-design").click()
            expect(bot(page)).to_have_count(0)
            say(page, "Write a poem")
            page.locator("#history").click()
            expect(page.locator("#conversations li")).to_have_count(2)
            picture(page, "history")
            page.locator("#conversations li").nth(1).get_by_role("button", name="Open").click()
            expect(page.locator("#conversations")).to_have_count(0)
            expect(page.locator("[data-testid=user]").first).to_contain_text("Answer the mails")
            revised(page, 2)
            page.reload()
            expect(page.locator("[data-testid=user]").first).to_contain_text("Answer the mails")
