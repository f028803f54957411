"""Several recorders as one: each is told what it wants and nothing else, the store first."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from chat_app.engine.log import RunLog
from chat_app.events.record import SortingRecorder, Take
from chat_app.events.run import Recorded, RunEvent, RunFinished, RunStarted, StepFinished, Token, UsageReported
from chat_app.tracing.recorders import Recorders
from chat_app.tracing.run_store import RunStore

EVENTS: tuple[RunEvent, ...] = (
    RunStarted("w", "ab" * 32, "m", False, {}),
    Token("a#1", "a", "x"),
    UsageReported("a#1", "a", "m", 1, 2, 0.5),
    StepFinished("a#1", "a", {}, 0.1),
    RunFinished({}, 0.2),
)


class Keen(SortingRecorder):
    """Wants some kinds, or all."""

    def __init__(self, *kinds: type[RunEvent], takes: Take | None = None) -> None:
        self.heard: list[RunEvent] = []
        self.hears = dict.fromkeys(kinds, self._hear)
        self.takes = takes

    def _hear(self, entry: Recorded) -> None:
        self.heard.append(entry.event)


async def told_by_a_run(recorder: SortingRecorder) -> None:
    emit = RunLog("r1", recorder).open()
    for event in EVENTS:
        emit(event)
    # Where the store writes what outlives a kill.
    await asyncio.sleep(0)


async def test_each_hears_its_kinds_and_the_store_all(tmp_path: Path) -> None:
    store, rest = RunStore(tmp_path / "runs.sqlite"), Keen(RunFinished)
    money, both = Keen(UsageReported), Keen(UsageReported, StepFinished, RunFinished)
    await told_by_a_run(Recorders(store, [money, both, rest]))
    assert [entry.event for entry in store.events("r1")] == list(EVENTS)
    assert (money.heard, rest.heard) == ([EVENTS[2]], [EVENTS[4]])
    assert both.heard == [EVENTS[2], EVENTS[3], EVENTS[4]]
    store.close()


async def test_one_that_takes_all_is_told_after_the_store(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs.sqlite")
    seen: list[tuple[int, bool]] = []
    every = Keen(takes=lambda entry: seen.append((entry.offset, entry in store._gathered._came)))
    await told_by_a_run(Recorders(store, [every]))
    assert seen == [(place, True) for place in range(len(EVENTS))]
    store.close()


async def test_one_that_fails_costs_the_others_no_event_of_the_store(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(SortingRecorder):
        def __init__(self) -> None:
            self.hears = {UsageReported: self._break}

        def _break(self, entry: Recorded) -> None:
            raise OSError("no room")

    store = RunStore(tmp_path / "runs.sqlite")
    with caplog.at_level(logging.WARNING):
        await told_by_a_run(Recorders(store, [Broken()]))
    assert [entry.event for entry in store.events("r1")] == list(EVENTS)
    assert "The recorder failed at event 2 of run r1: no room" in caplog.text
    store.close()


async def test_an_event_told_by_hand_does_the_same() -> None:
    taken: list[Recorded] = []
    keen = Keen(Token, takes=taken.append)
    entries = [Recorded(place, 1.0, event, "r1") for place, event in enumerate(EVENTS)]
    for entry in entries:
        keen.record(entry)
    assert (taken, keen.heard) == (entries, [EVENTS[1]])
