"""How edits add up: what designers count on when they build a workflow from a row of them."""

from __future__ import annotations

from typing import Any

from chat_app.workflow import typed_edits
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.skeleton import new_workflow
from chat_app.workflow.source import read
from chat_app.workflow.typed_edits import Edit


def step(id: str, **keys: Any) -> dict[str, Any]:
    return {"id": id, "kind": "template", "template": id, **keys}


def built(*edits: Edit) -> Any:
    result = apply_edits(new_workflow("a"), edits)
    assert result.ok, result.problems
    return read(result.text).data


def ways(data: Any) -> dict[str, Any]:
    return {edge["from"]: edge.get("to") or edge["routes"] for edge in data["edges"]}


def test_a_row_of_nodes_is_a_chain() -> None:
    data = built(*(typed_edits.AddNode(node=step(id)) for id in "abc"))
    assert ways(data) == {"START": "a", "a": "b", "b": "c", "c": "END"}


def test_a_chain_that_the_data_tells_needs_no_edges() -> None:
    data = built(
        typed_edits.AddNode(node=step("a", writes=["x"])),
        typed_edits.AddNode(node=step("b", template="{{ state.x }}", writes=["y"])),
    )
    assert "edges" not in data


def test_subtasks_may_come_after_their_parallel() -> None:
    data = built(
        typed_edits.AddNode(node={"id": "both", "kind": "parallel", "subtasks": ["x", "y"]}),
        typed_edits.AddNode(node=step("x"), inside="both"),
        typed_edits.AddNode(node=step("y"), inside="both"),
        typed_edits.AddNode(node=step("last")),
    )
    assert data["nodes"][0]["subtasks"] == ["x", "y"]
    assert ways(data) == {"START": "both", "both": "last", "last": "END"}


def test_nodes_that_were_in_the_way_may_become_subtasks() -> None:
    data = built(
        typed_edits.AddNode(node=step("x")),
        typed_edits.AddNode(node=step("y")),
        typed_edits.AddNode(node={"id": "both", "kind": "parallel", "subtasks": ["x", "y"]}),
    )
    assert "edges" not in data


def test_a_choice_among_three() -> None:
    data = built(
        typed_edits.AddNode(node=step("sort", writes=["kind"])),
        typed_edits.Branch(after="sort", condition="state.kind == 'a'", then="one", add=[step("one")]),
        typed_edits.Branch(after="sort", condition="state.kind == 'b'", then="two", add=[step("two")]),
        typed_edits.AddNode(node=step("three"), between=("sort", "END")),
        typed_edits.AddNode(node=step("after_all"), before="END"),
    )
    assert ways(data)["sort"] == [
        {"condition": "state.kind == 'a'", "to": "one"},
        {"condition": "state.kind == 'b'", "to": "two"},
        {"to": "three"},
    ]
    assert {ways(data)[id] for id in ("one", "two", "three")} == {"after_all"}


def test_a_bounded_way_back() -> None:
    data = built(
        typed_edits.AddNode(node=step("review")),
        typed_edits.AddNode(node=step("improve")),
        typed_edits.Connect(from_="improve", to="review", max_times=2),
    )
    assert ways(data)["improve"] == [{"to": "review", "max_times": 2}, {"to": "END"}]


def test_a_body_grows_inside_its_map() -> None:
    each = {"id": "each", "kind": "map", "over": "{{ state.things }}", "item": "thing", "writes": ["all"]}
    data = built(
        typed_edits.AddInput(name="things", type={"type": "array", "items": {"type": "string"}}),
        typed_edits.AddNode(node={**each, "body": {"nodes": [step("first", writes=["x"])], "returns": "x"}}),
        typed_edits.AddNode(node=step("second", template="{{ state.x }}", writes=["y"]), inside="each"),
        typed_edits.AddNode(node=step("between", writes=["z"]), between=("first", "second")),
    )
    body = data["nodes"][0]["body"]
    assert [node["id"] for node in body["nodes"]] == ["first", "between", "second"]
    assert list(body) == ["state", "nodes", "edges", "returns"]
    assert set(body["state"]) == {"x", "y", "z"}
    assert data["state"] == {"all": {"type": "array", "items": {"type": "string"}}}


def test_removing_what_judges_takes_the_loop_and_its_orphans_along() -> None:
    data = built(
        typed_edits.AddNode(node=step("write", writes=["text"])),
        typed_edits.AddNode(node=step("judge", writes=["score"])),
        typed_edits.Branch(after="judge", condition="state.score < 7.0", then="improve", add=[step("improve")]),
        typed_edits.Connect(from_="improve", to="judge"),
        typed_edits.RemoveNode(id="judge", orphans=True),
    )
    assert [node["id"] for node in data["nodes"]] == ["write"]
    assert "score" not in data["state"]


def test_loops_are_told_again_not_twice() -> None:
    data = built(
        typed_edits.AddNode(node=step("a")),
        typed_edits.AddNode(node=step("b", writes=["score"])),
        typed_edits.Loop(first="a", last="b", until="state.score > 5.0", max_times=2),
        typed_edits.Loop(first="a", last="b", until="state.score > 8.0", max_times=4),
    )
    assert ways(data)["b"] == [{"condition": "state.score <= 8.0", "to": "a", "max_times": 4}, {"to": "END"}]
    assert data["state"]["score"] == {"type": "number"}
