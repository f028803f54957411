"""Hover, asked of the real server: what keys, names and look-ups mean, and why something is wrong."""

from __future__ import annotations

import pytest

from tests.language_server.conftest import example
from tests.language_server.editor import Editor, Page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ki|nd: llm", ["one of classify"]),
        ("pro|mpt: |", ["What to ask.", "Summarise: {{ state.text }}"]),
        ("out|puts: [answer", ["The fields that a run returns."]),
        ("ste|ps: 50", ["The most node executions."]),
        ("rou|tes:", ["Ways out in order"]),
        ("kind: hu|man", ["Interrupts the run"]),
        ("is {{ state.mo|od }}", ["one of calm, angry (state)", "How the customer feels"]),
        ("  {{ state.em|ail }}", ["text (input)", "The customer's message"]),
        ("|| state.confi|dence < 0.8", ["a number", "`minimum: 0.0`"]),
        ("sta|te.mood ==", ["The fields of the workflow"]),
        ("writes: [mo|od", ["one of calm, angry"]),
        ("outputs: [ans|wer", ["The answer to send"]),
        ("  con|fidence: {type", ["How sure the judgement is"]),
        ("- id: dr|aft", ["a node of kind `llm`", "Writes `answer`."]),
        ("to: app|rove}", ["a node of kind `human`", "Writes `decision`."]),
        ("met_by: [app|rove]", ["a node of kind `human`"]),
        ("given: {ana|lyse", ["a node of kind `llm`"]),
        ("mood: ang|ry, confidence: 0.9", ["**angry**"]),
    ],
)
def test_words_are_explained(triage: Page, words: str, said: list[str]) -> None:
    cursor = words.index("|") if not words.startswith("|| ") else words.index("|", 3)
    start = triage.text.index(words[:cursor] + words[cursor + 1 :])
    found = triage.ask("hover", triage.place(start + cursor))
    assert all(each in found["contents"]["value"] for each in said)
    assert triage.words(found["range"]) in words.replace("|", "")


@pytest.mark.parametrize("words", ["# what the inter|view", "Answer this cust|omer", "answer: We op|en at nine."])
def test_plain_text_says_nothing(triage: Page, words: str) -> None:
    assert triage.hover(words) == ""


def test_a_finding_is_explained(triage: Page) -> None:
    triage.replace("to: analyse}", "to: analise}")
    said = triage.hover("to: ana|lise}")
    assert "`unknown-name`: A name that nothing declares" in said


def test_inside_a_map_the_item_has_its_type(editor: Editor) -> None:
    page = editor.open(example("summarise_each"))
    assert "**text**: text" in page.hover("{{ te|xt }}")
    assert "state of one item" in page.hover("writes: [summ|ary]")


def test_hover_works_while_the_yaml_is_broken(triage: Page) -> None:
    triage.replace("edges:\n", "edges: [}\n")
    assert "What to ask." in triage.hover("kind: llm\n    pro|mpt")


def test_tools_and_their_arguments(editor: Editor) -> None:
    page = editor.open("nodes:\n  - id: a\n    kind: tool\n    tool: fetch_page\n    arguments: {url: x}\n")
    assert "page" in page.hover("tool: fetch|_page")
    assert page.hover("{ur|l: x}")
