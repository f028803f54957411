"""Random workflows: the engine must do what the reference interpreter says is right, killed or not."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from chat_app.engine.channels import starting
from chat_app.engine.compiler import all_nodes, compile_workflow
from chat_app.engine.drive import Rest
from chat_app.engine.inputs import first_state
from chat_app.engine.position import steps_ended
from chat_app.engine.rehearsal import Rehearsal, answers_of
from chat_app.engine.rerun import taken_over
from chat_app.engine.told import followed, outcomes
from chat_app.events.rebuilt import Rebuilt, rebuilt
from chat_app.events.run import (
    Logged,
    ModelAsked,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    StepFailed,
    StepFinished,
    StepRetried,
    StepStarted,
)
from chat_app.workflow.edges import START
from chat_app.workflow.nodes import HumanNode
from tests.engine.drawing import Drawn, workflows
from tests.engine.playing import Ran, Told, Tries, as_failed, recorded
from tests.engine.reference import Interpreter, RunFails

GRAPHS = int(os.environ.get("WORKFLOW_CHAT_GRAPHS", "300"))
"""How many graphs are drawn; the nightly run draws more."""

SIDE_BY_SIDE = {"map": "[", "parallel": "/", "workflow": "/"}
"""The kinds whose parts may run at once, and how the ids of their parts go on."""


def drawn_often(graphs: int) -> Callable[[Any], Any]:
    return settings(
        max_examples=graphs, deadline=None, derandomize="WORKFLOW_CHAT_GRAPHS" not in os.environ, database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink], report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )  # fmt: skip


@pytest.mark.timeout(0 if "WORKFLOW_CHAT_GRAPHS" in os.environ else 400)
@drawn_often(GRAPHS)
@given(workflows())
def test_engine_does_what_the_reference_says(drawn: Drawn) -> None:
    interpreter, expected = judged(drawn)
    ran = Ran(drawn)
    rest = asyncio.run(ran.whole())
    event(type(rest.event).__name__)
    if expected is None:
        assert isinstance(rest.event, RunFailed), rest.event
        return
    assert isinstance(rest.event, RunFinished), rest.event
    assert as_failed(rest.state) == expected
    started = [happened.step for happened in ran.events if isinstance(happened, StepStarted)]
    failed = cut_short(ran.events)
    kept = reused(ran.events)
    apart = (*failed, *kept_whole(kept))
    assert _without(started, apart) == _without(interpreter.steps, apart)
    # A step that was tried again may find what a node like it has come to meanwhile.
    retried = [one.step for one in ran.events if isinstance(one, StepRetried) and one.step not in kept]
    tried = [step for step in interpreter.retried.elements() if step not in kept]
    assert _without(retried, apart) == _without(tried, apart)
    event("tried again" if retried else "not tried again")
    assert not asked_again(ran.events)
    if not any(isinstance(node, HumanNode) for node in all_nodes(drawn.workflow, drawn.results)):
        event("rehearsed too")
        assert as_failed(asyncio.run(rehearse(drawn)).state) == expected
    for place, rounds in interpreter.rounds.items():
        if not place.startswith(apart):
            assert _rounds(started, place, rounds) == [sorted(ids) for ids in rounds]
    told = rebuilt(recorded(ran.events))
    assert as_failed(told.state) == expected
    if not apart:
        assert picture(told) == interpreter.led
    event("positions are told" if led_to_by_what_was_told(drawn, ran) else "no position is told")
    again = Ran(drawn, before=taken_over(recorded(ran.events), None, simulated=True))
    assert as_failed(asyncio.run(again.whole()).state) == expected
    assert as_failed(rebuilt(recorded(again.events)).state) == expected
    # What failed has no result that could be taken over, nor has what was cut off by a failing item beside it.
    cut_off = any(step.startswith(failed) for step in started)
    assert set(again.asked) <= drawn.flaky or cut_off
    with_cache = Ran(drawn, cache=ran.cache)
    assert as_failed(asyncio.run(with_cache.whole()).state) == expected
    assert drawn.cached.isdisjoint(set(with_cache.asked) - drawn.flaky) or cut_off


@drawn_often(GRAPHS // 5)
@given(workflows(), st.lists(st.integers(1, 60), min_size=1, max_size=2), st.booleans())
def test_a_killed_run_comes_to_the_same_and_its_events_tell_it(drawn: Drawn, kills: list[int], relies: bool) -> None:
    interpreter, expected = judged(drawn)
    ran = Ran(drawn, kills=kills, relies=relies)
    rest = asyncio.run(ran.whole())
    event(f"{sum(isinstance(one, RunStarted) for one in ran.events)} stretches")
    if expected is None:
        assert isinstance(rest.event, RunFailed), rest.event
        return
    assert isinstance(rest.event, RunFinished), rest.event
    assert as_failed(rest.state) == expected
    told = rebuilt(recorded(ran.events))
    assert as_failed(told.state) == expected
    if not (cut_short(ran.events) or kept_whole(reused(ran.events))):
        assert picture(told) == interpreter.led
    assert not asked_again(ran.events)


def led_to_by_what_was_told(drawn: Drawn, ran: Ran) -> int:
    """How many positions need not be saved: the events lead to each of them from the one saved before."""
    level = compile_workflow(drawn.workflow, drawn.results).level
    told, base = 0, starting(first_state(drawn.workflow, {}))["position"]
    for position, saved, events in ran.reached:
        if saved:
            base = max(base, position, key=steps_ended)
        else:
            told += 1
            assert followed(level, base, outcomes(recorded(ran.events[:events]))) == position
    return told


def judged(drawn: Drawn) -> tuple[Interpreter, dict[str, Any] | None]:
    """What the reference comes to; None: the run fails."""
    interpreter = Interpreter(drawn.workflow, drawn.script, drawn.used)
    try:
        return interpreter, interpreter.run({})
    except RunFails:
        return interpreter, None


def cut_short(events: list[RunEvent]) -> tuple[str, ...]:
    """How the ids of steps begin that stand in a map, an item or a group that failed.

    How far the others had come when one made it fail is a matter of which was faster.
    """
    kinds = {happened.step: happened.kind for happened in events if isinstance(happened, StepStarted)}
    ended = [happened for happened in events if isinstance(happened, StepFailed)]
    inside = {one.step + SIDE_BY_SIDE[kinds[one.step]] for one in ended if kinds[one.step] in SIDE_BY_SIDE}
    beside = {one.step.rpartition("/")[0] + "/" for one in ended if "/" in one.step and not one.continues}
    return tuple(inside | beside)


def reused(events: list[RunEvent]) -> set[str]:
    """The steps that did nothing, as a node like them had come to its result before."""
    return {str(one.step) for one in events if isinstance(one, Logged) and one.text.startswith("Reused")}


def kept_whole(steps: set[str]) -> tuple[str, ...]:
    """How the ids of steps begin that a map did not run, as it is one of those that did nothing."""
    return tuple(f"{step}[" for step in steps)


def picture(told: Rebuilt) -> Counter[tuple[str, str]]:
    """The ways from nodes, by the nodes' own names, as the events tell them."""
    led: Counter[tuple[str, str]] = Counter()
    for (source, target), times in told.taken.items():
        if not source.endswith(START):
            led[source.rpartition("/")[2], target.rpartition("/")[2]] += times
    return led


def asked_again(events: list[RunEvent]) -> set[str]:
    """The steps that asked a model though they had come to their end before."""
    finished: set[str] = set()
    again: set[str] = set()
    for happened in events:
        if isinstance(happened, StepFinished):
            finished.add(happened.step)
        elif isinstance(happened, ModelAsked) and happened.step in finished:
            again.add(happened.step)
    return again


async def rehearse(drawn: Drawn) -> Rest:
    """The same run without checkpoints, where rounds need not be supersteps."""
    rehearsal = Rehearsal(compile_workflow(drawn.workflow, drawn.results))
    tries = Tries()
    model = Told(drawn, tries)
    return await rehearsal.run(first_state(drawn.workflow, {}), model, answer=answers_of({}), emit=tries.emit)


def _without(steps: list[str], beginnings: tuple[str, ...]) -> Counter[str]:
    return Counter(step for step in steps if not step.startswith(beginnings))


def _rounds(started: list[str], place: str, rounds: list[list[str]]) -> list[list[str]]:
    """A level's own steps, cut where the reference says that a round ends."""
    own = iter(step for step in started if step.rpartition("/")[0] == place.removesuffix("/"))
    return [sorted(next(own, "") for _ in ids) for ids in rounds]
