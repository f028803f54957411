"""`workflow-chat tools`: list, show, try."""

from __future__ import annotations

import json
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
