"""Following a run's log in lots: news gathers, the end comes at once, whichever thread the run lives in."""

from __future__ import annotations

import asyncio
import threading

from chat_app.engine.log import Emit, Lots, RunLog, one_by_one
from chat_app.events.run import Logged, RunFinished, RunStarted

STARTED = RunStarted("w", "0" * 64, "simulated", True, {})
LONG = 60.0
"""Seconds; no test waits so long."""


def followed(pause: float) -> tuple[Emit, Lots]:
    """A run that has just begun, and one who follows it."""
    log = RunLog("r", None)
    emit = log.open()
    emit(STARTED)
    return emit, log.follow(pause=pause)


async def test_what_comes_within_the_pause_comes_together_and_the_end_at_once() -> None:
    emit, lots = followed(LONG)
    async with asyncio.timeout(10):
        assert [entry.offset for entry in await anext(lots)] == [0]
        waiting = asyncio.ensure_future(anext(lots))
        for number in range(3):
            emit(Logged(str(number)))
            await asyncio.sleep(0)
        assert not waiting.done()
        emit(RunFinished({}, 0.0))
        assert [entry.offset for entry in await waiting] == [1, 2, 3, 4]
        assert [lot async for lot in lots] == []


async def test_after_the_pause_comes_what_there_is() -> None:
    emit, lots = followed(0.01)
    async with asyncio.timeout(10):
        await anext(lots)
        waiting = asyncio.ensure_future(anext(lots))
        emit(Logged("one"))
        emit(Logged("two"))
        assert [entry.offset for entry in await waiting] == [1, 2]
        await lots.aclose()


async def test_who_is_patient_hears_of_an_end_in_another_thread() -> None:
    emit, lots = followed(LONG)
    async with asyncio.timeout(10):
        await anext(lots)
        waiting = asyncio.ensure_future(anext(lots))
        await asyncio.sleep(0)
        other = threading.Thread(target=lambda: (emit(Logged("one")), emit(RunFinished({}, 0.0))))
        other.start()
        assert [entry.offset for entry in await waiting] == [1, 2]
        other.join()


async def test_one_by_one_are_all_events_of_earlier_and_of_now() -> None:
    log = RunLog("r", None)
    emit = log.open()
    for event in (STARTED, Logged("one"), RunFinished({}, 0.0)):
        emit(event)
    before = RunLog("r", None)
    before.open()(STARTED)
    heard = [entry.offset async for entry in one_by_one(log.follow(1, before.entries))]
    assert heard == [0, 1, 2]
