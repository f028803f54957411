"""The dry run: what it walks, what it reports, and that it asks nothing of the world."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from chat_app.engine.coverage import DryRunReport, Share
from chat_app.engine.dry_run import AIMED_RUNS, MOST_RUNS, dry_run
from chat_app.engine.errors import NotRunnable
from chat_app.workflow.check import check
from chat_app.workflow.surroundings import Surroundings
from tests.engine.conftest import checked
from tests.workflow.strategies import ALL_KINDS, as_yaml, decorated, workflow

EXAMPLES = sorted(Path("generated_configs/examples").glob("*.yaml"))

LOOP = """
state:
  text: {type: string, default: ""}
  score: {type: number, minimum: 0, maximum: 10, default: 0}
outputs: [text]
limits: {steps: 50}
nodes:
  - {id: write, kind: llm, prompt: "Write {{ state.text }}", writes: [text]}
  - {id: review, kind: llm, prompt: "Score {{ state.text }}", writes: [score]}
  - {id: polish, kind: llm, prompt: "Polish {{ state.text }}", writes: [text]}
edges:
  - {from: START, to: write}
  - {from: write, to: review}
  - from: review
    routes:
      - {condition: "state.score < 7.5", to: write, max_times: 3}
      - {condition: "state.score < 9.0", to: polish}
      - {to: END}
  - {from: polish, to: END}
"""

AT_START = """
inputs:
  kind: {type: string}
  size: {type: integer, minimum: 0, maximum: 1000}
state: {note: {type: string, default: ""}}
outputs: [note]
nodes:
  - {id: bill, kind: template, template: bill, writes: [note]}
  - {id: big, kind: template, template: big, writes: [note]}
  - {id: other, kind: template, template: other, writes: [note]}
edges:
  - from: START
    routes:
      - {condition: "state.kind == 'invoice'", to: bill}
      - {condition: "state.size > 500", to: big}
      - {to: other}
  - {from: bill, to: END}
  - {from: big, to: END}
  - {from: other, to: END}
"""

IN_A_MAP = """
inputs: {mails: {type: array, items: {type: string}}}
state: {answers: {type: array, items: {type: string}}}
outputs: [answers]
nodes:
  - id: each
    kind: map
    over: "{{ state.mails }}"
    item: mail
    body:
      state: {mood: {type: string, enum: [calm, angry]}, answer: {type: string, default: ""}}
      nodes:
        - {id: sort, kind: classify, text: "{{ mail }}", labels: {calm: polite, angry: upset}, writes: [mood]}
        - {id: soothe, kind: llm, prompt: "Soothe {{ mail }}", writes: [answer]}
        - {id: reply, kind: llm, prompt: "Reply {{ mail }}", writes: [answer]}
      edges:
        - {from: START, to: sort}
        - {from: sort, routes: [{condition: "state.mood == 'angry'", to: soothe}, {to: reply}]}
        - {from: soothe, to: END}
        - {from: reply, to: END}
      returns: answer
    writes: [answers]
"""

ERRORS = """
state: {text: {type: string, default: ""}, note: {type: string}}
outputs: [note]
nodes:
  - {id: write, kind: llm, prompt: Write, writes: [text], on_error: sorry}
  - {id: show, kind: template, template: "{{ state.text }}", writes: [note]}
  - {id: sorry, kind: llm, prompt: Say sorry, writes: [note], on_error: last}
  - {id: last, kind: template, template: nothing works, writes: [note]}
edges:
  - {from: START, to: write}
  - {from: write, to: show}
  - {from: show, to: END}
  - {from: sorry, to: END}
  - {from: last, to: END}
"""

PEOPLE = """
state: {answer: {type: string, enum: [yes, no, maybe]}, items: {type: array, items: {type: string}}}
outputs: [answer]
limits: {steps: 30}
nodes:
  - {id: ask, kind: human, ask: Well?, writes: [answer]}
  - {id: list, kind: llm, prompt: List, writes: [items]}
  - {id: many, kind: template, template: "maybe", writes: [answer]}
edges:
  - {from: START, to: ask}
  - from: ask
    routes:
      - {condition: "state.answer == 'maybe'", to: ask, max_times: 2}
      - {condition: "state.answer == 'no'", to: END}
      - {to: list}
  - {from: list, to_conditional: {condition: "size(state.items) > 4", if_true: many, if_false: END}}
  - {from: many, to: END}
