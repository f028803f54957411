"""Whatever texts and edits come, the answer is a value: no exception, and a text that is no worse."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat_app.workflow.diff import diff
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.fixers import loose_json, repair_edits, repair_text
from chat_app.workflow.source import read
from chat_app.workflow.typed_edits import DESIGN_EDITS
from tests.workflow.edits.strategies import edits, workflows

calm = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

words = st.sampled_from(
    ["op", "add_node", "node", "id", "kind", "llm", "map", "body", "nodes", "edges", "from", "to", "END", "routes",
     "draft", "writes", "state", "inputs", "type", "after", "{{ state.x }}", "x > 1", "", "prompt", "tests", "given",
     "subtasks", "parallel", "labels", "outputs", "limits", "condition", "expect", "steps", "set_key", "branch"]
)  # fmt: skip
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.floats(allow_nan=False, width=16)
    | words
    | st.text(max_size=6),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(words, part, max_size=5),
    max_leaves=14,
)


@st.composite
def broken(draw: st.DrawFn) -> dict[str, Any]:
    """A workflow with one part replaced by something else."""
    data = draw(workflows())
    at: Any = data
    for _ in range(draw(st.integers(0, 5))):
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            break
        key = draw(st.sampled_from(keys))
        if isinstance(at[key], dict | list) and draw(st.booleans()):
            at = at[key]
        else:
            at[key] = draw(junk)
            break
    return data


@calm
@given(st.data())
def test_edits_of_broken_workflows(data: st.DataObject) -> None:
    whole = data.draw(workflows())
    text = json.dumps(data.draw(broken()), indent=2)
    result = apply_edits(text, data.draw(edits(whole)))
    assert result.problems or not read(result.text).problems
    if result.problems:
        assert result.text == text
    diff(text, result.text).lines()


@calm
@given(st.lists(junk, max_size=4) | junk)
def test_edits_out_of_anything(raw: Any) -> None:
    found, lines, problems = repair_edits(raw)
    DESIGN_EDITS.validate_python([edit.model_dump(by_alias=True) for edit in found])
    assert all(isinstance(line, str) for line in lines)
    assert all(problem.help for problem in problems)


@calm
@given(st.dictionaries(words, junk, min_size=1, max_size=6).map(lambda edit: {"op": "add_node", **edit}))
def test_edits_out_of_almost_edits(raw: dict[str, Any]) -> None:
    found, _, _ = repair_edits(raw)
    apply_edits("version: 1\nname: x\n", found)


@calm
@given(broken())
def test_repair_of_broken_workflows(data: dict[str, Any]) -> None:
    text = json.dumps(data, indent=2)
    made, _ = repair_text(text)
    assert not read(made).problems
    again, _ = repair_text(made)
    assert again == made


@calm
@given(st.text(alphabet="abc:{}[]-'\"#|>&*! \n\t`0", max_size=60))
def test_repair_of_any_text(text: str) -> None:
    made, lines = repair_text(text)
    assert made == text or lines
    assert diff(text, made).empty == (made == text)


@calm
@given(st.text(max_size=80) | st.text(alphabet="[]{}\",:'`1atf\\\n ", max_size=60))
def test_json_out_of_any_text(text: str) -> None:
    value, _ = loose_json(text)
    assert value is None or isinstance(value, dict | list | str | int | float | bool)
