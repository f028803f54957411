"""`query` from the command line, over a run that was really made."""

from collections.abc import Callable
from pathlib import Path

from chat_app.library import Library


def test_from_the_command_line(command: Callable, tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text(
        "version: 1\nname: hello\nstate: {t: {type: string}}\noutputs: [t]\n"
        "nodes: [{id: greet, kind: template, template: Hi, writes: [t]}]\n",
        encoding="utf-8",
    )
    command("run", "hello.yaml")
    said = command("query", "SELECT workflow, state, cost_usd FROM runs", "--format", "csv")
    assert (said.status, said.out) == (0, "workflow,state,cost_usd\nhello,finished,0.0\n")
    assert "greet" in command("query", "SELECT node FROM durations").out
    assert command("query", "DROP TABLE runs").status == 2
    assert command("query").status == 2
    assert "steps: one row for each step" in command("query", "--views").out
    assert "SELECT * FROM costs" in command("query", "--examples").out


def test_where_nothing_was_recorded_it_is_said_what_to_do(command: Callable) -> None:
    said = command("query", "SELECT * FROM runs")
    assert (said.status, said.out) == (0, "") and "workflow-chat run FILE" in said.err
    assert command("query", "SELECT * FROM runs", "--format", "json").out == "[]\n"


def test_designs_of_earlier_versions_are_found(command: Callable, tmp_path: Path) -> None:
    Library(tmp_path / "designs").save("version: 1\n", name="triage", asked="Sort mail")
    said = command("query", "SELECT name, number, asked FROM revisions", "--format", "csv")
    assert (said.status, said.out) == (0, "name,number,asked\ntriage,1,Sort mail\n")
