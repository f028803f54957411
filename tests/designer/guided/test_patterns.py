"""Every pattern, with every option of its slots, becomes a workflow that checks, passes its tests and dry-runs."""

from __future__ import annotations

from itertools import islice, product
from typing import Any

import pytest

from chat_app.designer.guided.building import build
from chat_app.designer.guided.interview import default_of, is_open, names_of
from chat_app.designer.guided.patterns import Pattern, Slot, load_patterns
from chat_app.designer.guided.steps import load_steps
from chat_app.designer.guided.values import read_answer
from chat_app.engine.dry_run import dry_run
from chat_app.engine.testing import run_tests
from tests.designer.guided.conftest import HERE, check

PATHS = 40
"""The most paths through one pattern that are built."""

READY = [pattern for pattern in load_patterns() if set(pattern.needs) <= HERE.tools.keys()]
patterns = pytest.mark.parametrize("pattern", READY, ids=lambda pattern: pattern.id)


def answers(slot: Slot) -> list[Any]:
    """The values that a slot's options give."""
    if slot.ask is None:
        return [default_of(slot)]
    texts = [slot.default, *(option.value for option in slot.options)]
    if slot.kind == "yes_no":
        texts += ["yes", "no"]
    values = [read_answer(slot, text) for text in dict.fromkeys(texts) if text]
    return [value for number, value in enumerate(values) if value not in values[:number]]


def paths(pattern: Pattern) -> list[dict[str, Any]]:
    """Values for the slots: each option at least once, and products as far as the bound."""
    choices = {slot.id: answers(slot) for slot in pattern.slots}
    first = {name: values[0] for name, values in choices.items()}
    single = [{**first, name: value} for name, values in choices.items() for value in values]
    every = [dict(zip(choices, values, strict=True)) for values in islice(product(*choices.values()), PATHS)]
    found: list[dict[str, Any]] = []
    for values in (*single, *every):
        if values not in found:
            found.append(values)
    return found


@patterns
def test_every_answer_is_understood(pattern: Pattern) -> None:
    for slot in pattern.slots:
        assert slot.default, f"{slot.id} has no default"
        for text in (slot.default, *(option.value for option in slot.options)):
            assert read_answer(slot, text) is not None, f"{slot.id}: {text}"
        if slot.ask is not None:
            assert slot.why, f"{slot.id} does not say why it asks"
            assert is_open(pattern, slot, {}) or slot.when


@patterns
def test_every_path_checks_without_findings(pattern: Pattern) -> None:
    for values in paths(pattern):
        built = build(pattern, values, dict.fromkeys(values, "answered"))
        assert not built.failed, (values, built.problems)
        assert check(built.text).faults == (), values


@patterns
async def test_every_option_passes_its_tests_and_is_walked_whole(pattern: Pattern) -> None:
    choices = {slot.id: answers(slot) for slot in pattern.slots}
    ends = (
        {name: values[0] for name, values in choices.items()},
        {name: values[-1] for name, values in choices.items()},
    )
    for values in ends:
        checked = check(build(pattern, values, {}).text)
        outcomes = await run_tests(checked)
        assert outcomes, "a pattern holds a test of itself"
        assert [outcome for outcome in outcomes if not outcome.passed] == [], values
        report = await dry_run(checked)
        assert report.complete, (values, report.lines())


@patterns
def test_the_pattern_is_well_described(pattern: Pattern) -> None:
    assert len(pattern.asks) >= 6
    assert pattern.description.endswith(".")
    steps = {step.id for step in load_steps()}
    assert set(pattern.covers) <= steps | {"each", "route", "research", "parallel", "find", "score"}


@patterns
def test_what_a_person_writes_is_never_run_as_a_template(pattern: Pattern) -> None:
    for slot in pattern.slots:
        if slot.kind in ("text", "choice", "topic") and slot.other and slot.ask:
            values = {slot.id: read_answer(slot, "{{ state.secret }} {% if x %} {# note #}")}
            built = build(pattern, values, {})
            assert "secret" not in names_of(pattern.slots, {}).values()
            assert check(built.text).valid, built.problems


def test_families_are_few_and_titles_are_unique() -> None:
    titles = [pattern.title for pattern in load_patterns()]
    assert len(set(titles)) == len(titles)
    assert len({pattern.family for pattern in load_patterns()}) <= 14
