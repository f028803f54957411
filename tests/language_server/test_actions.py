"""Quick fixes, asked of the real server: what is offered, and that the edits do what they say."""

from __future__ import annotations

from typing import Any

from chat_app.workflow.check import check
from tests.language_server.conftest import example
from tests.language_server.editor import Editor, Page


def actions(page: Page, words: str, **context: Any) -> list[dict[str, Any]]:
    place = page.at(words)
    params = {"textDocument": page.id, "range": {"start": place, "end": place}}
    return list(
        page.editor.wire.ask("textDocument/codeAction", {**params, "context": {"diagnostics": [], **context}})
    )


def after(page: Page, action: dict[str, Any]) -> str:
    (edits,) = action["edit"]["changes"].values()
    return page.after(edits)


def test_a_fix_changes_what_is_wrong_and_no_more(triage: Page) -> None:
    good = triage.text
    triage.replace("to: approve}", "to: aprove}")
    fix = next(action for action in actions(triage, "to: apr|ove}") if action["kind"] == "quickfix")
    assert fix["title"] == "Use `approve`"
    assert fix["isPreferred"]
    assert fix["diagnostics"][0]["code"] == "unknown-name"
    assert after(triage, fix) == good
    (edits,) = fix["edit"]["changes"].values()
    assert [triage.words(edit["range"]) for edit in edits] == ["aprove"]


def test_elsewhere_nothing_is_offered_but_to_fix_all(triage: Page) -> None:
    triage.replace("to: approve}", "to: aprove}")
    assert [action["kind"] for action in actions(triage, "ver|sion: 1")] == ["source.fixAll.workflow-chat"]
    assert actions(triage, "ver|sion: 1", only=["quickfix"]) == []
    assert actions(triage, "to: apr|ove}", only=["refactor"]) == []


def test_fix_all(triage: Page) -> None:
    good = triage.text
    triage.replace("to: approve}", "to: aprove}")
    triage.replace("kind: human", "kind: humn")
    triage.replace("outputs: [answer,", "outputs: [anwser,")
    (action,) = actions(triage, "ver|sion: 1", only=["source.fixAll"])
    assert after(triage, action) == good
    assert check(good).valid


def test_a_valid_text_has_no_actions(triage: Page) -> None:
    assert actions(triage, "ver|sion: 1") == []


def test_broken_yaml_has_no_actions(triage: Page) -> None:
    triage.replace("outputs: [answer, decision]", "outputs: [answer, decision")
    assert actions(triage, "outputs: [|answer") == []


def test_with_much_to_fix_all_fixes_are_for_who_asks(triage: Page) -> None:
    triage.replace("to: approve}", "to: [" + ", ".join(["aprove"] * 25) + "]}")
    assert [action["kind"] for action in actions(triage, "ver|sion: 1")] == []
    (action,) = actions(triage, "ver|sion: 1", only=["source"])
    assert "aprove" not in after(triage, action)


def test_an_editor_that_resolves_gets_the_edit_when_it_is_chosen() -> None:
    editor = Editor()
    editor.begin(textDocument={"codeAction": {"resolveSupport": {"properties": ["edit"]}}})
    page = editor.open(example("support_triage").replace("to: approve}", "to: aprove}"))
    (action,) = actions(page, "ver|sion: 1")
    assert "edit" not in action
    chosen = editor.wire.ask("codeAction/resolve", action)
    assert after(page, chosen) == example("support_triage")
    assert editor.end() == 0
