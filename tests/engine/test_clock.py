"""A clock that is set back or forward, within a run and between its stretches: order, durations and results hold."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from langgraph.checkpoint.base import id as checkpoint_ids

from chat_app.chat_models.errors import RequestRefused
from chat_app.engine.spent import spent_by
from chat_app.events.run import RunFailed, RunFinished, RunWaiting
from chat_app.tracing.keep import Keep
from chat_app.tracing.retention import prune
from chat_app.tracing.run_store import RunStore
from tests.engine.conftest import KeptEvents, Make, ToldModel, checked, events_of

DAY = 86_400.0
YEARS = 14 * 365 * DAY


class Clock:
    """What the machine's clock shows, wherever the program and its libraries read it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.off = 0.0
        real, real_ns = time.time, time.time_ns
        monkeypatch.setattr(time, "time", lambda: real() + self.off)
        monkeypatch.setattr(time, "time_ns", lambda: real_ns() + int(self.off * 1e9))
        # What a new process begins with: the ids of checkpoints rise with the clock of one process alone.
        self._forget: Callable[[], None] = lambda: monkeypatch.setattr(checkpoint_ids, "_last_v6_timestamp", None)

    def set(self, seconds: float) -> None:
        """So far beside the true time, in a process that begins now."""
        self.off = seconds
        self._forget()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


ASKS_TWICE = """
state: {a: {type: string}, b: {type: string}, first: {type: string}, second: {type: string}, end: {type: string}}
outputs: [a, b, first, second, end]
nodes:
  - {id: one, kind: llm, prompt: One, writes: [a]}
  - {id: two, kind: llm, prompt: Two, writes: [b]}
  - {id: ask, kind: human, ask: "{{ state.a }}{{ state.b }}?", writes: [first]}
  - {id: more, kind: llm, prompt: "More {{ state.first }}", writes: [end]}
  - {id: again, kind: human, ask: "{{ state.end }}?", writes: [second]}
edges:
  - {from: START, to: [one, two]}
  - {from: one, to: ask}
  - {from: two, to: ask}
  - {from: ask, to: more}
  - {from: more, to: again}
  - {from: again, to: END}
"""


@pytest.mark.parametrize("jumps", [(-DAY, -2 * DAY), (DAY, 0.0), (-YEARS, YEARS), (YEARS, 0.0)])
async def test_a_run_goes_on_where_it_was_whatever_the_clock_shows(
    make: Make, clock: Clock, jumps: tuple[float, float]
) -> None:
    model, recorder = ToldModel(lambda request: request.messages[-1].content), KeptEvents()
    manager = make(model, recorder)
    run_id = await manager.start(checked(ASKS_TWICE), {})
    assert isinstance((await events_of(manager, run_id))[-1], RunWaiting)
    for jump, answers in zip(jumps, ({"ask": {"first": "yes"}}, {"again": {"second": "no"}}), strict=True):
        clock.set(jump)
        manager = make(model, recorder)
        await manager.answer(run_id, answers)
        last = (await events_of(manager, run_id))[-1]
    assert isinstance(last, RunFinished)
    assert last.outputs == {"a": "One", "b": "Two", "first": "yes", "second": "no", "end": "More yes"}
    assert sorted(request.messages[-1].content for request in model.asked) == ["More yes", "One", "Two"]
    assert [entry.offset for entry in recorder.entries] == list(range(len(recorder.entries)))


SIDE_BY_SIDE = """
state: {a: {type: string}, b: {type: string}, c: {type: string}, d: {type: string}, n: {type: string}}
outputs: [a, b, c, d, n]
nodes:
  - {id: one, kind: llm, prompt: One, writes: [a]}
  - {id: two, kind: llm, prompt: Two, writes: [b]}
  - {id: three, kind: llm, prompt: "Three {{ state.a }}", writes: [c]}
  - {id: four, kind: llm, prompt: "Four {{ state.b }}", writes: [d]}
  - {id: five, kind: llm, prompt: "Five {{ state.c }}{{ state.d }}", writes: [n]}
edges:
  - {from: START, to: [one, two]}
  - {from: one, to: three}
  - {from: two, to: four}
  - {from: three, to: five}
  - {from: four, to: five}
  - {from: five, to: END}
"""


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("jump", [-DAY, DAY])
async def test_a_resume_after_the_clock_was_set_repeats_nothing(
    make: Make, clock: Clock, jump: float, recorded: bool
) -> None:
    down = {"One": 0, "Two": 1, "Three One": 0, "Four Two": 1, "Five Three OneFour Two": 0}
    finished: list[str] = []

    def answer(request: object) -> str | RequestRefused:
        said = request.messages[-1].content  # type: ignore[attr-defined]
        if down[said]:
            down[said] -= 1
            return RequestRefused("down", help="")
        finished.append(said)
        return said

    recorder = KeptEvents() if recorded else None
    manager = make(ToldModel(answer), recorder)
    run_id = await manager.start(checked(SIDE_BY_SIDE), {})
    assert isinstance((await events_of(manager, run_id))[-1], RunFailed)
    for times in (1, 2):
        clock.set(jump * times)
        manager = make(ToldModel(answer), recorder)
        await manager.resume(run_id)
        last = (await events_of(manager, run_id))[-1]
    assert isinstance(last, RunFinished)
    assert sorted(finished) == sorted(down)


