"""`runs resume` and `runs rerun`: after a real kill, after a limit, with answers, from a node on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.openai_server import Hangs, OpenAIServer, Says

CHAIN = """\
version: 1
name: chain
model: openai/any
inputs: {topic: {type: string, default: tea}}
state: {a: {type: string}, b: {type: string}, c: {type: string}}
outputs: [c]
nodes:
  - {id: one, kind: llm, prompt: "one {{ state.topic }}", writes: [a]}
  - {id: two, kind: llm, prompt: "two {{ state.a }}", writes: [b]}
  - {id: three, kind: template, template: "{{ state.a }}, {{ state.b }}", writes: [c]}
"""

ASKS = """\
version: 1
name: asks
state: {a: {type: string}, n: {type: integer, default: 0}}
outputs: [a]
nodes:
  - {id: ask, kind: human, ask: What?, writes: [a]}
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, command: Callable) -> OpenAIServer:
    with OpenAIServer() as server:
        for name, value in server.keys.items():
            monkeypatch.setenv(name, value)
        yield server


def test_a_killed_command_is_resumed_and_repeats_nothing(
    command: Callable, server: OpenAIServer, tmp_path: Path
) -> None:
    (tmp_path / "chain.yaml").write_text(CHAIN, encoding="utf-8")
    server.add(Says("first"), Hangs())
    words = [sys.executable, "-m", "chat_app", "run", str(tmp_path / "chain.yaml"), "--format", "json"]
    process = subprocess.Popen(words, cwd=Path(__file__).parents[2], env=os.environ.copy(), stdout=subprocess.PIPE)
    server.wait_paused()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    server.release()
    server.requests.clear()
    server.add(Says("second"))
    said = command("runs", "resume", "last", "--format", "json")
    assert said.status == 0, said
    result = json.loads(said.out)
    assert (result["status"], result["outputs"]) == ("done", {"c": "first, second"})
    # The first answer was kept; the call that was in flight is the only one made again.
    assert [asked.last for asked in server.requests] == ["two first"]
    assert command("runs", "resume", "last").status == 1


def test_a_rerun_from_a_node_takes_over_what_came_before(
    command: Callable, server: OpenAIServer, tmp_path: Path
) -> None:
    (tmp_path / "chain.yaml").write_text(CHAIN, encoding="utf-8")
    server.add(Says("first"), Says("second"), Says("other"), Says("new"), Says("all"))
    assert command("run", "chain.yaml").status == 0
    again = json.loads(command("runs", "rerun", "last", "--from", "two", "--format", "json").out)
    assert again["outputs"] == {"c": "first, other"} and again["usage"]["calls"] == 1
    changed = json.loads(command("runs", "rerun", "last", "--input", "topic=rain", "--format", "json").out)
    assert [asked.last for asked in server.requests[3:]] == ["one rain", "two new"]
    assert changed["outputs"] == {"c": "new, all"}
    said = command("runs", "rerun", "last", "--from", "nowhere")
    assert said.status == 1 and "Its nodes are: one, three, two" in said.err


def test_a_waiting_run_is_answered_in_another_process(command: Callable, tmp_path: Path) -> None:
    (tmp_path / "asks.yaml").write_text(ASKS, encoding="utf-8")
    (tmp_path / "answers.json").write_text('{"ask": {"a": "this"}}', encoding="utf-8")
    assert command("run", "asks.yaml").status == 3
    assert command("runs", "resume", "last").status == 3
    said = command("runs", "resume", "last", "--answers", "answers.json", "--format", "json")
    assert json.loads(said.out)["outputs"] == {"a": "this"}


def test_a_limit_is_raised_to_go_on(command: Callable, tmp_path: Path) -> None:
    loop = """\
version: 1
name: loop
state: {n: {type: string, default: x}}
outputs: [n]
limits: {steps: 3}
nodes: [{id: more, kind: template, template: "{{ state.n }}x", writes: [n]}]
edges:
  - {from: START, to: more}
  - {from: more, routes: [{to: more, max_times: 4}, {to: END}]}
"""
    (tmp_path / "loop.yaml").write_text(loop, encoding="utf-8")
    assert command("run", "loop.yaml").status == 1
    assert command("runs", "resume", "last").status == 1
    said = command("runs", "resume", "last", "--limit", "steps=20", "--format", "json")
    assert json.loads(said.out)["outputs"] == {"n": "xxxxxx"}
    for wrong in ("steps", "stairs=2", "steps=0"):
        assert command("runs", "resume", "last", "--limit", wrong).status == 2
