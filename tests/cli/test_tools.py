"""`workflow-chat tools`: list, show, try."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command


def test_list_names_every_tool(command: Command) -> None:
    said = command("tools", "list")
    assert said.status == 0
    assert [line.split()[0] for line in said.out.splitlines()] == sorted(
        json.loads(command("tools", "list", "--format", "json").out)
    )
    assert "query_table" in said.out


def test_show_tells_arguments_and_result(command: Command) -> None:
    said = command("tools", "show", "fetch_page")
    assert said.status == 0
    for part in (
        "url (string, needed)",
        "max_characters (integer, default 50000)",
        "contacts other machines",
        "title",
    ):
        assert part in said.out


def test_try_calls_the_tool(command: Command, tmp_path: Path) -> None:
    said = command("tools", "try", "query_table", "sql=SELECT sum(a) AS s FROM data", 'rows=[{"a": 1}, {"a": 2}]')
    assert (said.status, json.loads(said.out)) == (0, [{"s": 3}])
    (tmp_path / "given.json").write_text('{"text": "a,b\\n1,2", "types": false}')
    said = command("tools", "try", "read_table", "types=true", "--arguments", "given.json")
    assert json.loads(said.out) == [{"a": 1, "b": 2}]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["show", "querytable"], 2, "query_table"),
        (["try", "nope"], 2, "no tool named"),
        (["try", "split_text", "text"], 2, "name=value"),
        (["try", "split_text", "text=x", "max_characters=many"], 1, "max_characters"),
        (["try", "fetch_page", "url=http://127.0.0.1:9/"], 1, "WORKFLOW_CHAT_ALLOWED_HOSTS"),
        ([], 2, "ACTION"),
    ],
)
def test_mistakes_are_told(command: Command, words: list[str], status: int, says: str) -> None:
    said = command("tools", *words)
    assert said.status == status
    assert says in said.err
    assert said.out == ""


CALLS_SERVER = """version: 1
name: adds
state: {sum: {type: integer}}
outputs: [sum]
nodes:
  - {id: add, kind: tool, tool: "mcp:notes/add", arguments: {a: 1, b: 2}, writes: [sum]}
"""


def test_mcp_servers_are_listed_asked_and_checked(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = Path(__file__).parents[1] / "tools" / "mcp_server.py"
    servers = tmp_path / "servers.json"
    servers.write_text(json.dumps({"mcpServers": {"notes": {"command": sys.executable, "args": [str(program)]}}}))
    monkeypatch.setenv("WORKFLOW_CHAT_MCP", str(servers))
    (tmp_path / "adds.yaml").write_text(CALLS_SERVER)

    said = command("validate", "adds.yaml")
    assert (said.status, "not known yet" in said.out) == (0, True)
    assert "MCP server notes: its tools are not known yet" in command("tools", "list").err

    said = command("tools", "refresh")
    assert said.status == 0, said.err
    assert said.out.startswith("notes: add, find")
    assert "mcp:notes/add" in command("tools", "list").out
    assert "a (integer, needed)" in command("tools", "show", "mcp:notes/add").out
    assert "not known" not in command("validate", "adds.yaml").out
    (tmp_path / "wrong.yaml").write_text(CALLS_SERVER.replace("a: 1", "c: 1").replace("name: adds", "name: wrong"))
    said = command("validate", "wrong.yaml")
    assert "takes no `c`" in said.out
    assert "Rename `c` to `a`" in said.out
    (tmp_path / "none.yaml").write_text(CALLS_SERVER.replace("mcp:notes/add", "mcp:files/list_all"))
    assert "No MCP server `files` is declared" in command("validate", "none.yaml").out

    said = command("tools", "try", "mcp:notes/add", "a=1", "b=41")
    assert (said.status, said.out.strip()) == (0, "42")


def test_a_declaration_that_makes_no_sense_is_misuse(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKFLOW_CHAT_MCP", '{"mcpServers": {"a": {"comand": "x"}}}')
    for words in (["tools", "list"], ["serve"], ["tools", "refresh"]):
        said = command(*words)
        assert said.status == 2
        assert "did you mean `command`" in said.err
