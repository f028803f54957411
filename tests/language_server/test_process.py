"""The process around the server: what it loads, how it starts and ends, and that nothing brings it down."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import Any

import pytest

from tests.language_server.conftest import example
from tests.language_server.editor import ROOT, Editor, Failed, Wire

HEAVY = ("gradio", "litellm", "mlflow", "pandas", "langgraph", "langchain_core", "openai")


def test_it_loads_nothing_heavy() -> None:
    code = f"""
import sys
from chat_app.cli import main
from chat_app.cli.checking import check_file
assert check_file("generated_configs/examples/ask_table.yaml").valid
assert main(["lsp"]) == 0
print("loaded:", *sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)
"""
    uri, text = "file:///x.yaml", "nodes:\n  - {kind: tool, tool: }\n"
    said = [
        {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen",
         "params": {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}}},
        {"id": 2, "method": "textDocument/completion",
         "params": {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 23}}},
    ]  # fmt: skip
    bodies = [json.dumps({"jsonrpc": "2.0", **message}).encode() for message in said]
    sent = b"".join(b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, input=sent, capture_output=True, timeout=60, check=True
    )
    assert b"fetch_page" in done.stdout
    assert done.stderr.decode() == "loaded:\n"


def test_nothing_but_messages_is_written_and_nothing_is_logged(editor: Editor) -> None:
    page = editor.open(example("support_triage"))
    page.findings()
    page.labels(page.at("from: |draft"))
    assert editor.wire.stray == b""


@pytest.fixture
def lone() -> Any:
    """A server of the test's own."""
    editor = Editor()
    editor.begin()
    yield editor
    editor.leave()


def test_garbage_from_the_editor_is_survived(lone: Editor) -> None:
    wire = lone.wire
    for body in (b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"jsonrpc": "2.0"}', b"[" * 5000,
                 b'{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"a": 1}}',
                 b'{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": null}'):  # fmt: skip
        wire.raw(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    wire.raw(b"nonsense\r\n\r\n")
    wire.notify("no/such/thing", {})
    with pytest.raises(Failed):
        wire.ask("no/such/question", {})
    wire.send({"id": 77, "method": "textDocument/hover", "params": {"textDocument": 3}})
    page = lone.open("version: 1\n")
    assert [found["code"] for found in page.findings()] == ["missing-key", "missing-key"]
    assert wire.stray == b""


def test_questions_about_what_is_not_there(editor: Editor) -> None:
    nowhere = {"uri": "file:///nowhere.yaml"}
    place = {"line": 4_000_000, "character": 4_000_000}
    for method in ("completion", "hover", "definition", "documentHighlight", "prepareRename"):
        assert editor.wire.ask(f"textDocument/{method}", {"textDocument": nowhere, "position": place}) is None
    page = editor.open("version: 1\n")
    assert page.ask("hover", place) is None
    assert "name" in page.labels(place)
    editor.wire.notify("textDocument/didChange", {"textDocument": {**nowhere, "version": 2}, "contentChanges": []})
    editor.wire.notify("textDocument/didClose", {"textDocument": nowhere})
    assert page.labels(place)


@pytest.mark.parametrize(
    "text",
    ["", "\x00\x01", "\ud83d", "a: &x [*x, *x]", "- " * 3000, "{" * 3000, "[" * 3000 + "]" * 3000, "a: {{ " * 500,
     '"' * 999, "'" * 999, "|\n" * 99, "nodes:\n" + "  - {id: a, kind: llm}\n" * 300, "\ufeff", "%YAML", "state: [}",
     "\r", ": :", "? a\n: b", "a:\n\tb: c", "\ue000: \ue000", "nodes: {0: {1: 2}}", "tests: [[], 1, {given: []}]",
     "nodes: [{id: [], kind: map, body: []}, {body: {nodes: [1]}, kind: map, item: 3, over: 4}]",
     "inputs: {x: {type: [], enum: 3}}\nnodes: [{id: a, kind: llm, prompt: '{{ state.x }}', writes: {a: 1}}]"],
    ids=range(24),
)  # fmt: skip
def test_garbage_in_the_text_is_survived(editor: Editor, text: str) -> None:
    page = editor.open(text)
    page.findings()
    for place in (
        {"line": 0, "character": 0},
        {"line": 0, "character": 3},
        {"line": 0, "character": len(text) // 2},
        {"line": 10**6, "character": 0},
    ):
        page.ask("completion", place)
        page.ask("hover", place)
        page.ask("definition", place)
        page.ask("references", place, context={"includeDeclaration": True})
        assert page.ask("prepareRename", place) is None or page.ask("rename", place, newName="zzz")
        span = {"start": place, "end": place}
        editor.wire.ask(
            "textDocument/codeAction", {"textDocument": page.id, "range": span, "context": {"diagnostics": []}}
        )
    editor.wire.ask("textDocument/documentSymbol", {"textDocument": page.id})


def test_halves_of_a_character_may_come_one_at_a_time(editor: Editor) -> None:
    page = editor.open("version: 1\nnamme: x\n")
    page.findings()
    start = {"line": 1, "character": 8}
    page.change([{"range": {"start": start, "end": start}, "text": "\ud83d"}])
    behind = {"line": 1, "character": 9}
    page.change([{"range": {"start": behind, "end": behind}, "text": "\ude00"}])
    assert "unknown-key" in [found["code"] for found in page.findings()]


def test_it_ends_when_the_editor_is_gone() -> None:
    editor = Editor()
    editor.begin()
    editor.open("version: 1\n").findings()
    assert editor.leave() == 0
    assert editor.errors == b""


def test_over_tcp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "chat_app", "lsp", "--tcp", str(port)], cwd=ROOT, stderr=subprocess.PIPE
    )
    assert process.stderr
    try:
        while line := process.stderr.readline():
            if b"Serving on ('127.0.0.1', %d)" % port in line:
                break
        else:
            pytest.fail("it never listened")
        with (
            socket.create_connection(("127.0.0.1", port)) as connection,
            connection.makefile("wb") as output,
            connection.makefile("rb") as input,
        ):
            wire = Wire(output, input)
            result = wire.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
            assert result["serverInfo"]["name"] == "workflow-chat"
            wire.ask("shutdown", None)
            wire.notify("exit", None)
            wire.reader.join(10)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_port_in_use_is_told_in_a_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [sys.executable, "-m", "chat_app", "lsp", "--tcp", str(taken.getsockname()[1])],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("workflow-chat: cannot listen at 127.0.0.1:")
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
