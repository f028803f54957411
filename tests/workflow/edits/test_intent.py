"""What a list of edits means together: the ways that come of how models say branches and fan-outs."""

from __future__ import annotations

from typing import Any

import pytest

from chat_app.app import surroundings
from chat_app.workflow.check import check
from chat_app.workflow.edits.apply import apply_edits
from chat_app.workflow.edits.fixers import repair_edits
from chat_app.workflow.edits.skeleton import new_workflow

KNOWN = surroundings(None)
QUESTION = {"op": "add_input", "name": "q", "type": {"type": "string"}}
SORT = {
    "op": "add_node",
    "node": {"id": "sort", "kind": "classify", "text": "{{ state.q }}", "labels": {"a": "A", "b": "B", "c": "C"},
             "writes": ["label"]},
}  # fmt: skip


def node(id: str, writes: str = "", reads: str = "q", **more: Any) -> dict[str, Any]:
    prompt = f"{id} {{{{ state.{reads} }}}}"
    return {"id": id, "kind": "llm", "prompt": prompt, "writes": [writes or f"{id}_text"], **more}


def add(id: str, writes: str = "", reads: str = "q", **place: Any) -> dict[str, Any]:
    return {"op": "add_node", "node": node(id, writes, reads), **place}


def connect(source: str, target: Any, condition: str | None = None, **more: Any) -> dict[str, Any]:
    return {"op": "connect", "from": source, "to": target} | ({"condition": condition} if condition else {}) | more


def branch(then: str, condition: str, **more: Any) -> dict[str, Any]:
    return {"op": "branch", "after": "sort", "then": then, "condition": condition, **more}


IS_A, IS_B, IS_C = (f"state.label == '{label}'" for label in "abc")
CASES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "alternatives by connect": (
        [SORT, add("x", "r"), add("y", "r"), add("z", "r"), connect("sort", "x", IS_A), connect("sort", "y", IS_B),
         connect("sort", "z")],
        "START>sort sort>x|y|z x>END y>END z>END",
    ),
    "alternatives that meet": (
        [SORT, add("x", "r"), add("y", "r"), add("last", reads="r"), connect("sort", "x", IS_A),
         connect("sort", "y")],
        "START>sort sort>x|y x>last y>last last>END",
    ),
    "alternatives by branch": (
        [SORT, add("x", "r"), add("y", "r"), add("z", "r"), branch("x", IS_A, otherwise="y"), branch("z", IS_C)],
        "START>sort sort>x|z|y x>END y>END z>END",
    ),
    "branches that bring their nodes": (
        [SORT, branch("x", IS_A, otherwise="y", add=[node("x", "r"), node("y", "r")]),
         branch("z", IS_C, add=[node("z", "r")]), add("last", reads="r")],
        "START>sort sort>x|z|y z>last x>last y>last last>END",
    ),
    "after the same, with a branch": (
        [SORT, add("x", "r", after="sort"), add("y", "r", after="sort"), branch("x", IS_A, otherwise="y")],
        "START>sort sort>x|y x>END y>END",
    ),
    "after the same": (
        [add("p"), add("x", after="p"), add("y", after="p"), add("last")],
        "START>p p>x,y x>last y>last last>END",
    ),
    "after the same, but one needs the other": (
        [add("p"), add("y", reads="x_text", after="p"), add("x", after="p")],
        "START>p p>x x>y y>END",
    ),
    "a fan-out by connect": (
        [add("p"), add("x"), add("y"), add("last"), connect("p", ["x", "y"]), connect("x", "last"),
         connect("y", "last"), connect("last", "END")],
        "START>p p>x,y x>last y>last last>END",
    ),
    "a way back": (
        [add("write", "text"), add("review", "score"), add("publish"),
         connect("review", "write", "state.score < 8", max_times=3), connect("review", "publish")],
        "START>write write>review review>write|publish publish>END",
    ),
    "what a node waits for": (
        [add("p"), {"op": "add_node", "node": node("x", depends_on=["p"])},
         {"op": "add_node", "node": node("y", depends_on=["p"])},
         {"op": "add_node", "node": node("last", depends_on=["x", "y"])}],
        "START>p p>x,y x>last y>last last>END",
    ),
    "what comes next": (
        [{"op": "add_node", "node": node("p", next=["x", "y"])}, {"op": "add_node", "node": node("x", next="last")},
         {"op": "add_node", "node": node("y", next="last")}, add("last")],
        "START>p p>x,y x>last y>last last>END",
    ),
    "a choice as a node": (
        [SORT,
         {"op": "add_node", "node": {"id": "w", "kind": "if", "condition": IS_A, "then": "x", "else": "y"}},
         add("x", "r"), add("y", "r")],
        "START>sort sort>x|y x>END y>END",
    ),
    "another one for the same": (
        [SORT, add("x", "r"), branch("y", IS_B, add=[node("y", "r")])],
        "START>sort sort>y|x y>END x>END",
    ),
    "a step before it": (
        [SORT, add("x", "r"), branch("y", IS_B, add=[node("y", "more")])],
        "START>sort sort>y|x y>x x>END",
    ),
    "a plain row stays one": ([add("x"), add("y"), add("z")], "START>x x>y y>z z>END"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_ways_are_those_that_were_meant(name: str) -> None:
    raw, expected = CASES[name]
    edits, _, problems = repair_edits([QUESTION, *raw])
    result = apply_edits(new_workflow("t"), edits, KNOWN)
    assert not problems
    assert not result.problems
    checked = check(result.text, KNOWN)
    assert checked.valid, checked.faults
    assert checked.workflow is not None
    assert ways(checked.workflow) == expected


def ways(workflow: Any) -> str:
    """Each node with where it goes: `,` at once, `|` by choice."""
    if workflow.edges is None:
        from chat_app.workflow.graph import flow_of

        flow = flow_of(workflow)
        order = [name for name in ("START", *(each.id for each in workflow.nodes)) if flow.ways(name)]
        return " ".join(f"{name}>{'|'.join(','.join(way.targets) for way in flow.ways(name))}" for name in order)
    found = []
    for edge in workflow.edges:
        out = [[way.to] if isinstance(way.to, str) else way.to for way in edge.ways_out()]
        found.append(f"{edge.from_}>{'|'.join(','.join(to) for to in out)}")
    return " ".join(found)


def test_an_alternative_that_is_added_later_joins_where_the_others_end() -> None:
    first = [
        QUESTION,
        SORT,
        branch("x", IS_A, otherwise="y", add=[node("x", "r"), node("y", "r")]),
        add("last", reads="r"),
    ]
    text = apply_edits(new_workflow("t"), repair_edits(first)[0], KNOWN).text
    later = [add("z", "r"), connect("sort", "z", IS_C), connect("z", "last")]
    workflow = check(apply_edits(text, repair_edits(later)[0], KNOWN).text, KNOWN).workflow
    assert ways(workflow) == "START>sort sort>x|z|y x>last y>last last>END z>last"
