"""Guesses at what was meant: only for new nodes, only where they make it better."""

from __future__ import annotations

import pytest

from chat_app.designer.agent.mending import completions, mendings, node_ids
from chat_app.workflow.check import check

HEAD = "version: 1\nname: a\ninputs: {t: {type: string}}\nstate: {text: {type: string}}\noutputs: [text]\nnodes:\n"


def lines(text: str, *old: str) -> list[str]:
    checked = check(text)
    found = checked.diagnostics
    return [mending.line for problem in found for mending in mendings(checked, problem, frozenset(old))]


def prompt(text: str) -> str:
    return f'{HEAD}  - {{id: n, kind: llm, prompt: "{text}", writes: [text]}}\n'


def test_a_field_that_nothing_writes_is_an_input() -> None:
    assert lines(prompt("{{ state.t }} {{ state.other }}")) == ["Took `other` for an input, as nothing writes it."]


@pytest.mark.parametrize(
    "text",
    ["{{ state.t }} {{ state.texxt }}", "{{ state.t }} {{ state.Other }}", "{{ state.t }} {{ state._x }}"],
    ids=["near another name", "no valid name", "hidden"],
)
def test_what_is_not_sure_is_left_alone(text: str) -> None:
    assert lines(prompt(text)) == []


def test_old_nodes_are_left_alone() -> None:
    assert lines(prompt("{{ state.t }} {{ state.other }}"), "n") == []


def test_ids_are_found_in_any_text() -> None:
    assert node_ids("nodes: [{id: a, kind: map, body: {nodes: [{id: b}]}}, 5, {id: [x]}]") == {"a", "b"}
    assert node_ids("nodes: 5") == node_ids("nodes: [") == node_ids("") == frozenset()


def test_outputs_are_what_nothing_reads() -> None:
    text = (
        "version: 1\nname: a\ninputs: {t: {type: string}}\n"
        "state: {one: {type: string}, two: {type: string}, flag: {type: boolean}}\nnodes:\n"
        '  - {id: a, kind: llm, prompt: "{{ state.t }}", writes: [one, flag]}\n'
        '  - {id: b, kind: llm, prompt: "{{ state.one }}", writes: [two]}\n'
        "edges:\n  - {from: START, to: a}\n"
        "  - {from: a, routes: [{condition: state.flag, to: b}, {to: END}]}\n  - {from: b, to: END}\n"
    )
    found = list(completions(check(text), None))
    assert [mending.line for mending in found] == ["Took `two` for what a run returns."]
    assert list(completions(check(text), check(text))) == []
