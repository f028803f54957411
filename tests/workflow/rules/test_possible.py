"""What is said to be impossible is: told with its reason, and never taken by the reference interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from chat_app.workflow.check import check
from chat_app.workflow.document import Workflow
from chat_app.workflow.result import CheckResult
from chat_app.workflow.rules.context import Context
from chat_app.workflow.rules.possible import NODE, impossible
from chat_app.workflow.surroundings import Surroundings
from tests.engine.reference import Interpreter
from tests.workflow.mutating import fields_of, nodes_of, value_of, with_edges
from tests.workflow.strategies import as_yaml, workflow

FIELDS = """
  mood: {type: string, enum: [calm, angry, sad]}
  word: {type: string}
  short: {type: string, maxLength: 5}
  score: {type: integer, minimum: 0, maximum: 9}
  part: {type: number}
  done: {type: boolean}
  many: {type: array, items: {type: string}, maxItems: 3}
  thing: {type: object, properties: {pages: {type: integer}}}
"""


def choice(*conditions: str) -> CheckResult:
    """One node that writes all fields, and routes with these conditions and a last one."""
    routes = "".join(f'      - {{condition: "{condition}", to: END}}\n' for condition in conditions)
    names = [line.split(":")[0].strip() for line in FIELDS.strip().splitlines()]
    return check(
        f"version: 1\nname: x\nstate:{FIELDS}outputs: [{', '.join(names)}]\n"
        f"nodes: [{{id: a, kind: llm, prompt: Go, writes: [{', '.join(names)}]}}]\n"
        f"edges:\n  - {{from: START, to: a}}\n  - from: a\n    routes:\n{routes}      - {{to: END}}\n"
    )


def shown(checked: CheckResult) -> dict[tuple[str, int], str]:
    assert checked.workflow is not None
    context = Context(checked.workflow, checked.source, Surroundings())
    return {(found.source, found.way): found.why for level in context.levels for found in impossible(level)}


@pytest.mark.parametrize(
    ("conditions", "route", "why"),
    [
        (["state.score > 9"], 0, "`state.score > 9` never holds"),
        (["state.score < 3 && state.score > 7"], 0, "`state.score < 3 && state.score > 7` never holds"),
        (["state.part < 3.5 && state.part > 3.5"], 0, "`state.part < 3.5 && state.part > 3.5` never holds"),
        (["state.score > 3 && state.score < 4"], 0, "`state.score > 3 && state.score < 4` never holds"),
        (["size(state.short) > 5"], 0, "`size(state.short) > 5` never holds"),
        (["state.many.size() > 3"], 0, "`state.many.size() > 3` never holds"),
        (["size(state.word) < 0"], 0, "`size(state.word) < 0` never holds"),
        (["state.word == 'a' && state.word == 'b'"], 0, "`state.word == 'a' && state.word == 'b'` never holds"),
        (["!has(state.word)"], 0, "`!has(state.word)` never holds"),
        (["state.done && !state.done"], 0, "`state.done && !state.done` never holds"),
        (["false"], 0, "`false` never holds"),
        (["state.score >= 0"], 1, "route 1 always holds"),
        (["state.mood == 'calm'", "state.mood in ['angry', 'sad']"], 2, "one of routes 1 and 2 always holds"),
        (["state.score > 3", "state.score > 5"], 1, "whenever `state.score > 5` holds, route 1 is taken before it"),
        (["state.thing.pages > 5", "7 < state.thing.pages"], 1,
         "whenever `7 < state.thing.pages` holds, route 1 is taken before it"),
        (["state.done", "!state.done"], 2, "one of routes 1 and 2 always holds"),
        (["state.word != ''", "size(state.word) > 3"], 1,
         "whenever `size(state.word) > 3` holds, route 1 is taken before it"),
        (["size(state.word) > 3 && state.word == 'abc'"], 0,
         "`size(state.word) > 3 && state.word == 'abc'` never holds"),
        (["state.many.exists(one, one == 'a') && size(state.many) == 0"], 0,
         "`state.many.exists(one, one == 'a') && size(state.many) == 0` never holds"),
        (["'a' in state.many", "state.many.exists(one, 'a' == one)"], 1,
         "whenever `state.many.exists(one, 'a' == one)` holds, route 1 is taken before it"),
        (["state.word == ''", "size(state.word) > 0"], 2, "one of routes 1 and 2 always holds"),
        (["state.score > 2 ? state.score > 3 : state.score > 4", "state.score == 7"], 1,
         "whenever `state.score == 7` holds, route 1 is taken before it"),
    ],
)  # fmt: skip
def test_an_impossible_route_is_shown_with_why(conditions: list[str], route: int, why: str) -> None:
    assert shown(choice(*conditions)) == {("a", route): why}


@pytest.mark.parametrize(
    "conditions",
    [
        ["state.score == 9"],
        ["state.part > 3 && state.part < 4"],
        ["state.score > 3", "state.score > 1"],
        ["state.word == 'a'", "state.word != ''"],
        ["state.word.startsWith('a')", "state.word.startsWith('ab')"],
        ["state.part * 2.0 > 4.0", "state.part > 3"],
        ["state.part > double(state.score)", "state.part > 3"],
        ["state.many.exists(one, one == 'a')", "size(state.many) > 0"],
        ["state.mood == 'calm' || state.done"],
        ["state.word == 'abcd'", "size(state.word) == 4"],
        ["size(state.word) == 0", "state.word != 'abc'"],
        ["state.many.exists(one, one == 'a')", "state.many.exists(one, one == 'b')"],
        ["state.many.exists(one, one != 'a')", "state.many.exists(one, one == 'a')"],
        ["state.many.exists_one(one, one == 'a')", "state.many.exists(one, one == 'a')"],
        ["state.many.all(one, one == 'a')", "state.many.exists(one, one == 'a')"],
        ["size(state.short) == 5"],
        ["state.thing.pages == 1", "state.thing.pages == 2"],
    ],
)
def test_what_may_be_is_not_shown_impossible(conditions: list[str]) -> None:
    assert shown(choice(*conditions)) == {}


def test_the_checker_warns_of_an_impossible_condition_and_not_of_a_last_route() -> None:
    faults = choice("state.mood == 'calm'", "state.mood != 'calm'", "state.score == 3").faults

    assert [(found.code, found.severity, found.path[-2]) for found in faults] == [("impossible-route", "warning", 2)]


def test_a_condition_that_cannot_be_read_is_not_judged() -> None:
    assert {found.code for found in choice("state.score >= 0", "state.nope == 1", "= =").faults} == {
        "unknown-name", "condition-syntax"
    }  # fmt: skip


COLLECTED = """
version: 1
name: x
inputs: {list: {type: array, items: {type: string}}}
state: {all: {type: array%s}}
outputs: [all]
nodes:
  - {id: begin, kind: llm, prompt: Begin, writes: [all]}
  - id: each
    kind: map
    over: "{{ state.list }}"
    body:
      state: {one: {type: string%s}, two: {type: integer}}
      nodes:
        - {id: first, kind: %s: "Say {{ item }}", writes: [one]}
        - {id: second, kind: llm, prompt: Count, writes: [two]}
      returns: %s
    writes: [all]
