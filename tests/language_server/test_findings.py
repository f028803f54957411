"""Findings as one types, told by the real server: where they stand, and that they follow the text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.language_server.conftest import example
from tests.language_server.editor import Editor, Page

OUTER = """\
version: 1
name: outer
inputs: {mail: {type: string}}
state: {answer: {type: string}}
outputs: [answer]
nodes:
  - {id: sub, kind: workflow, uses: ./inner.yaml, arguments: {email: "{{ state.mail }}"}, writes: [answer]}
edges:
  - {from: START, to: sub}
  - {from: sub, to: END}
"""


def codes(findings: list[dict[str, Any]]) -> list[str]:
    return [found["code"] for found in findings]


def test_a_valid_workflow_has_no_findings(triage: Page) -> None:
    assert triage.findings() == []


def test_findings_come_and_go_with_the_keys(triage: Page) -> None:
    triage.findings()
    triage.replace("to: approve}", "to: aprove}")
    found = next(found for found in triage.findings() if found["code"] == "unknown-name")
    assert triage.words(found["range"]) == "aprove"
    assert found["severity"] == 1
    assert found["source"] == "workflow-chat"
    assert "Did you mean `approve`?" in found["message"]
    triage.replace("to: aprove}", "to: approve}")
    assert triage.findings() == []


def test_many_keys_are_one_check(triage: Page) -> None:
    triage.findings()
    for old, new in [("kind: human", "kind: h"), ("kind: h\n", "kind: hu\n"), ("kind: hu\n", "kind: human\n")]:
        triage.replace(old, new)
    assert triage.findings() == []


def test_several_changes_in_one_message_are_made_in_order(editor: Editor) -> None:
    page = editor.open("version: 1\n")
    page.findings()
    page.change(
        [
            {
                "range": {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}},
                "text": "name: x\n",
            },
            {"range": {"start": {"line": 1, "character": 6}, "end": {"line": 1, "character": 7}}, "text": "good"},
            {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "text": "# é😀\n"},
            {"range": {"start": {"line": 0, "character": 5}, "end": {"line": 0, "character": 5}}, "text": "!"},
        ]
    )
    page.text = "# é😀!\nversion: 1\nname: good\n"
    assert codes(page.findings()) == ["missing-key"]
    symbols_and_keys = page.labels({"line": 3, "character": 0})
    assert "nodes" in symbols_and_keys and "name" not in symbols_and_keys


def test_a_whole_new_text_is_taken(triage: Page) -> None:
    triage.findings()
    triage.change([{"text": example("summarise_each")}])
    assert all(found["severity"] == 4 for found in triage.findings())
    triage.change([{"text": "nonsense"}])
    assert codes(triage.findings()) == ["wrong-type"]


@pytest.mark.parametrize("before", ["😀 ", "漢字 ", "e\u0301 ", "👩\u200d👩\u200d👧 "], ids=ascii)
def test_columns_count_utf16_units(editor: Editor, before: str) -> None:
    text = example("support_triage").replace("{{ state.mood }}", f"{before}{{{{ state.moood }}}}")
    page = editor.open(text)
    found = next(found for found in page.findings() if found["code"] == "unknown-name")
    assert page.words(found["range"]) == "state.moood"


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x0c"], ids=ascii)
def test_only_the_protocol_s_line_ends_end_lines(editor: Editor, sign: str) -> None:
    text = f'version: 1\ndescription: "a{sign}b"\nnome: x\n'
    page = editor.open(text)
    page.findings()
    page.replace("nome", "nommme")
    found = next(found for found in page.findings() if found["code"] in ("unknown-key", "not-text"))
    assert found["code"] == "not-text" or page.words(found["range"]) == "nommme"
    assert "name" in page.labels(page.at("nommme|: x"))


@pytest.mark.parametrize("end", ["\r\n", "\r"], ids=["CRLF", "CR"])
def test_other_line_ends(editor: Editor, end: str) -> None:
    text = example("support_triage").replace("to: draft}", "to: drafft}").replace("\n", end)
    page = editor.open(text)
    found = next(found for found in page.findings() if found["code"] == "unknown-name")
    line = text[: text.index("drafft")].count(end)
    start = text.split(end)[line].index("drafft")
    assert found["range"] == {
        "start": {"line": line, "character": start},
        "end": {"line": line, "character": start + 6},
    }


def test_a_byte_order_mark_shifts_nothing(editor: Editor) -> None:
    page = editor.open("\ufeffverzion: 1\n")
    found = next(found for found in page.findings() if found["code"] == "unknown-key")
    assert page.words(found["range"]) == "verzion"


def test_broken_yaml_is_told_where_it_breaks(triage: Page) -> None:
    triage.findings()
    triage.replace("outputs: [answer, decision]", "outputs: [answer, decision")
    assert "yaml-syntax" in codes(triage.findings())


def test_what_nothing_uses_is_shown_faded(editor: Editor) -> None:
    page = editor.open(example("support_triage").replace("inputs:\n", "inputs:\n  extra: {type: string}\n", 1))
    found = next(found for found in page.findings() if found["code"] == "unused-input")
    assert found["severity"] == 2
    assert found["tags"] == [1]


def test_closing_takes_the_findings_away(editor: Editor) -> None:
    page = editor.open("nonsense")
    assert page.findings()
    editor.wire.notify("textDocument/didClose", {"textDocument": page.id})
    assert editor.findings_of(page.uri, None) == []


def test_saving_a_file_checks_those_that_use_it(editor: Editor, tmp_path: Path) -> None:
    page = editor.open(OUTER, (tmp_path / "outer.yaml").as_uri())
    assert codes(page.findings()) == ["used-file"]
    (tmp_path / "inner.yaml").write_text(example("support_triage"), encoding="utf-8")
    editor.wire.notify("textDocument/didSave", {"textDocument": {"uri": "file:///elsewhere.yaml"}})
    assert page.findings() == []


def test_utf8_columns_where_the_editor_wants_them() -> None:
    editor = Editor()
    assert (
        editor.begin(general={"positionEncodings": ["utf-8", "utf-16"]})["capabilities"]["positionEncoding"]
        == "utf-8"
    )
    page = editor.open('{version: 1, description: "漢😀", nome: x}\n')
    found = next(found for found in page.findings() if found["code"] == "unknown-key")
    start = found["range"]["start"]["character"]
    assert page.text.encode()[start : start + 4] == b"nome"
    assert editor.end() == 0


def test_a_question_about_a_text_that_is_gone_is_refused(editor: Editor) -> None:
    """Edits worked out of an older text would land in the wrong place."""
    nodes = "".join(
        f"  - {{id: n{number}, kind: template, template: x, writes: [answer]}}\n" for number in range(2000)
    )
    page = editor.open(example("support_triage").replace("nodes:\n", f"nodes:\n{nodes}", 1))
    params = {"textDocument": page.id, "position": page.at("- id: dra|ft"), "newName": "x"}
    answer = editor.wire.later("textDocument/rename", params)
    # The check of so long a text takes much longer than to read one more message.
    page.replace("version: 1\n", "# more\nversion: 1\n")
    assert answer()["error"]["code"] == -32801
    page.findings()
