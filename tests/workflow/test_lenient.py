"""A file that is misshapen in one place is judged in all others, and each fault is told once."""

from __future__ import annotations

import pytest

from chat_app.workflow.check import check

WHOLE = """\
version: 1
name: letters
inputs:
  letter: {type: string}
state:
  mood: {type: string, enum: [calm, angry]}
  answer: {type: string}
  decision: {type: string}
outputs: [answer, decision]
nodes:
  - {id: sort, kind: classify, text: "{{ state.letter }}", labels: {calm: kind, angry: rude}, writes: [mood]}
  - {id: draft, kind: llm, prompt: "Answer {{ state.letter }}", writes: [answer]}
  - {id: approve, kind: human, ask: "Send {{ state.answer }}?", writes: [decision]}
edges:
  - {from: START, to: sort}
  - from: sort
    routes:
      - {condition: "state.mood == 'angry'", to: draft}
      - {to: draft}
  - {from: draft, to: approve}
  - {from: approve, to: END}
tests:
  - {name: sends, inputs: {letter: Hi}, expect: ["state.decision == 'send'"]}
"""
FAULTS = [("{from: approve, to: END}", "{from: approve, to: EMD}"), ("{{ state.answer }}?", "{{ state.anser }}?")]
FOUND = [("unknown-name", 13), ("unknown-name", 21)]


def found_in(text: str) -> list[tuple[str, int]]:
    return [(found.code, found.location.line if found.location else 0) for found in check(text).diagnostics]


def with_faults(*more: tuple[str, str]) -> str:
    text = WHOLE
    for old, new in (*FAULTS, *more):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_the_whole_is_clean() -> None:
    assert found_in(WHOLE) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("kind: llm", "kind: lm", ("unknown-kind", 12)),
        ("kind: llm", "kind: agent", ("unknown-kind", 12)),
        ("kind: llm, prompt", "kind: llm, promt", ("unknown-key", 12)),
        ("kind: llm, prompt", "kind: llm, colour: red, prompt", ("unknown-key", 12)),
        ('prompt: "Answer {{ state.letter }}"', "prompt: 5", ("wrong-type", 12)),
        ("id: draft", "id: 7", ("wrong-type", 12)),
        ("writes: [answer]", "writes: answer", ("wrong-type", 12)),
        ("answer: {type: string}", "answer: {type: strin}", ("bad-value", 7)),
        ("answer: {type: string}", "answer: {type: [string]}", ("bad-value", 7)),
        ("answer: {type: string}", "answer: string", ("wrong-type", 7)),
        ("{from: draft, to: approve}", "{from: draft, to: 5}", ("wrong-type", 20)),
        ("{from: draft, to: approve}", "{form: draft, to: approve}", ("unknown-key", 20)),
        ("expect: [", "expct: [", ("unknown-key", 23)),
        ("inputs: {letter: Hi}", "inputs: [letter]", ("wrong-type", 23)),
        ("outputs: [answer, decision]", "outputs: 5", ("wrong-type", 9)),
        ("version: 1\n", "version: 1\nlimits: 5\n", ("wrong-type", 2)),
        ("name: letters", "title: letters", ("unknown-key", 2)),
        ("{from: draft, to: approve}", "{from: draft, goes: approve}", ("unknown-key", 20)),
        ("{from: START, to: sort}", "{to: sort}", ("missing-key", 15)),
        ("{from: START, to: sort}", "sort", ("wrong-type", 15)),
        (
            'kind: llm, prompt: "Answer {{ state.letter }}", writes: [answer]',
            'kind: llm, prompt: "Answer {{ state.letter }}", gives: [answer]',
            ("unknown-key", 12),
        ),
    ],
)
def test_a_broken_part_hides_no_fault_elsewhere_and_makes_none(old: str, new: str, finding: tuple[str, int]) -> None:
    added = new.count("\n") - old.count("\n")
    others = [(code, line + added) for code, line in FOUND]

    assert found_in(with_faults((old, new))) == sorted([finding, *others], key=lambda each: each[1])


def test_what_stands_below_a_misspelt_key_is_judged_at_its_place() -> None:
    text = with_faults(
        ("\nedges:", "\nedgs:"), ("to: draft}\n      - {to: draft}", "to: draft}\n      - {too: draft}")
    )

    assert found_in(text) == [("unknown-name", 13), ("unknown-key", 14), ("unknown-key", 19), ("unknown-name", 21)]


def test_a_broken_node_in_a_map_leaves_the_rest_of_the_body() -> None:
    text = """\
version: 1
name: many
inputs: {pages: {type: array, items: {type: string}}}
state: {notes: {type: array, items: {type: string}}}
outputs: [notes]
nodes:
  - id: each
    kind: map
    over: "{{ state.pages }}"
    item: page
    body:
      state: {draft: {type: string}, note: {type: string}}
      nodes:
        - {id: write, kind: lim, prompt: "{{ page }}", writes: [draft]}
        - {id: shorten, kind: llm, prompt: "{{ state.drafd }}", writes: [note]}
      returns: note
    writes: [notes]
"""

    assert found_in(text) == [("unknown-kind", 14), ("unknown-name", 15)]


def test_a_text_with_too_many_broken_parts_is_only_told_its_shape() -> None:
    nodes = "".join(f"  - {{id: n{number}, kind: nope}}\n" for number in range(300))

    assert {code for code, _ in found_in(f"version: 1\nname: x\nnodes:\n{nodes}")} == {"unknown-kind"}


def test_a_broken_workflow_never_counts_as_valid() -> None:
    result = check(WHOLE.replace("kind: llm", "kind: lm"))

    assert result.workflow is None
    assert not result.valid
