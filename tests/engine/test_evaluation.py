"""Which model is named of several that were tried."""

from __future__ import annotations

import pytest

from chat_app.engine.evaluation import Case, CaseResult, Trial, asking_nodes, cheapest, with_models
from chat_app.events.totals import Totals
from chat_app.workflow.check import check

TEXT = """\
version: 1
name: two
state: {a: {type: string}, notes: {type: array, items: {type: string}}}
outputs: [notes]
nodes:
  - {id: first, kind: llm, model: openai/own, prompt: x, writes: [a]}  # a comment stays
  - id: each
    kind: map
    over: "{{ [state.a] }}"
    item: one
    body:
      state: {note: {type: string}}
      nodes:
        - {id: short, kind: llm, prompt: "{{ one }}", writes: [note]}
      returns: note
    writes: [notes]
"""


def trial(model: str, passed: list[bool], cost: float | None, seconds: float = 1.0) -> Trial:
    case = Case(1, {})
    results = [
        CaseResult(case, {}, {"end": "", "mood": "" if one else "it is not"}, seconds, Totals(1, 1, 1, cost))
        for one in passed
    ]
    return Trial(model, None, tuple(results))


def test_sums_over_cases() -> None:
    found = trial("m", [True, False], 0.25)
    assert (found.quality, found.passed, found.cost_usd, found.seconds) == (0.75, 0.5, 0.5, 1.0)
    assert trial("m", [True], None).cost_usd is None


@pytest.mark.parametrize(
    ("trials", "wanted", "named"),
    [
        ([trial("big", [True, True], 2.0), trial("small", [True, True], 0.5)], 1.0, "small"),
        ([trial("big", [True, True], 2.0), trial("small", [True, False], 0.5)], 1.0, "big"),
        ([trial("big", [True, True], 2.0), trial("small", [True, False], 0.5)], 0.5, "small"),
        ([trial("own", [True], None), trial("big", [True], 9.0)], 1.0, "big"),
        ([trial("slow", [True], None, 5.0), trial("quick", [True], None, 1.0)], 1.0, "quick"),
        ([trial("big", [False], 2.0)], 0.5, None),
    ],
)
def test_the_cheapest_that_passes_is_named(trials: list[Trial], wanted: float, named: str | None) -> None:
    found = cheapest(trials, wanted)
    assert (found.model if found else None) == named


def test_each_node_is_given_its_model_and_the_rest_stays() -> None:
    workflow = check(TEXT).workflow
    assert workflow is not None
    nodes = asking_nodes(workflow)
    assert nodes == ["first", "short"]
    text = with_models(TEXT, {"first": "openai/a", "short": "openai/b"})
    assert "model: openai/a" in text and "model: openai/b" in text and "# a comment stays" in text
    assert "openai/own" not in text
