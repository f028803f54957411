"""Operations of other dialects, said as typed edits with the text at hand."""

from __future__ import annotations

from typing import Any

import pytest

from chat_app.designer.agent.dialects import in_our_words
from tests.designer.agent.samples import DRAFT


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ([{"op": "add_output", "name": "mood"}], [{"op": "set_outputs", "outputs": ["answer", "mood"]}]),
        (
            [{"op": "add_output", "output": "state.mood"}, {"op": "remove_output", "name": "answer"}],
            [{"op": "set_outputs", "outputs": ["answer", "mood"]}, {"op": "set_outputs", "outputs": ["mood"]}],
        ),
        ([{"op": "replace", "path": "/outputs", "value": ["mood"]}], [{"op": "set_outputs", "outputs": ["mood"]}]),
        (
            [{"op": "add", "path": "/outputs/-", "value": "mood"}],
            [{"op": "set_outputs", "outputs": ["answer", "mood"]}],
        ),
        (
            [{"op": "replace", "path": "/nodes/1/prompt", "value": "x"}],
            [{"op": "set_key", "id": "reply", "key": "prompt", "value": "x"}],
        ),
        (
            [{"op": "remove", "path": "nodes.judge.retry"}],
            [{"op": "set_key", "id": "judge", "key": "retry", "value": None}],
        ),
        ([{"op": "remove", "path": "/nodes/0"}], [{"op": "remove_node", "id": "judge"}]),
        ([{"op": "add", "path": "/nodes/-", "value": {"id": "x"}}], [{"op": "add_node", "node": {"id": "x"}}]),
        (
            [{"op": "add", "path": "/nodes/1", "value": {"id": "x"}}],
            [{"op": "add_node", "node": {"id": "x"}, "before": "reply"}],
        ),
        (
            [{"op": "replace", "path": "/nodes/0", "value": {"id": "judge"}}],
            [{"op": "replace_node", "id": "judge", "node": {"id": "judge"}}],
        ),
        (
            [{"op": "add", "path": "/state/x", "value": {"type": "string"}}],
            [{"op": "add_field", "name": "x", "type": {"type": "string"}}],
        ),
        ([{"op": "remove", "path": "/inputs/email"}], [{"op": "remove_field", "name": "email"}]),
        ([{"op": "replace", "path": "/model", "value": "a/b"}], [{"op": "set_info", "model": "a/b"}]),
        ([{"op": "add", "path": "/limits/steps", "value": 9}], [{"op": "set_limits", "limits": {"steps": 9}}]),
    ],
)
def test_said_as_typed_edits(raw: list[Any], said: list[Any]) -> None:
    assert in_our_words(DRAFT, raw) == said


@pytest.mark.parametrize(
    "edit",
    [
        {"op": "remove_node", "id": "judge"},
        {"op": "replace", "path": "/nodes/7/prompt", "value": "x"},
        {"op": "replace", "path": "/nodes/0/body/nodes/0/prompt", "value": "x"},
        {"op": "replace", "path": 5},
        "text",
        None,
        {},
    ],
)
def test_all_else_is_left_to_the_fixers(edit: Any) -> None:
    assert in_our_words(DRAFT, [edit]) == [edit]
    assert in_our_words("nodes: [", [edit]) == [edit]
