"""read-before-write is told where it can happen, with the branch, and nowhere else."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat_app.workflow.check import check
from tests.workflow.rules.simulation import simulate
from tests.workflow.strategies import as_yaml, workflow


def flow(edges: str, *, state: str = "", **nodes: str) -> str:
    """A workflow of llm nodes: `name="reads > writes"`, fields given by spaces; the input is `i`."""
    fields: dict[str, str] = {}
    lines = []
    for name, does in nodes.items():
        reads, writes = (part.split() for part in does.split(">"))
        texts = " ".join(f"{{{{ {read if '|' in read else 'state.' + read} }}}}" for read in reads)
        lines.append(f'  - {{id: {name}, kind: llm, prompt: "do {texts}", writes: [{", ".join(writes)}]}}')
        fields |= {field: f"  {field}: {{type: string}}" for field in writes}
    for line in state.splitlines():
        fields[line.split(":")[0].strip()] = f"  {line.strip()}"
    return "\n".join(
        ["version: 1", "name: x", "inputs: {i: {type: string}}", "state:", *fields.values(),
         f"outputs: [{', '.join(fields)}, i]", "nodes:", *lines, "edges:", edges.strip("\n"), "limits: {steps: 9}"]
    )  # fmt: skip


def found(text: str) -> list[str]:
    return [each.message for each in check(text).faults]


CHOICE = """
  - {from: START, to: a}
  - {from: a, routes: [{condition: "state.x == '1'", to: b}, {to: c}]}
"""


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        pytest.param(
            flow(CHOICE + "  - {from: b, to: d}\n  - {from: c, to: d}\n  - {from: d, to: END}",
                 a="i > x", b="i > y", c="i > y", d="y > z"),
            [], id="both branches write it"),
        pytest.param(
            flow(CHOICE + "  - {from: b, to: d}\n  - {from: c, to: d}\n  - {from: d, to: END}",
                 a="i > x", b="i > y", c="i > w", d="y > z"),
            ["`y` is unset when route 2 of `a` is taken."], id="one branch does not"),
        pytest.param(
            flow(CHOICE + "  - {from: b, to: d}\n  - {from: c, to: d}\n  - {from: d, to: END}",
                 state="y: {type: string, default: none}", a="i > x", b="i > y", c="i > w", d="y > z"),
            [], id="a default"),
        pytest.param(
            flow("  - {from: START, to: [a, b]}\n  - {from: a, to: c}\n  - {from: b, to: c}\n  - {from: c, to: END}",
                 a="i > x", b="i > y", c="x y > z"),
            [], id="a join waits for both"),
        pytest.param(
            flow("  - {from: START, to: [a, b]}\n  - {from: a, to: END}\n  - {from: b, to: END}",
                 a="i > x", b="x > y"),
            ["`x` is unset when `b` runs."], id="branches at once do not wait for each other"),
        pytest.param(
            flow("""
  - {from: START, to: [a, b]}
  - {from: a, routes: [{condition: "state.i == '1'", to: c}, {to: END}]}
  - {from: b, to: c}
  - {from: c, to: END}""", a="i > x", b="i > y", c="y x > z"),
            [], id="a branch that may end elsewhere has run all the same"),
        pytest.param(
            flow("""
  - {from: START, to: a}
  - {from: a, routes: [{condition: "state.x == '1'", to: b}, {to: [c, b]}]}
  - {from: b, to: d}
  - {from: c, to: d}
  - {from: d, to: END}""", a="i > x", b="i > y", c="i > w", d="y w > z"),
            ["`w` is unset when route 1 of `a` is taken."], id="a route to one, another to both"),
        pytest.param(
            flow("""
  - {from: START, to: a}
  - {from: a, to: b}
  - {from: b, routes: [{condition: "state.y == '1'", to: a, max_times: 2}, {to: c}]}
  - {from: c, to: END}""", a="i y > x", b="x > y", c="y > z"),
            ["`y` is unset when `a` runs."], id="the first round of a loop"),
        pytest.param(
            flow("""
  - {from: START, to: a}
  - {from: a, routes: [{condition: "state.x == '1'", to: b}, {to: c}]}
  - {from: b, to: c}
  - {from: c, routes: [{condition: "has(state.y)", to: d}, {to: END}]}
  - {from: d, to: END}""", a="i > x", b="i > y", c="i > w", d="y > z"),
            [], id="a route that asks by has()"),
        pytest.param(
            flow("""
  - {from: START, to: a}
  - {from: a, routes: [{condition: "state.x == '1'", to: b}, {to: c}]}
  - {from: b, to: c}
  - {from: c, routes: [{condition: "!has(state.y)", to: END}, {to: d}]}
  - {from: d, to: END}""", a="i > x", b="i > y", c="i > w", d="y > z"),
            [], id="a route after one that asks for the opposite"),
        pytest.param(
            flow(CHOICE + "  - {from: b, to: d}\n  - {from: c, to: d}\n  - {from: d, to: END}",
                 a="i > x", b="i > y", c="i > w", d="state.y|default('') > z"),
            [], id="a template that asks by default"),
        pytest.param(
            flow("""
  - {from: START, to: a}
  - {from: a, routes: [{condition: "state.y == '1'", to: b}, {to: END}]}
  - {from: b, to: END}""", a="i > x", b="i > y"),
            ["`y` is unset when `a` runs."], id="a condition reads too early"),
        pytest.param(
            flow("""
  - {from: START, to: a}
  - {from: a, routes: [{condition: "has(state.y) && state.y == '1'", to: b}, {to: END}]}
  - {from: b, to: END}""", a="i > x", b="i > y"),
            ["Route 1 of `a` can never be taken: `state.y` is always unset there."], id="a condition asks first"),
    ],
)  # fmt: skip
def test_what_is_told(text: str, messages: list[str]) -> None:
    assert found(text) == messages


def test_a_failing_node_that_leads_elsewhere_has_written_nothing() -> None:
    text = flow(
        "  - {from: START, to: a}\n  - {from: a, to: b}\n  - {from: b, to: END}\n  - {from: c, to: b}",
        a="i > x", b="x > y", c="i > z",
    ).replace("writes: [x]}", "writes: [x], on_error: c}")  # fmt: skip

    assert found(text) == ["`x` is unset when `a` fails."]


def test_a_field_that_a_body_returns_must_be_set() -> None:
    text = """
