"""Definition, references, highlights, renaming and the outline, asked of the real server."""

from __future__ import annotations

from typing import Any

import pytest

from chat_app.workflow.check import check
from tests.language_server.conftest import example
from tests.language_server.editor import Editor, Failed, Page


@pytest.mark.parametrize(
    ("words", "declared"),
    [
        ("from: dra|ft", "- id: |draft"),
        ("to: app|rove}", "- id: |approve"),
        ("met_by: [appr|ove]", "- id: |approve"),
        ("given: {ana|lyse: {mood: angry", "- id: |analyse"),
        ("answers: {app|rove", "- id: |approve"),
        ("is {{ state.mo|od }}", "  |mood: {type"),
        ('"state.mo|od == ', "  |mood: {type"),
        ("|| state.conf|idence", "  |confidence: {type"),
        ("outputs: [ans|wer", "  |answer: {type"),
        ("writes: [mood, conf|idence", "  |confidence: {type"),
        ("inputs: {em|ail: \"When", "  |email:\n"),
        ("expect: [\"state.dec|ision == 'send'", "  |decision: {type"),
        ("answer|: {type", "  |answer: {type"),
    ],
)  # fmt: skip
def test_definitions(triage: Page, words: str, declared: str) -> None:
    cursor = words.rindex("|")
    place = triage.place(triage.text.index(words[:cursor] + words[cursor + 1 :]) + cursor)
    (found,) = triage.ask("definition", place)
    assert found["uri"] == triage.uri
    assert found["range"]["start"] == triage.at(declared)


@pytest.mark.parametrize("words", ["ki|nd: llm", "# calm and sure|", "Answer this cus|tomer"])
def test_what_names_nothing_leads_nowhere(triage: Page, words: str) -> None:
    assert not triage.ask("definition", triage.at(words))


def test_references(triage: Page) -> None:
    places = triage.ask("references", triage.at("- id: dra|ft"), context={"includeDeclaration": False})
    assert [triage.words(each["range"]) for each in places] == ["draft"] * 3
    assert [each["range"]["start"]["line"] + 1 for each in places] == [39, 40, 54]
    everywhere = triage.ask("references", triage.at("- id: dra|ft"), context={"includeDeclaration": True})
    assert len(everywhere) == 4


def test_highlights_tell_the_declaration(triage: Page) -> None:
    marks = triage.ask("documentHighlight", triage.at("is {{ state.mo|od }}"))
    assert [mark["kind"] for mark in marks] == [3, 2, 2, 2, 2, 2]


def renamed(page: Page, words: str, new: str) -> str:
    edit = page.ask("rename", page.at(words), newName=new)
    (edits,) = edit["changes"].values()
    return page.after(edits)


@pytest.mark.parametrize(
    ("words", "old", "new"),
    [
        ("- id: dra|ft", "draft", "reply"),
        ("to: app|rove}", "approve", "sign_off"),
        ("- id: analy|se", "analyse", "look"),
    ],
)
def test_renaming_a_node(triage: Page, words: str, old: str, new: str) -> None:
    text = renamed(triage, words, new)
    assert check(text).valid
    changed = [line for line, before in zip(text.split("\n"), triage.text.split("\n"), strict=True) if line != before]
    assert all(new in line for line in changed)
    back = [line.replace(new, old) for line in changed]
    assert set(back) <= set(triage.text.split("\n"))


def test_renaming_a_field_reaches_templates_conditions_and_tests(triage: Page) -> None:
    text = renamed(triage, "is {{ state.mo|od }}", "temper")
    assert text == (
        triage.text.replace("state.mood", "state.temper")
        .replace("  mood: {", "  temper: {")
        .replace("[mood,", "[temper,")
        .replace("{mood:", "{temper:")
    )


def test_renaming_inside_a_map(editor: Editor) -> None:
    page = editor.open(example("summarise_each"))
    assert "{{ piece }}" in renamed(page, "{{ te|xt }}", "piece")
    text = renamed(page, "writes: [summ|ary]", "gist")
    assert "returns: gist" in text
    assert check(text).valid
    assert check(renamed(page, "{{ te|xt }}", "piece")).valid


def test_wide_characters_before_a_name(editor: Editor) -> None:
    page = editor.open(example("support_triage").replace("Their mood is", "😀漢 Their mood is"))
    assert "😀漢 Their mood is {{ state.temper }}." in renamed(page, "is {{ state.mo|od }}", "temper")


def test_the_name_to_change_is_told_first(triage: Page) -> None:
    found = triage.ask("prepareRename", triage.at("from: dra|ft"))
    assert found["placeholder"] == "draft"
    assert triage.words(found["range"]) == "draft"
    assert triage.ask("prepareRename", triage.at("ki|nd: human")) is None


@pytest.mark.parametrize(
    ("words", "new", "said"),
    [
        ("- id: dra|ft", "approve", "approve"),
        ("- id: dra|ft", "My Draft", "is no name"),
        ("  mo|od:", "answer", "answer"),
        ("ki|nd: human", "x", "nothing to rename"),
    ],
)
def test_a_refused_rename_says_why(triage: Page, words: str, new: str, said: str) -> None:
    with pytest.raises(Failed, match=said):
        triage.ask("rename", triage.at(words), newName=new)


def test_the_outline(editor: Editor) -> None:
    page = editor.open(example("summarise_each"))
    symbols = editor.wire.ask("textDocument/documentSymbol", {"textDocument": page.id})
    sections = {symbol["name"]: symbol["children"] for symbol in symbols}
    assert list(sections) == ["inputs", "state", "nodes", "tests"]
    assert [node["name"] for node in sections["nodes"]] == ["each_text", "combine"]
    inner = next(part for part in sections["nodes"][0]["children"] if part["name"] == "nodes")
    assert [node["detail"] for node in inner["children"]] == ["llm"]
    for symbol in every(symbols):
        assert page.offset(symbol["range"]["start"]) <= page.offset(symbol["selectionRange"]["start"])
        assert page.offset(symbol["selectionRange"]["end"]) <= page.offset(symbol["range"]["end"])


def every(symbols: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [inner for each in symbols for inner in (each, *every(each.get("children") or []))]


def test_the_outline_outlives_broken_yaml(triage: Page) -> None:
    ask = {"textDocument": triage.id}
    before = triage.editor.wire.ask("textDocument/documentSymbol", ask)
    triage.replace("outputs: [answer, decision]", "outputs: [answer, decision")
    assert triage.editor.wire.ask("textDocument/documentSymbol", ask) == before


def test_the_file_of_a_workflow_node(editor: Editor, tmp_path: Any) -> None:
    (tmp_path / "inner.yaml").write_text("version: 1\n", encoding="utf-8")
    text = "nodes:\n  - {id: a, kind: workflow, uses: ./inner.yaml}\n  - {id: b, kind: workflow, uses: ../../x}\n"
    page = editor.open(text, (tmp_path / "outer.yaml").as_uri())
    (found,) = page.ask("definition", page.at("./inn|er"))
    assert found["uri"] == (tmp_path / "inner.yaml").as_uri()
    assert not page.ask("definition", page.at("../../|x"))


def test_a_name_that_is_none_can_be_put_right(editor: Editor) -> None:
    page = editor.open(
        'state:\n  "odd)(": {type: string}\nnodes:\n  - {id: a, kind: llm, prompt: x, writes: ["odd)("]}\n'
    )
    text = renamed(page, '"od|d)(": {', "good")
    assert text.count("good") == 2
    assert "odd" not in text
