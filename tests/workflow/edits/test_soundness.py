"""A valid workflow stays sound: what edits do to the ways never leaves a node unreached or a cycle unbounded."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat_app.workflow import typed_edits
from chat_app.workflow.check import check
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.source import read
from chat_app.workflow.typed_edits import Edit
from tests.workflow.strategies import as_yaml, workflows

calm = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

NEW = {"id": "brand_new", "kind": "llm", "prompt": "Hello", "writes": ["brand_field"]}
WAYS = frozenset({"unreachable-node", "no-way-to-end", "unbounded-cycle", "edge-form", "route-order", "subtask-edge"})
SHAPE = frozenset({"data-cycle", "duplicate-id", "unknown-key", "missing-key", "bad-value", "wrong-type"})
GRAPH = WAYS | SHAPE


def errors(text: str) -> list[str]:
    return [f"{d.code}: {d.message}" for d in check(text).diagnostics if d.severity == "error"]


def ids_of(data: dict[str, Any]) -> list[str]:
    return [id for node in data["nodes"] for id in [node["id"], *(ids_of(node["body"]) if "body" in node else [])]]


def applied(data: dict[str, Any], *edits: Edit) -> str | None:
    """The text after the edits; None where they do not fit."""
    result = apply_edits(as_yaml(data), edits)
    assert not any("laid out anew" in line for line in result.repaired)
    return result.text if result.ok else None


@calm
@given(st.data(), workflows())
def test_a_new_node_brings_no_error(data: st.DataObject, workflow: dict[str, Any]) -> None:
    id = data.draw(st.sampled_from(ids_of(workflow)))
    place = data.draw(st.sampled_from([{}, {"after": id}, {"before": id}, {"before": "END"}, {"after": "START"}]))
    text = applied(workflow, typed_edits.AddNode(node=NEW, **place))
    assert text is not None
    assert errors(text) == errors(as_yaml(workflow))


@calm
@given(st.data(), workflows())
def test_a_node_beside_another_brings_no_graph_error(data: st.DataObject, workflow: dict[str, Any]) -> None:
    id = data.draw(st.sampled_from(ids_of(workflow)))
    text = applied(workflow, typed_edits.AddNode(node=NEW, parallel_to=id))
    if text is not None:
        assert not [line for line in errors(text) if line.split(":")[0] in GRAPH]


@calm
@given(st.data(), workflows())
def test_a_renamed_node_or_field_changes_no_finding(data: st.DataObject, workflow: dict[str, Any]) -> None:
    id = data.draw(st.sampled_from(ids_of(workflow)))
    field = data.draw(st.sampled_from([*workflow["inputs"], *workflow["state"]]))
    before = [d.code for d in check(as_yaml(workflow)).faults]
    text = applied(
        workflow,
        typed_edits.Rename(what="node", old=id, new="renamed_node"),
        typed_edits.Rename(what="field", old=field, new="renamed_field"),
    )
    assert text is not None
    assert [d.code for d in check(text).faults] == before
    assert f"state.{field} " not in text


@calm
@given(st.data(), workflows())
def test_a_removed_node_leaves_sound_ways(data: st.DataObject, workflow: dict[str, Any]) -> None:
    id = data.draw(st.sampled_from(ids_of(workflow)))
    text = applied(workflow, typed_edits.RemoveNode(id=id, orphans=True))
    if text is not None and read(text).data["nodes"]:
        assert not [line for line in errors(text) if line.split(":")[0] in GRAPH]


@calm
@given(st.data(), workflows())
def test_branches_and_loops_are_sound(data: st.DataObject, workflow: dict[str, Any]) -> None:
    ids = ids_of(workflow)
    one, other = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
    limits = typed_edits.SetLimits(limits={"steps": 50})
    for edit in (
        typed_edits.Branch(after=one, condition="true", then="brand_new", add=[NEW]),
        typed_edits.Branch(after=one, condition="true", then="brand_new", otherwise="END", add=[NEW]),
        typed_edits.Loop(first=one, last=other, until="true", max_times=2),
        typed_edits.Connect(from_=one, to=other, condition="true", max_times=2),
    ):
        text = applied(workflow, edit, limits)
        if text is not None:
            assert not [
                line
                for line in errors(text)
                if line.split(":")[0] in GRAPH - ({"unreachable-node"} if "END" in str(edit) else set())
            ]


@calm
@given(st.data(), workflows())
def test_a_moved_node_leaves_sound_ways(data: st.DataObject, workflow: dict[str, Any]) -> None:
    ids = ids_of(workflow)
    one, other = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from([*ids, "END"]))
    text = applied(workflow, typed_edits.MoveNode(id=one, before=other))
    if text is not None:
        assert not [line for line in errors(text) if line.split(":")[0] in GRAPH]


@calm
@given(st.data(), workflows())
def test_a_map_around_a_node_is_sound(data: st.DataObject, workflow: dict[str, Any]) -> None:
    workflow = {
        **workflow,
        "inputs": {**workflow["inputs"], "things": {"type": "array", "items": {"type": "string"}}},
    }
    id = data.draw(st.sampled_from(ids_of(workflow)))
    text = applied(
        workflow, typed_edits.WrapInMap(nodes=[id], id="each_thing", over="things", item="thing", writes="all_things")
    )
    if text is not None:
        assert not [line for line in errors(text) if line.split(":")[0] in GRAPH]
