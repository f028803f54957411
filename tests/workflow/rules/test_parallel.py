"""parallel-write is told where two nodes may run at once, and nowhere else."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from chat_app.workflow.check import check
from tests.workflow.rules.simulation import simulate
from tests.workflow.rules.test_reading import flow
from tests.workflow.strategies import as_yaml, workflow


def told(text: str) -> list[str]:
    return [each.message for each in check(text).diagnostics if each.code == "parallel-write"]


@pytest.mark.parametrize(
    ("edges", "nodes", "messages"),
    [
        pytest.param("  - {from: START, to: a}\n  - {from: a, to: b}\n  - {from: b, to: END}",
                     {"a": "i > x", "b": "x > x"}, [], id="one after the other"),
        pytest.param("  - {from: START, to: [a, b]}\n  - {from: a, to: END}\n  - {from: b, to: END}",
                     {"a": "i > x", "b": "i > x"},
                     ["`a` and `b` both write `x`, and may run at once after START."], id="a fork"),
        pytest.param(
            "  - {from: START, to: s}\n  - {from: s, routes: [{condition: \"state.y == '1'\", to: a}, {to: b}]}\n"
            "  - {from: a, to: END}\n  - {from: b, to: END}",
            {"s": "i > y", "a": "i > x", "b": "i > x"}, [], id="a choice"),
        pytest.param(
            "  - {from: START, to: [p, q]}\n  - {from: p, to: s}\n  - {from: q, to: s}\n"
            "  - {from: s, routes: [{condition: \"state.y == '1'\", to: a}, {to: b}]}\n"
            "  - {from: a, to: END}\n  - {from: b, to: END}",
            {"p": "i > v", "q": "i > w", "s": "i > y", "a": "i > x", "b": "i > x"}, [], id="a choice after a join"),
        pytest.param(
            "  - {from: START, to: [p, b]}\n  - {from: p, to: a}\n  - {from: a, to: END}\n  - {from: b, to: c}\n"
            "  - {from: c, to: END}",
            {"p": "i > v", "a": "i > x", "b": "i > w", "c": "i > x"},
            ["`a` and `c` both write `x`, and may run at once after START."], id="deep in two branches"),
        pytest.param(
            "  - {from: START, to: s}\n"
            "  - {from: s, routes: [{condition: \"state.y == '1'\", to: [a, c]}, {to: b}]}\n"
            "  - {from: a, to: END}\n  - {from: b, to: END}\n  - {from: c, to: b}",
            {"s": "i > y", "a": "i > x", "b": "i > x", "c": "i > z"},
            ["`a` and `b` both write `x`, and may run at once after `s`."], id="one route forks"),
    ],
)  # fmt: skip
def test_what_may_run_at_once(edges: str, nodes: dict[str, str], messages: list[str]) -> None:
    assert told(flow(edges, **nodes)) == messages


def test_a_reducer_joins_the_writes() -> None:
    text = flow(
        "  - {from: START, to: [a, b]}\n  - {from: a, to: END}\n  - {from: b, to: END}",
        state="x: {type: string, reduce: last}", a="i > x", b="i > x",
    )  # fmt: skip

    assert told(text) == []


def crossed(data: dict[str, Any], rng: Random) -> dict[str, Any]:
    """A workflow in which some nodes write the fields of others."""
    writers = [node for node in data["nodes"] if node["kind"] in ("llm", "human")]
    for node in writers:
        if rng.random() < 0.5:
            node["writes"] = [rng.choice(rng.choice(writers)["writes"])]
    return data


def test_the_checker_tells_what_simulated_runs_show() -> None:
    clashes = 0
    for seed in range(80):
        rng = Random(seed)
        result = check(as_yaml(crossed(workflow(rng, 1 + seed % 30, ("llm", "human")), rng)))
        if result.workflow is None or any(each.code == "data-cycle" for each in result.diagnostics):
            continue
        fields = {each.message.split("`")[5] for each in result.diagnostics if each.code == "parallel-write"}
        writes = {node.id: set(node.writes) for node in result.workflow.nodes}
        shown: set[str] = set()
        for round_number in range(400):
            if round_number > 20 and shown == fields:
                break
            for pair in simulate(result.workflow, rng).at_once:
                shown |= set.intersection(*(writes[name] for name in pair))
        assert shown == fields, seed
        clashes += len(fields)

    assert clashes > 10
