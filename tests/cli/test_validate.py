import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.sarif_rules import broken_rules

BROKEN = """\
version: 1
name: broken
state: {answer: {type: string}}
outputs: [answer]
nodes:
  - {id: draft, kind: llm, prompt: Hi, writes: [answer]}
edges:
  - {from: START, to: draft}
  - {from: draft, to: EMD}
"""


@pytest.fixture
def broken(tmp_path: Path) -> str:
    file = tmp_path / "broken.yaml"
    file.write_text(BROKEN, encoding="utf-8")
    return str(file)


def test_a_valid_file_exits_0(command: Callable, example: Callable) -> None:
    said = command("validate", example("support_triage"))
    assert said.status == 0
    assert "no errors" in said.out


def test_an_invalid_file_exits_1_and_shows_the_place(command: Callable, broken: str) -> None:
    said = command("validate", broken)
    assert said.status == 1
    assert f"{broken}:9:23" in said.out
    assert "END" in said.out


def test_findings_are_told_in_the_terminals_language_and_as_data_in_english(
    command: Callable, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKFLOW_CHAT_LANGUAGE", "de")
    assert "`EMD` benennt keinen Knoten." in command("validate", broken).out
    assert "`EMD` names no node." in command("validate", "--format", "json", broken).out


def test_what_is_only_told_is_not_counted(command: Callable, example: Callable) -> None:
    said = command("validate", example("summarise_each"))
    assert "info[derived-order]" in said.out
    assert said.out.splitlines()[-1] == "1 file checked, no errors."


def test_json_has_the_promised_keys(command: Callable, broken: str, example: Callable) -> None:
    said = command("validate", example("support_triage"), broken, "--format", "json")
    assert said.status == 1
    found = json.loads(said.out)["diagnostics"]
    assert found
    for one in found:
        assert set(one) == {"file", "code", "severity", "message", "path", "line", "column", "help"}
        assert one["file"] == broken
    assert (found[0]["line"], found[0]["column"]) == (9, 23)
    assert found[0]["path"] == ["edges", 1, "to"]


def test_json_of_a_valid_file_is_an_empty_list(command: Callable, example: Callable) -> None:
    said = command("validate", example("write_and_review"), "--format", "json")
    assert (said.status, json.loads(said.out)) == (0, {"diagnostics": []})


def test_sarif_keeps_the_rules_of_its_standard(command: Callable, broken: str, example: Callable) -> None:
    said = command("validate", example("support_triage"), broken, "--format", "sarif")
    log = json.loads(said.out)
    assert said.status == 1
    assert broken_rules(log) == []
    [run] = log["runs"]
    assert [each["location"]["uri"] for each in run["artifacts"]][1] == "broken.yaml"
    assert [(found["ruleId"], found["level"]) for found in run["results"]] == [("unknown-name", "error")]


def test_every_golden_fault_makes_a_log_that_keeps_the_rules(command: Callable) -> None:
    cases = Path(__file__).parents[1] / "workflow" / "cases"
    said = command("validate", str(cases), "--format", "sarif")
    assert broken_rules(json.loads(said.out)) == []


def test_the_rules_of_sarif_can_be_broken(command: Callable, broken: str) -> None:
    log = json.loads(command("validate", broken, "--format", "sarif").out)
    log["runs"][0]["results"][0]["ruleIndex"] = 0
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert broken_rules(log)


def test_a_folder_is_walked(command: Callable, example: Callable) -> None:
    said = command("validate", str(Path(example("support_triage")).parent))
    assert said.status == 0


@pytest.mark.parametrize(
    "words", [["validate"], ["validate", "nowhere.yaml"], ["validate", "--format", "xml", "a.yaml"], ["valdate"]]
)
def test_misuse_exits_2_and_says_why(command: Callable, words: list[str]) -> None:
    said = command(*words)
    assert said.status == 2
    assert said.err


def test_garbage_is_a_finding_and_not_a_crash(command: Callable, tmp_path: Path) -> None:
    file = tmp_path / "garbage.yaml"
    file.write_bytes(b"\xff\xfe\x00 nodes: [")
    said = command("validate", str(file), "--format", "json")
    assert said.status == 1
    assert json.loads(said.out)["diagnostics"][0]["help"]


def test_fix_mends_the_file_and_keeps_its_comments(command: Callable, tmp_path: Path) -> None:
    file = tmp_path / "fixable.yaml"
    file.write_bytes(BROKEN.replace("nodes:", "# the only node\nnodes:").replace("llm", "lmm").encode())
    said = command("validate", "--fix", str(file))
    assert said.status == 0
    assert "fixed" in said.err
    expected = BROKEN.replace("nodes:", "# the only node\nnodes:").replace("EMD", "END")
    assert file.read_text(encoding="utf-8") == expected


def test_fix_leaves_what_it_cannot_fix_and_says_so(command: Callable, tmp_path: Path) -> None:
    text = "version: 1\nname: cut\nnodes: [\n"
    (tmp_path / "cut.yaml").write_text(text, encoding="utf-8")
    said = command("validate", "--fix", "cut.yaml")
    assert said.status == 1
    assert "cut.yaml:" in said.out
    assert (tmp_path / "cut.yaml").read_text(encoding="utf-8") == text


def test_explain_tells_a_kind_of_node(command: Callable) -> None:
    said = command("explain", "map")

    assert said.status == 0
    assert said.out.startswith("## `map`\n")
    assert "| `on_item_error` |" in said.out
    assert said.out.count("\n## ") == 0