version: 1
name: x
inputs: {texts: {type: array, items: {type: string}}}
state: {all: {type: array}}
outputs: [all]
nodes:
  - id: each
    kind: map
    over: "{{ state.texts }}"
    body:
      state: {mood: {type: string, enum: [calm, angry]}, reply: {type: string}}
      nodes:
        - {id: judge, kind: llm, prompt: "{{ item }}", writes: [mood]}
        - {id: answer, kind: llm, prompt: "{{ item }}", writes: [reply]}
      edges:
        - {from: START, to: judge}
        - {from: judge, routes: [{condition: "state.mood == 'angry'", to: answer}, {to: END}]}
        - {from: answer, to: END}
      returns: reply
    writes: [all]
"""

    assert found(text) == ["`reply` is unset when route 2 of `judge` is taken."]


def scrambled(data: dict[str, Any], rng: Random) -> dict[str, Any]:
    """A workflow whose prompts read any fields at all."""
    fields = [*data["inputs"], *data["state"]]
    for node in data["nodes"]:
        for key in ("prompt", "text", "template", "ask"):
            if key in node and fields and rng.random() < 0.4:
                node[key] = f"{{{{ state.{rng.choice(fields)} }}}} here"
    return data


@given(st.integers(1, 40), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_run_reads_what_the_checker_holds_for_set(size: int, seed: int) -> None:
    rng = Random(seed)
    kinds = ("llm", "classify", "template", "human", "parallel")
    text = as_yaml(scrambled(workflow(rng, size, kinds), rng))
    result = check(text)
    assert result.workflow is not None
    if any(each.code == "data-cycle" for each in result.diagnostics):
        return
    told = {each.message.split("`")[1] for each in result.diagnostics if each.code == "read-before-write"}

    for _ in range(20):
        run = simulate(result.workflow, rng)
        assert {name for _, name in run.unset} <= told, text


def test_what_the_checker_tells_can_happen() -> None:
    kinds = ("llm", "classify", "template", "human", "parallel")
    told = happened = 0
    for seed in range(60):
        rng = Random(seed)
        result = check(as_yaml(scrambled(workflow(rng, 1 + seed % 30, kinds), rng)))
        if result.workflow is None or any(each.code == "data-cycle" for each in result.diagnostics):
            continue
        names = {each.message.split("`")[1] for each in result.diagnostics if each.code == "read-before-write"}
        missed = {name for _ in range(60) for _, name in simulate(result.workflow, rng).unset} if names else set()
        told += len(names)
        happened += len(names & missed)

    assert told > 30
    assert happened == told
