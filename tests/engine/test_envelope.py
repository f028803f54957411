"""The envelope: bounds on calls, tokens and money, and what a run touches."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_app.chat_models.prices import Price
from chat_app.engine.calls import count_calls, runs_at_most
from chat_app.engine.compiler import all_nodes
from chat_app.engine.envelope import Envelope, envelope
from chat_app.workflow.check import check
from chat_app.workflow.document import Workflow
from chat_app.workflow.graph import flow_of
from chat_app.workflow.nodes import ClassifyNode, LlmNode
from tests.engine.conftest import checked
from tests.engine.test_dry_run import ERRORS, IN_A_MAP, LOOP


def workflow(text: str) -> Workflow:
    found = checked(text).workflow
    assert found is not None
    return found


def cheap(name: str) -> Price | None:
    return None if name == "unknown/one" else Price(0.000001, 0.000002)


def of(text: str, model: str | None = "some/model") -> Envelope:
    return envelope(workflow(text), cheap, model)


def test_a_loop_counts_each_round() -> None:
    calls = count_calls(workflow(LOOP))
    assert (calls.least, calls.most) == (2, 12)
    assert runs_at_most(flow_of(workflow(LOOP))) == {"write": 4, "review": 4, "polish": 4}


def test_a_way_around_costs_nothing_where_an_error_leads_past() -> None:
    assert count_calls(workflow(ERRORS)).least == 0


def test_the_items_of_a_map_count_up_to_the_limit() -> None:
    found = of(IN_A_MAP.replace("nodes:\n  - id: each", "limits: {map_items: 5, steps: 100}\nnodes:\n  - id: each"))
    assert (found.calls_least, found.calls_most) == (0, 15)
    assert found.cost_likely is None


def test_no_more_calls_than_steps() -> None:
    assert of(IN_A_MAP).calls_most == 200


def test_branches_that_meet_are_counted_once() -> None:
    nodes = "".join(f"\n  - {{id: {name}, kind: llm, prompt: x, writes: [{name}]}}" for name in ("a", "b", "c", "d"))
    text = f"""
state: {{a: {{type: string}}, b: {{type: string}}, c: {{type: string}}, d: {{type: string}}}}
outputs: [d]
nodes:{nodes}
edges:
  - {{from: START, to: a}}
  - {{from: a, to: [b, c]}}
  - {{from: b, to: d}}
  - {{from: c, to: d}}
  - {{from: d, to: END}}
"""
    calls = count_calls(workflow(text))
    assert calls.most == 4
    assert 0 < calls.least <= 4


def test_money_is_bounded_by_tokens_and_by_the_limit() -> None:
    assert of(LOOP).cost_most == pytest.approx(1.0)
    assert of(LOOP.replace("steps: 50", "steps: 50, tokens: 1000")).cost_most == pytest.approx(0.002)
    assert of(LOOP.replace("steps: 50", "steps: 50, cost_usd: 0.25")).cost_most == 0.25


def test_an_unknown_price_is_said_to_be_unknown() -> None:
    found = of(LOOP, "unknown/one")
    assert found.cost_most is None
    assert found.headline() == "2 to 12 model calls, cost unknown"
    assert "no price is known for unknown/one" in found.lines()


def test_headlines() -> None:
    assert of(LOOP).headline() == "2 to 12 model calls, likely less than $0.01, at most $1.00"
    assert of(LOOP, "simulated").headline() == "2 to 12 model calls, nothing is charged"
    template = (
        "state: {a: {type: string}}\noutputs: [a]\nnodes: [{id: t, kind: template, template: x, writes: [a]}]\n"
    )
    assert of(template).headline() == "no model calls"


def test_the_models_that_are_asked() -> None:
    text = LOOP.replace('kind: llm, prompt: "Score', 'kind: llm, model: own/model, prompt: "Score')
    assert of(text).models == ("some/model", "own/model")
    assert of(text, "simulated").models == ("simulated",)
    assert of(text, None).models == ("the default model", "own/model")


def test_what_a_run_touches() -> None:
    text = """
inputs: {paper: {type: file}, id: {type: string}}
state: {page: {type: string}, more: {type: string}}
outputs: [page, more]
nodes:
  - id: fetch
    kind: http
    url: "https://example.com/items/{{ state.id }}"
    headers: {Authorization: "Bearer {{ secret.API_KEY }}"}
    writes: [page]
  - {id: other, kind: http, url: "https://{{ state.id }}/x", writes: [more]}
"""
    found = envelope(_shape(text), cheap)
    assert found.hosts == ("example.com", "a host chosen during the run")
    assert found.secrets == ("API_KEY",)
    assert found.files == ("paper",)


def test_tools_that_pay_are_part_of_it() -> None:
    text = """
inputs: {text: {type: string}}
state: {sound: {type: file}}
outputs: [sound]
limits: {cost_usd: 0.25}
nodes: [{id: say, kind: tool, tool: speak, arguments: {text: "{{ state.text }}"}, writes: [sound]}]
"""
    known = envelope(_shape(text), cheap, bills_of=lambda tool, arguments: [("some/speaker", True)])
    assert known.headline() == "tools that pay some/speaker, at most $0.25"
    unknown = envelope(_shape(text), cheap, bills_of=lambda tool, arguments: [("some/speaker", False)])
    assert unknown.headline() == "tools that pay some/speaker, cost unknown"
    assert "no price is known for some/speaker" in unknown.lines()
    simulated = envelope(_shape(text), cheap, "simulated", bills_of=lambda tool, arguments: [("some/speaker", False)])
    assert simulated.headline() == "no model calls"


def _shape(text: str) -> Workflow:
    """The workflow whatever its findings."""
    found = check(f"version: 1\nname: drawn\n{text}").workflow
    assert found is not None
    return found


def test_the_examples_have_an_envelope() -> None:
    for path in sorted(Path("generated_configs/examples").glob("*.yaml")):
        found = check(path.read_text(encoding="utf-8")).workflow
        assert found is not None
        told = envelope(found, cheap, "some/model")
        asks = any(isinstance(node, LlmNode | ClassifyNode) for node in all_nodes(found))
        assert (told.calls_most >= 1) == asks