async def test_a_clock_that_jumps_within_a_run_makes_no_time_negative(
    make: Make, clock: Clock, tmp_path: Path
) -> None:
    store = RunStore(tmp_path / "record" / "runs.sqlite")
    jumps = iter([0.0, -DAY, 3 * DAY, -YEARS, 0.0])

    def answer(request: object) -> str:
        clock.off = next(jumps)
        return "x"

    manager = make(ToldModel(answer), store)
    run_id = await manager.start(checked(SIDE_BY_SIDE), {})
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)
    entries = store.events(run_id)
    times = [entry.at for entry in entries]
    assert times == sorted(times)
    stored = store.run(run_id)
    assert stored is not None and stored.ended_at is not None and stored.ended_at >= stored.started_at
    assert all(step.seconds is not None and 0 <= step.seconds < 60 for step in store.steps(run_id))
    # Time that was used is measured by a clock that nobody sets.
    assert 0 <= manager.status(run_id).spent["seconds"] < 60
    assert spent_by(entries).seconds >= 0
    store.close()


async def test_a_run_that_ends_before_it_began_by_the_clock_took_no_negative_time(
    make: Make, clock: Clock, tmp_path: Path
) -> None:
    store = RunStore(tmp_path / "record" / "runs.sqlite")
    model = ToldModel(lambda request: "x")
    manager = make(model, store)
    run_id = await manager.start(checked(ASKS_TWICE), {})
    await events_of(manager, run_id)
    clock.set(-YEARS)
    manager = make(model, store)
    await manager.answer(run_id, {"ask": {"first": "yes"}})
    await events_of(manager, run_id)
    await manager.answer(run_id, {"again": {"second": "yes"}})
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)
    stored = store.run(run_id)
    assert stored is not None and stored.ended_at is not None and stored.ended_at >= stored.started_at
    assert spent_by(store.events(run_id)).seconds >= 0
    store.close()


async def test_whether_a_process_lives_is_asked_of_no_clock(make: Make, clock: Clock) -> None:
    model = ToldModel(lambda request: "x")
    ours, theirs = make(model), make(model)
    run_id = await ours.start(checked(ASKS_TWICE), {})
    await events_of(ours, run_id)
    # As if it still ran there.
    await ours._rows.save(replace(ours.status(run_id), state="running"))
    for jump in (-YEARS, YEARS):
        clock.set(jump)
        assert theirs.status(run_id).state == "running"
        assert make(model).runs()[0].state == "running"
    await ours.close()
    assert theirs.status(run_id).state == "interrupted"


async def test_a_clock_that_was_set_back_lets_nothing_be_forgotten_too_early(
    make: Make, clock: Clock, tmp_path: Path
) -> None:
    store = RunStore(tmp_path / "record" / "runs.sqlite")
    run_ids = []
    for jump in (-3 * DAY, 0.0, YEARS):
        clock.set(jump)
        manager = make(ToldModel(lambda request: "x"), store)
        run_ids.append(await manager.start(checked(SIDE_BY_SIDE), {}))
        await events_of(manager, run_ids[-1])
    store.flush()
    forgotten = []
    for jump in (-YEARS, 0.0, 2 * DAY):
        clock.set(jump)
        engine = store.for_upkeep()
        forgotten.append(list(prune(engine, Keep(days=1.0, megabytes=None)).runs))
        engine.dispose()
    assert forgotten == [[], run_ids[:1], run_ids[1:2]]
    assert [run.run_id for run in store.runs()] == run_ids[2:]
    store.close()