"""


SETTLED = """
state:
  score: {type: integer, minimum: 0, maximum: 9}
  tries: {type: integer, default: 0}
outputs: [score]
nodes:
  - {id: judge, kind: llm, prompt: Judge, writes: [score]}
  - {id: good, kind: llm, prompt: Good, writes: [words]}
  - {id: bad, kind: llm, prompt: Bad, writes: [words]}
edges:
  - {from: START, to: judge}
  - {from: judge, routes: [{condition: "state.score >= 5", to: good}, {to: bad}]}
  - from: good
    routes:
      - {condition: "state.score == 3", to: bad}
      - {condition: "state.tries > 0", to: bad}
      - {to: END}
  - {from: bad, to: END}
""".replace("outputs: [score]", "outputs: [score, words]").replace("state:\n", "state:\n  words: {type: string}\n")

NEVER = """
inputs: {list: {type: array, items: {type: string}}}
state: {text: {type: string, maxLength: 10}, all: {type: array}}
outputs: [text]
nodes:
  - {id: write, kind: llm, prompt: Write, writes: [text]}
  - id: each
    kind: map
    over: "{{ state.list }}"
    body:
      state: {one: {type: string}}
      nodes: [{id: inner, kind: llm, prompt: "{{ item }}", writes: [one]}]
      returns: one
    writes: [all]
edges:
  - {from: START, to: write}
  - from: write
    routes:
      - {condition: "size(state.text) > 10", to: write, max_times: 2}
      - {condition: "size(state.text) > 20", to: each}
      - {to: END}
  - {from: each, to: END}
"""


COLLECTED = """
inputs: {mails: {type: array, items: {type: string}}}
state: {words: {type: array}, note: {type: string, default: ""}}
outputs: [note]
nodes:
  - id: each
    kind: map
    over: "{{ state.mails }}"
    body:
      state: {word: {type: string}}
      nodes: [{id: pick, kind: llm, prompt: "Pick {{ item }}", writes: [word]}]
      returns: RETURNS
    writes: [words]
  - {id: found, kind: template, template: found, writes: [note]}
edges:
  - {from: START, to: each}
  - {from: each, routes: [{condition: "state.words.exists(x, x == 'urgent')", to: found}, {to: END}]}
  - {from: found, to: END}
"""

BEHIND = """
state:
  mood: {type: string, enum: [calm, angry]}
  note: {type: string, default: ""}
outputs: [mood, note]
limits: {steps: 50}
nodes:
  - {id: ask, kind: classify, text: Mood, labels: {calm: quiet, angry: loud}, writes: [mood]}
  - {id: reply, kind: llm, prompt: Reply, writes: [note], on_error: continue}
  - {id: soothe, kind: llm, prompt: Soothe, writes: [note], on_error: continue}
edges:
  - {from: START, to: ask}
  - {from: ask, routes: [{condition: "state.mood == 'calm'", to: ask, max_times: 3}, {to: reply}]}
  - {from: reply, routes: [{condition: "state.mood == 'calm'", to: soothe}, {to: END}]}
  - {from: soothe, to: END}
