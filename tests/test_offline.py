"""Nothing leaves the machine: at start, at page load, in a guided design, in a simulated run."""

import re
import socket
from pathlib import Path

import httpx
import pytest

from tests.guarded import departures, guarded

EXAMPLE = "generated_configs/examples/write_and_review.yaml"


COMMANDS = [
    ["dry-run", EXAMPLE],
    ["test", EXAMPLE],
    ["design", "--guided", "--say", "summarise each item of a list", "--format", "json"],
    ["run", EXAMPLE, "--input", "topic=Salt", "--format", "json"],
]
"""Those that load least come first: none may rely on what one before it has set up."""


def test_commands_stay_on_the_machine(tmp_path: Path) -> None:
    code = f"""
import os
from chat_app.cli import main
environment = dict(os.environ)
for words in {COMMANDS!r}:
    os.environ.clear()
    os.environ.update(environment)
    print("does:", words[0], flush=True)
    assert main(words) == 0, words
    print("did:", words[0], file=sys.stderr, flush=True)
"""
    out, err = (process := guarded(code, tmp_path)).communicate(timeout=110)
    assert process.returncode == 0, err
    said = {words: text for words, _, text in (part.partition("\n") for part in out.split("does: ")[1:])}
    assert list(said) == [words[0] for words in COMMANDS]
    assert all(said.values())
    # If any left, the command that let it is told after it.
    assert departures(err) == [], err


def test_the_guard_sees_an_attempt(tmp_path: Path) -> None:
    code = "import socket\ntry: socket.getaddrinfo('example.invalid', 80)\nexcept OSError: pass"
    process = guarded(code, tmp_path)
    assert departures(process.communicate(timeout=30)[1]) == ["example.invalid"]


def test_a_call_to_a_server_here_stays_on_the_machine(tmp_path: Path) -> None:
    """By the direct client; LiteLLM's first call is listened to in chat_models/test_quiet.py."""
    code = """
import asyncio
from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.protocol import ChatMessage, ChatRequest
from chat_app.chat_models.whole_answer import whole_answer
model = ChatModels({}).get("openai/x", {"OPENAI_API_KEY": "k", "OPENAI_API_BASE": "http://127.0.0.1:9/v1"})
try:
    asyncio.run(whole_answer(model, ChatRequest((ChatMessage("user", "hi"),))))
except ChatModelError as error:
    print(type(error).__name__)
"""
    process = guarded(code, tmp_path)
    out, err = process.communicate(timeout=90)
    assert out.strip() == "NotReachable", err
    assert departures(err) == []


@pytest.mark.parametrize("hosted", [False, True], ids=["local", "spaces"])
def test_the_page_starts_and_stays_on_the_machine(hosted: bool, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    local = f"from chat_app.cli import main; main(['serve', '--port', '{port}'])"
    space = "import runpy; runpy.run_path('spaces_app.py', run_name='__main__')"
    environment = {"SYSTEM": "spaces", "GRADIO_SERVER_PORT": str(port)} if hosted else {}
    process = guarded(space if hosted else local, tmp_path, **environment)
    try:
        assert process.stdout is not None
        told = next(line for line in process.stdout if "workflow-chat is at" in line)
        assert re.search(rf":{port}\b", told)
        page = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=30)
        assert page.status_code == 200
        outside = set(re.findall(r"(?:src|href)=\"(https?://[^\"]+)\"", page.text))
        assert outside == set()
    finally:
        process.terminate()
        _, err = process.communicate(timeout=30)
    # Ended as by Ctrl+C: what is open is closed.
    assert process.returncode == 0
    assert departures(err) == []
