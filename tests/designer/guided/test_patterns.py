"""Every path through the slots of every pattern ends in a workflow that checks and is walked whole."""

from __future__ import annotations

from itertools import islice

import pytest

from chat_app.designer.guided.building import build
from chat_app.designer.guided.interview import is_open, names_of
from chat_app.designer.guided.patterns import Pattern, load_patterns
from chat_app.designer.guided.steps import load_steps
from chat_app.designer.guided.toolbox import equipped
from chat_app.designer.guided.values import read_answer
from chat_app.engine.dry_run import dry_run
from chat_app.engine.testing import run_tests
from tests.designer.guided.conftest import EQUIPPED, check
from tests.designer.guided.paths import NIGHT, paths, run_paths, starts_programs, structure

patterns = pytest.mark.parametrize("pattern", load_patterns(), ids=lambda pattern: pattern.id)


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
async def test_every_path_checks_and_is_walked_whole(pattern: Pattern) -> None:
    walked: set[str] = set()
    with equipped(EQUIPPED.tools):
        for values in paths(pattern):
            built = build(pattern, values, dict.fromkeys(values, "answered"))
            assert not built.failed, (values, built.problems)
            checked = check(built.text, EQUIPPED)
            assert checked.faults == (), values
            assert checked.workflow is not None
            if (same := structure(checked.workflow)) not in walked:
                walked.add(same)
                report = await dry_run(checked)
                assert report.complete, (values, report.lines())


@patterns
async def test_its_paths_pass_the_tests_that_they_bring(pattern: Pattern) -> None:
    tested: set[str] = set()
    with equipped(EQUIPPED.tools):
        # Where each run costs a process, the runs of every option are enough by day (test_pattern_runs.py).
        few = 1 if starts_programs(pattern) and not NIGHT else None
        for values in islice(run_paths(pattern), few):
            checked = check(build(pattern, values, {}).text, EQUIPPED)
            assert checked.workflow is not None
            if (same := structure(checked.workflow)) not in tested:
                tested.add(same)
                outcomes = await run_tests(checked)
                assert outcomes, "a pattern holds a test of itself"
                assert [outcome for outcome in outcomes if not outcome.passed] == [], values


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
