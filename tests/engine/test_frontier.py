"""The join rule, on small graphs that can be judged by eye."""

from __future__ import annotations

from typing import Any

import pytest

from chat_app.engine.frontier import Frontier
from chat_app.workflow.document import Workflow
from chat_app.workflow.graph import flow_of


def frontier(edges: dict[str, Any], nodes: str = "abcde") -> Frontier:
    document = {
        "version": 1,
        "name": "drawn",
        "nodes": [{"id": node, "kind": "template", "template": "x"} for node in nodes],
        "edges": [
            {"from": source, **({"routes": to} if isinstance(to, list) and isinstance(to[0], dict) else {"to": to})}
            for source, to in edges.items()
        ],
    }
    return Frontier(flow_of(Workflow.model_validate(document)))


def loop(to: str) -> list[dict[str, Any]]:
    return [{"to": to, "max_times": 2}, {"to": "END"}]


DIAMOND = {"START": "a", "a": ["b", "c"], "b": "e", "c": "d", "d": "e", "e": "END"}
FORK_IN_LOOP = {"START": "a", "a": ["b", "c"], "b": "e", "c": "d", "d": "e", "e": loop("a")}
TWO_LOOPS = {"START": ["a", "c"], "a": "b", "b": loop("a"), "c": "d", "d": loop("c")}


@pytest.mark.parametrize(
    ("edges", "waiting", "released"),
    [
        (DIAMOND, "bc", "bc"),
        (DIAMOND, "ed", "d"),
        (DIAMOND, "ecb", "bc"),
        (DIAMOND, "e", "e"),
        (FORK_IN_LOOP, "bc", "bc"),
        (FORK_IN_LOOP, "de", "d"),
        (FORK_IN_LOOP, "ac", "a"),
        (FORK_IN_LOOP, "ae", "a"),
        (TWO_LOOPS, "bd", "bd"),
        (TWO_LOOPS, "ad", "ad"),
    ],
)
def test_who_runs_now(edges: dict[str, Any], waiting: str, released: str) -> None:
    running, held = frontier(edges).release(waiting)
    assert "".join(running) == released
    assert sorted(running + held) == sorted(waiting)


def test_a_node_that_an_error_leads_to_waits_for_what_may_fail() -> None:
    document = {
        "version": 1,
        "name": "drawn",
        "nodes": [
            {"id": "a", "kind": "llm", "prompt": "x", "on_error": "c"},
            {"id": "b", "kind": "template", "template": "x"},
            {"id": "c", "kind": "template", "template": "x"},
        ],
        "edges": [{"from": "START", "to": ["a", "c"]}, {"from": "a", "to": "b"}, {"from": "b", "to": "END"}],
    }
    assert Frontier(flow_of(Workflow.model_validate(document))).release("ac") == (["a"], ["c"])
