"""The flow of a level: its ways, the order that follows the data, loops."""

from __future__ import annotations

from chat_app.workflow.check import check
from chat_app.workflow.graph import Flow, flow_of
from tests.workflow.rules.test_reading import flow as written


def flow_in(text: str) -> Flow:
    result = check(text)
    assert result.workflow is not None, result.diagnostics
    return flow_of(result.workflow)


def derived(**nodes: str) -> Flow:
    text = written("", **nodes).replace("edges:\n\n", "")
    return flow_in(text)


def targets(flow: Flow) -> dict[str, list[tuple[str, ...]]]:
    return {source: [way.targets for way in flow.ways(source)] for source in ("START", *flow.steps)}


def test_every_form_of_an_edge_becomes_ways() -> None:
    flow = flow_in(
        written(
            """
  - {from: START, to: [a, b]}
  - {from: a, to: c}
  - {from: b, to_conditional: {condition: "state.y == '1'", if_true: c, if_false: [d, END]}}
  - {from: c, routes: [{condition: "state.z == '1'", to: b, max_times: 2}, {to: d}]}
  - {from: d, to: END}""",
            a="i > x", b="i > y", c="i > z", d="i > w",
        )
    )  # fmt: skip

    assert targets(flow) == {
        "START": [("a", "b")],
        "a": [("c",)],
        "b": [("c",), ("d", "END")],
        "c": [("b",), ("d",)],
        "d": [("END",)],
    }
    assert [(way.condition, way.max_times, way.index) for way in flow.ways("c")] == [
        ("state.z == '1'", 2, 0),
        (None, None, 1),
    ]
    assert flow.ways("b")[1].path == ("edges", 2, "to_conditional")
    assert flow.ways("c")[0].path == ("edges", 3, "routes", 0)
    assert not flow.derived


def test_without_edges_a_node_follows_those_that_write_what_it_reads() -> None:
    flow = derived(a="i > x", b="i > y", c="x y > z", d="z x > w")

    assert flow.derived
    assert targets(flow) == {
        "START": [("a", "b")],
        "a": [("c",)],
        "b": [("c",)],
        "c": [("d",)],
        "d": [("END",)],
    }
    assert flow.order == ("START", "a", "b", "c", "d", "END")


def test_a_reader_follows_the_writers_before_it_in_the_file() -> None:
    flow = derived(write="i > x", judge="x > y", improve="x y > x", publish="x > z")

    assert targets(flow) == {
        "START": [("write",)],
        "write": [("judge",)],
        "judge": [("improve",)],
        "improve": [("publish",)],
        "publish": [("END",)],
    }


def test_a_reader_that_stands_first_follows_a_later_writer() -> None:
    assert targets(derived(b="x > y", a="i > x"))["START"] == [("a",)]


def test_a_way_back_is_known_by_where_the_loop_is_entered() -> None:
    flow = flow_in(
        written(
            """
  - {from: START, to: [a, b]}
  - {from: a, to: c}
  - {from: b, to: c}
  - {from: c, routes: [{condition: "state.z == '1'", to: a, max_times: 2}, {to: END}]}""",
            a="i > x", b="i > y", c="i > z",
        )
    )  # fmt: skip

    assert flow.back_edges == {("c", "a")}
    assert flow.order.index("a") < flow.order.index("c") > flow.order.index("b")


def test_loops_inside_loops_have_a_way_back_each() -> None:
    flow = flow_in(
        written(
            """
  - {from: START, to: a}
  - {from: a, to: b}
  - {from: b, routes: [{to: b, max_times: 2}, {to: c}]}
  - {from: c, routes: [{to: a, max_times: 2}, {to: END}]}""",
            a="i > x", b="i > y", c="i > z",
        )
    )  # fmt: skip

    assert flow.back_edges == {("b", "b"), ("c", "a")}


def test_subtasks_belong_to_their_parallel_and_are_no_steps() -> None:
    text = written("", a="i > x", b="i > y", c="x y > z").replace("edges:\n\n", "")
    text = text.replace("nodes:\n", "nodes:\n  - {id: both, kind: parallel, subtasks: [b, a]}\n")
    flow = flow_in(text)

    assert flow.steps == ("both", "c")
    assert flow.subtasks("both") == ("b", "a")
    assert flow.owners == {"a": "both", "b": "both"}
    assert targets(flow) == {"START": [("both",)], "both": [("c",)], "c": [("END",)]}
    assert {"a", "b"} <= flow.reachable


def test_a_failure_may_lead_to_a_node() -> None:
    text = written(
        "  - {from: START, to: a}\n  - {from: a, to: END}\n  - {from: b, to: END}", a="i > x", b="i > y"
    ).replace("writes: [x]}", "writes: [x], on_error: b}")
    flow = flow_in(text)

    assert flow.error_target("a") == "b"
    assert flow.successors["a"] == ("END", "b")
    assert flow.predecessors("b") == ("a",)
    assert flow.reachable >= {"a", "b"}


def test_a_long_chain_needs_no_recursion() -> None:
    count = 2_500
    nodes = {f"n{number}": f"{'i' if not number else f'f{number - 1}'} > f{number}" for number in range(count)}
    flow = derived(**nodes)

    assert len(flow.order) == count + 2
    assert len(flow.reaching_end) == count + 2
    assert flow.back_edges == frozenset()
