"""Hostile texts: refused, or read right, within a second and a bounded amount of memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest

from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.schema import MOST_ERRORS
from chat_app.workflow.source import MAX_BYTES, read

GOOD = """version: 1
name: greeting
inputs:
  who: {type: string}
state:
  text: {type: string}
outputs: [text]
nodes:
  - id: greet
    kind: llm
    prompt: "Greet {{ state.who }}."
    writes: [text]
"""

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + level)}: &{chr(98 + level)} [{', '.join([f'*{chr(97 + level)}'] * 9)}]\n" for level in range(8)
)


def checked(text: str | bytes) -> tuple[CheckResult, float]:
    start = time.process_time()
    result = check(text)
    return result, time.process_time() - start


@pytest.mark.parametrize(
    ("make", "code"),
    [
        pytest.param(lambda: BOMB, "yaml-alias", id="alias bomb"),
        pytest.param(lambda: "<<: *x\n", "yaml-alias", id="merge of an alias"),
        pytest.param(lambda: "[" * 200_000, "too-deep", id="200,000 brackets"),
        pytest.param(lambda: "{a: " * 100_000, "too-deep", id="100,000 braces"),
        pytest.param(lambda: "- " * 100_000, "too-deep", id="nested dashes"),
        pytest.param(lambda: "\n".join("  " * depth + "a:" for depth in range(1_000)), "too-deep", id="indented"),
        pytest.param(lambda: "a" * (MAX_BYTES + 1), "too-big", id="too long"),
        pytest.param(lambda: b"a" * 50_000_000, "too-big", id="50 MB"),
        pytest.param(lambda: "ä" * (MAX_BYTES // 2 + 1), "too-big", id="too long in bytes"),
        pytest.param(lambda: "a: !!python/object/apply:os.system [ls]\n", "yaml-tag", id="python tag"),
        pytest.param(lambda: "a: !!binary aGVsbG8=\n", "yaml-tag", id="binary tag"),
        pytest.param(lambda: "%TAG ! tag:x,2000:\n---\na: !b c\n", "yaml-tag", id="tag directive"),
        pytest.param(lambda: "a: \x00\n", "not-text", id="NUL"),
        pytest.param(lambda: "a: \ud800\n", "not-text", id="lone surrogate"),
        pytest.param(lambda: b"a: \xff\xfe\n", "not-text", id="no UTF-8"),
        pytest.param(lambda: GOOD.encode("utf-16"), "not-text", id="UTF-16"),
        pytest.param(lambda: "", "yaml-syntax", id="empty"),
        pytest.param(lambda: "# only a comment\n", "yaml-syntax", id="comment"),
        pytest.param(lambda: GOOD + "---\n" + GOOD, "yaml-syntax", id="two documents"),
        pytest.param(lambda: "? [a, b]\n: c\n", "yaml-syntax", id="a list as a key"),
        pytest.param(lambda: "%YAML 1.9\n---\n" * 3, "yaml-syntax", id="directives"),
        pytest.param(lambda: "'" * 100_001, "yaml-syntax", id="quotes"),
        pytest.param(lambda: "x: |\n" + " " * 100_000 + "\n\ta", "wrong-type", id="blanks"),
    ],
)
def test_what_is_hostile_is_refused_at_once(make: Callable[[], str | bytes], code: str) -> None:
    text = make()

    result, seconds = checked(text)

    assert not result.valid
    if code != "wrong-type":
        assert code in {found.code for found in result.diagnostics}
    assert seconds < 1.0
    assert all(found.location is not None for found in result.diagnostics)


def test_too_many_values_are_refused() -> None:
    result, seconds = checked("[" + "1," * 600_000 + "1]")

    assert [found.code for found in result.diagnostics] == ["too-big"]
    assert seconds < 4.0  # half a million values are read first: about a second on a machine of its own


def test_an_alias_bomb_takes_no_memory() -> None:
    tracemalloc.start()
    check(BOMB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 5_000_000


def test_duplicate_keys_are_told_and_the_first_counts() -> None:
    source = read("a: 1\nb: 2\na: 3\n")

    assert source.data == {"a": 1, "b": 2}
    assert [(found.code, found.location.line) for found in source.problems if found.location] == [
        ("duplicate-key", 3)
    ]


def test_many_duplicate_keys_are_told_only_so_often() -> None:
    source = read("a: 1\n" * 50_000)

    assert len(source.problems) == 200


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_kind_are_read(ends: str) -> None:
    result, _ = checked(GOOD.replace("\n", ends).replace("who }}", "whom }}"))

    assert [found.code for found in result.diagnostics] == ["unknown-name"]
    assert result.diagnostics[0].location is not None
    assert (result.diagnostics[0].location.line, result.diagnostics[0].location.column) == (11, 23)


def test_a_byte_order_mark_is_read_over() -> None:
    result = check(b"\xef\xbb\xbf" + GOOD.encode())

    assert result.valid
    assert result.source.text.startswith("\ufeff")
    assert result.source.position(1) == (1, 1)


@pytest.mark.parametrize(
    "template",
    [
        "{{ 10**(10**8) }}",
        "{{ 'a' * 10**9 }}",
        "{% for a in range(99999999) %}{% endfor %}",
        "{{ ''.__class__.__mro__ }}",
        "{{ state.__class__ }}",
        "{{ state.who.__class__.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ self._TemplateReference__context }}",
        "{{ lipsum() }}",
        "{% set x = 1 %}{{ x }}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{{ state.who | attr('__class__') }}",
        "{{ state.who | map('upper') }}",
        "{{ 'x' | format(state.who) }}",
        "{{ ((((" * 400,
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ " + " and ".join(["state.who"] * 3000) + " }}",
        "{% if state.who %}" * 500,
        "{{ state.who" + "|upper" * 2000 + " }}",
    ],
)
def test_hostile_templates_are_refused(template: str) -> None:
    text = GOOD.replace('"Greet {{ state.who }}."', f"{template!r}" if "'" not in template else f'"{template}"')

    result, seconds = checked(text)

    assert not result.valid
    assert seconds < 1.0


@pytest.mark.parametrize(
    "condition",
    [
        "(" * 5_000,
        "!" * 5_000 + "true",
        "state.who == '" + "a" * 100_000,
        " && ".join(["state.who == 'a'"] * 3_000),
        "[1].exists(a, " * 200 + "true" + ")" * 200,
        "state" + ".a" * 5_000,
        "state.who.matches('(a+)+$') == '",
    ],
)
def test_hostile_conditions_give_findings(condition: str) -> None:
    edges = (
        "edges:\n  - {from: START, to: greet}\n  - from: greet\n    routes:\n"
        f"      - {{condition: {condition!r}, to: END}}\n      - {{to: END}}\n"
    )
    if "'" in condition:
        edges = edges.replace(repr(condition), "'" + condition.replace("'", "''") + "'")

    result, seconds = checked(GOOD + edges)

    assert all(found.code.startswith(("condition-", "unknown-", "impossible")) for found in result.diagnostics)
    assert seconds < 2.0


def test_thousands_of_unknown_names_are_told_in_time() -> None:
    fields = "".join(f"  field_{number}: {{type: string}}\n" for number in range(2_000))
    names = ", ".join(f"feild_{number}" for number in range(2_000))

    result, seconds = checked(GOOD.replace("state:\n", "state:\n" + fields).replace("[text]", f"[{names}]"))

    assert not result.valid
    assert seconds < 3.0


@pytest.mark.parametrize(
    "entry",
    [
        "  - {{id: n{0}, kind: nope}}",
        "  - {{id: n{0}, kind: llm}}",
        "  - {{id: n{0}, kind: llm, prompt: [], writes: {{}}}}",
        "  - n{0}",
        "  - {{id: n{0}, kind: map, over: x, body: {{state: {{a: {{type: string, enum: [[], {{}}]}}}}}}}}",
    ],
)
def test_thousands_of_misshapen_nodes_are_told_in_part_and_fast(entry: str) -> None:
    nodes = "\n".join(entry.format(number) for number in range(20_000))

    result, seconds = checked(f"version: 1\nname: x\nnodes:\n{nodes}\n")

    assert 0 < len(result.diagnostics) <= MOST_ERRORS
    assert seconds < 5