%s
edges:
  - {from: START, to: begin}
  - {from: begin, to: each}
  - {from: each, routes: [{condition: "state.all.exists(one, one == 'a')", to: END}, {to: END}]}
"""
NEVER = {("each", 0): '"a" is never among `state.all` there'}


@pytest.mark.parametrize(
    ("reduce", "kind", "first", "returns", "more", "found"),
    [
        ("", "", "llm, prompt", "one", "", {}),
        ("", "", "llm, prompt", "two", "", NEVER),
        ("", "", "llm, prompt", "[one, two]", "", NEVER),
        ("", ", enum: [b, c]", "llm, prompt", "one", "", NEVER),
        ("", "", "template, template", "one", "", NEVER),
        ("", ", default: a", "template, template", "one", "", {}),
        (", reduce: append", "", "llm, prompt", "two", "", {}),
        ("", "", "llm, prompt", "two", "    on_error: continue", {}),
    ],
)
def test_what_a_map_collects_is_known_where_its_body_tells(
    reduce: str, kind: str, first: str, returns: str, more: str, found: dict[tuple[str, int], str]
) -> None:
    assert shown(check(COLLECTED % (reduce, kind, first, returns, more))) == found


def test_two_branches_at_once_may_change_what_a_third_has_asked() -> None:
    text = """
version: 1
name: x
inputs: {i: {type: string}}
state: {x: {type: integer, default: 0, reduce: last}, t: {type: string, default: a}}
outputs: [x, t]
nodes:
  - {id: ask, kind: template, template: "{{ state.i }}", writes: [t]}
  - {id: change, kind: llm, prompt: Change, writes: [x]}
  - {id: again, kind: llm, prompt: Again, writes: [x]}
edges:
  - {from: START, to: [ask, change]}
  - {from: ask, routes: [{condition: "state.x > 0", to: again}, {to: END}]}
  - {from: change, to: END}
  - {from: again, to: END}
"""
    checked = check(text)

    assert checked.valid
    assert shown(checked) == {}


class _Noting(Interpreter):
    """Notes the routes that are taken."""

    def __init__(self, workflow: Workflow, script: Any) -> None:
        super().__init__(workflow, script)
        self.routes: set[tuple[str, int]] = set()

    def _decide(self, level: Any, source: str, ways: Any, names: Any, own: Any, taken: Any) -> list[str]:
        before = dict(taken)
        found = super()._decide(level, source, ways, names, own, taken)
        self.routes |= {key for key, times in taken.items() if before.get(key) != times}
        return found


def _script(workflow: Workflow, dice: Random) -> Any:
    nodes, fields = dict(nodes_of(workflow)), dict(fields_of(workflow))

    def write(name: str, names: Mapping[str, Any], attempt: int) -> dict[str, Any]:
        return {each: value_of(fields[each], dice) for each in nodes[name].writes}

    return write


def test_no_run_takes_what_was_shown_impossible() -> None:
    found = 0
    for seed in range(120):
        checked = check(as_yaml(workflow(Random(seed), 16)))
        assert checked.workflow is not None
        context = Context(checked.workflow, checked.source, Surroundings())
        never = [one for level in context.levels for one in impossible(level)]
        found += len(never)
        for run in range(4 if never else 0):
            reference = _Noting(with_edges(checked.workflow), _script(checked.workflow, Random(f"{seed}-{run}")))
            reference.run({})
            ran = {step.split("/")[-1].partition("#")[0] for step in reference.steps}
            assert not ran & {one.source for one in never if one.what == NODE}
            assert not reference.routes & {(one.source, one.way) for one in never if one.what != NODE}
    assert found > 20
