"""What is told of two texts; the sentences of each edit are pinned in the golden cases of the edits."""

import pytest

from chat_app.workflow.diff import diff
from chat_app.workflow.edits.skeleton import new_workflow

BASE = """\
version: 1
name: mail
inputs:
  email: {type: string}
state:
  mood: {type: string}
  answer: {type: string}
outputs: [answer]
nodes:
  - {id: judge, kind: llm, prompt: "Judge {{ state.email }}", writes: [mood]}
  - {id: reply, kind: llm, prompt: "Reply {{ state.mood }}", temperature: 0.2, writes: [answer]}
"""


def changed(*swaps: tuple[str, str]) -> str:
    text = BASE
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("swaps", "lines"),
    [
        ([("temperature: 0.2", "temperature: 0.7")], ["Changed node `reply`: temperature 0.2 → 0.7."]),
        ([(", temperature: 0.2", "")], ["Changed node `reply`: no temperature any more."]),
        ([("  mood: {type: string}", "  mood: {type: string, enum: [calm, angry]}")],
         ["Changed field `mood`: enum calm, angry."]),
        ([("email: {type: string}", "mail: {type: string}"), ("state.email", "state.mail")],
         ["Renamed input `email` to `mail`.",
          "Changed node `judge`: prompt Judge {{ state.email }} → Judge {{ state.mail }}."]),
        ([("outputs: [answer]", "outputs: [answer, mood]")], ["The outputs are now answer, mood (were answer)."]),
        ([("id: reply", "id: respond")],
         ["Renamed node `reply` to `respond`."]),
        ([("name: mail", "name: post")], ["The name is now post."]),
        ([("version: 1\n", "version: 1\n# hello\n")], ["Only comments or layout changed."]),
        ([("outputs: [answer]\n", "outputs: [answer]\nlimits: {steps: 5}\n")], ["Limits: steps 5."]),
        ([("outputs: [answer]\n", "outputs: [answer]\ntests: [{name: t, expect: ['true']}]\n")], ["Added test `t`."]),
    ],
)  # fmt: skip
def test_lines(swaps: list[tuple[str, str]], lines: list[str]) -> None:
    assert list(diff(BASE, changed(*swaps)).lines()) == lines


def test_derived_ways_are_told_too() -> None:
    text = changed(("Reply {{ state.mood }}", "Reply {{ state.email }}"))
    assert diff(BASE, text).lines()[1:] == (
        "New ways: START → reply; judge → END.",
        "No ways any more: judge → reply.",
    )


def test_explicit_edges_that_say_what_the_data_says_change_nothing() -> None:
    edges = "edges: [{from: START, to: judge}, {from: judge, to: reply}, {from: reply, to: END}]\n"
    assert diff(BASE, BASE + edges).lines() == ("Only comments or layout changed.",)


def test_the_first_draft_is_told_without_its_name() -> None:
    assert diff(new_workflow("mail", "Answers mail"), BASE).lines() == (
        "Added input `email` (string).",
        "Added fields `mood` (string), `answer` (string).",
        "The outputs are answer.",
        "Added nodes `judge` (llm), `reply` (llm).",
        "New ways: START → judge → reply → END.",
    )


def test_which_nodes() -> None:
    text = changed(("temperature: 0.2", "temperature: 1"), ("id: judge", "id: weigh"))
    found = diff(BASE, text + '  - {id: more, kind: template, template: "x"}\n')
    assert found.changed_nodes == ("weigh", "reply")
    assert found.added_nodes == ("more",)
    assert diff(text, BASE).removed_nodes == ()


def test_a_broken_text_has_lines_but_no_meaning() -> None:
    found = diff(BASE, BASE + "nodes: [")
    assert not found.readable
    assert found.lines()[0].startswith("The text changed.")
    assert "+nodes: [" in found.unified


def test_the_same_text_has_no_lines() -> None:
    assert diff(BASE, BASE).empty
    assert diff(BASE, BASE).lines() == ()
    assert diff("nodes: [", "nodes: [").lines() == ()


def test_what_is_no_mapping_is_not_readable() -> None:
    assert not diff("- a\n", BASE).readable
    assert diff("", BASE).readable