"""


def share(report: DryRunReport, what: str) -> Share:
    return next(one for one in report.shares if one.what == what)


@pytest.mark.parametrize("text", [LOOP, AT_START, IN_A_MAP, PEOPLE], ids=["loop", "start", "map", "people"])
async def test_every_route_is_walked(text: str) -> None:
    report = await dry_run(checked(text))
    assert report.complete, report.lines()
    assert share(report, "route").total > 0


async def test_error_paths_are_walked() -> None:
    report = await dry_run(checked(ERRORS))
    assert report.complete, report.lines()
    assert share(report, "error path").total == 2


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_walked_whole(example: Path) -> None:
    report = asyncio.run(dry_run(check(example.read_text(encoding="utf-8"), Surroundings(folder=example.parent))))
    assert report.complete, report.lines()


async def test_a_route_that_no_value_takes_is_shown_impossible_with_why() -> None:
    text = AT_START.replace("state.size > 500", "state.size > 500 && state.size < 400")
    report = await dry_run(checked(text))
    assert report.complete
    assert share(report, "node").impossible == ("`big` can never run: every way to it is impossible.",)
    assert share(report, "route").impossible == (
        "Route 2 of `START`, to big, can never be taken: `state.size > 500 && state.size < 400` never holds.",
    )


async def test_a_route_that_is_not_found_and_not_shown_impossible_is_told_as_missed() -> None:
    text = AT_START.replace("state.size > 500", "state.size * 7 == 3")
    report = await dry_run(checked(text))
    assert not report.complete
    assert share(report, "node").missed == ("`big` was never reached.",)
    assert "No values were found that take route 2 of `START`, to big." in report.lines()


async def test_what_one_choice_settles_is_known_at_the_next() -> None:
    report = await dry_run(checked(SETTLED))
    assert report.complete, report.lines()
    assert share(report, "route").impossible == (
        "Route 1 of `good`, to bad, can never be taken: `state.score` is always at least 5 there.",
        "Route 2 of `good`, to bad, can never be taken: `state.tries` is always 0 there.",
    )


async def test_a_loop_and_a_map_that_can_never_run_are_told_so() -> None:
    report = await dry_run(checked(NEVER))
    assert report.complete, report.lines()
    lines = report.lines()
    assert "The loop at `write` is never gone round: no way back to it can be taken." in lines
    assert "The body of `each` can never run: every way to it is impossible." in lines
    assert "`inner` can never run: `each` never runs." in lines


async def test_what_fails_on_the_way_is_told_with_its_node() -> None:
    text = """
inputs: {list: {type: array, items: {type: string}, default: []}}
state: {first: {type: string}}
outputs: [first]
nodes: [{id: take, kind: template, template: "{{ state.list[0] }}", writes: [first]}]
"""
    report = await dry_run(checked(text))
    assert not report.complete
    assert "`take` fails" in report.problems[0]


async def test_a_loop_that_is_longer_than_its_limits_is_told() -> None:
    report = await dry_run(checked(LOOP.replace("steps: 50", "steps: 2")))
    assert not report.complete
    assert "comes to a limit" in report.problems[0]


async def test_what_has_errors_is_not_walked() -> None:
    with pytest.raises(NotRunnable):
        await dry_run(check("version: 1\nname: x\nnodes: []\n"))


async def test_the_report_counts_in_words() -> None:
    report = await dry_run(checked(LOOP))
    assert report.lines()[0].startswith("Walked 3 of 3 nodes, 3 of 3 routes, 1 of 1 loop exit in ")


def test_what_checks_clean_is_walked_whole_and_never_fails_in_a_dry_run() -> None:
    for seed in range(100):
        found = check(as_yaml(decorated(Random(seed), workflow(Random(seed), 14, ALL_KINDS))))
        assert found.valid
        report = asyncio.run(dry_run(found))
        assert report.complete, (seed, report.lines())


async def test_a_route_on_what_a_map_collects_is_walked_or_shown_impossible() -> None:
    walked = await dry_run(checked(COLLECTED.replace("RETURNS", "word")))
    shown = await dry_run(checked(COLLECTED.replace("RETURNS", "[word]")))
    assert walked.complete and shown.complete, (walked.lines(), shown.lines())
    assert share(walked, "route").impossible == ()
    assert share(shown, "node").impossible == ("`found` can never run: every way to it is impossible.",)


async def test_a_failure_behind_a_choice_and_a_loop_is_rehearsed() -> None:
    report = await dry_run(checked(BEHIND))
    assert report.complete, report.lines()
    assert share(report, "error path").total == 2


async def test_runs_for_what_is_missed_are_bounded() -> None:
    report = await dry_run(checked(AT_START.replace("state.size > 500", "state.size * 7 == 3")))
    missed = sum(len(one.missed) for one in report.shares)
    assert missed == 2
    assert report.runs <= MOST_RUNS + missed * AIMED_RUNS


async def test_values_suit_all_choices_on_the_way() -> None:
    text = """
state: {text: {type: string}, note: {type: string, default: ""}}
outputs: [note]
nodes:
  - {id: write, kind: llm, prompt: Write, writes: [text]}
  - {id: short, kind: template, template: short, writes: [note]}
  - {id: some, kind: template, template: some, writes: [note]}
edges:
  - {from: START, to: write}
  - {from: write, routes: [{condition: "size(state.text) > 3", to: END}, {to: short}]}
  - {from: short, routes: [{condition: "state.text == ''", to: END}, {to: some}]}
  - {from: some, to: END}
"""
    report = await dry_run(checked(text))
    assert report.complete, report.lines()
