"""A decision is found however the model wrapped it; what is none is not taken for one."""

from __future__ import annotations

import json

import pytest

from chat_app.chat_models.protocol import ToolRequest
from chat_app.designer.agent.answers import read_answer

DECISION = {"thought": "t", "action": "answer", "say": 'He said "hi" {ok}'}
TEXT = json.dumps(DECISION)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"Sure! Here is my decision:\n{TEXT}\nLet me know.",
        f"```json\n{TEXT}\n```",
        f"Of course.\n\n```\n{TEXT}\n```\nDone.",
        f"<think>maybe {{'action': 'edit'}} or not</think>\n{TEXT}",
        TEXT[:-1] + ",}",
        json.dumps({"decision": DECISION}),
        repr(DECISION),
        "```yaml\nthought: t\naction: answer\nsay: 'He said \"hi\" {ok}'\n```",
        f'{{"note": "not this"}} {TEXT}',
    ],
    ids=["bare", "prose", "fence", "plain fence", "thinking", "comma", "wrapped", "python", "yaml", "second"],
)
def test_wrapping_is_no_obstacle(text: str) -> None:
    assert read_answer(text).decision == DECISION


def test_raw_control_characters_are_forgiven() -> None:
    answer = read_answer('{"action": "answer", "say": "one\ntwo\tthree"}')
    assert answer.decision == {"action": "answer", "say": "one\ntwo\tthree"}


def test_a_list_of_edits_is_an_edit() -> None:
    answer = read_answer('[{"op": "remove_node", "id": "a"}]')
    assert answer.decision == {"action": "edit", "edits": [{"op": "remove_node", "id": "a"}]}


def test_a_cut_answer_gives_what_had_arrived() -> None:
    answer = read_answer(
        '{"action": "edit", "say": "", "edits": [{"op": "remove_node", "id": "a"}, {"op": "re', cut=True
    )
    assert answer.cut
    assert answer.decision is not None
    assert answer.decision["edits"][0] == {"op": "remove_node", "id": "a"}


@pytest.mark.parametrize("text", ["", "   ", "Hello there.", "{}", "[]", "null", "42", '{"a": 1}', "{{{{[[["])
def test_what_is_no_decision_is_none(text: str) -> None:
    answer = read_answer(text)
    assert answer.decision is None
    assert answer.document is None


def test_tool_calls_are_decisions() -> None:
    called = (ToolRequest("1", "decide", TEXT),)
    assert read_answer("", called).decision == DECISION
    asked = (ToolRequest("1", "ask", '{"question": {"text": "Which?"}}'),)
    assert read_answer("", asked).decision == {"action": "ask", "question": {"text": "Which?"}}


def test_edits_called_as_tools_are_edits() -> None:
    called = (
        ToolRequest("1", "remove_node", '{"id": "a"}'),
        ToolRequest("2", "set_prompt", '{"id": "b", "prompt": "x"}'),
    )
    assert read_answer("", called).decision == {
        "action": "edit",
        "edits": [{"op": "remove_node", "id": "a"}, {"op": "set_prompt", "id": "b", "prompt": "x"}],
    }


def test_a_whole_document_is_seen_as_one() -> None:
    document = "version: 1\nname: a\nnodes:\n- {id: x, kind: template, template: hi}\n"
    for text in (f"Here you are:\n```yaml\n{document}```\nEnjoy.", document, f"Here:\n{document}"):
        answer = read_answer(text)
        assert answer.decision is None
        assert answer.document == document


def test_an_answer_without_end_is_read_in_bounded_time() -> None:
    assert read_answer("{" * 100_000).decision is None
    assert read_answer("[{'a':" * 50_000).decision is None
    assert read_answer('{"say": "' + "x" * 300_000).cut is False
