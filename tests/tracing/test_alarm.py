"""When the record's writer begins: at once for who waits, else when news has gathered, whoever it comes from."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chat_app.events.run import Recorded, RunStarted, Token
from chat_app.tracing.alarm import Alarm
from chat_app.tracing.run_store import RunStore

LONG = 600.0
SHORT = 0.01
PATIENCE = 30.0


@contextmanager
def asleep(alarm: Alarm, seconds: float, goes_on: Callable[[], bool] = lambda: False) -> Iterator[threading.Thread]:
    """A thread that sleeps; it has been woken at the end."""
    thread = threading.Thread(target=alarm.sleep, args=(seconds, goes_on), daemon=True)
    thread.start()
    yield thread
    thread.join(PATIENCE)
    assert not thread.is_alive()


async def came(alarm: Alarm, seconds: float) -> None:
    alarm.came(seconds)


def test_who_waits_is_heard_at_once() -> None:
    alarm = Alarm()
    with asleep(alarm, LONG):
        alarm.ring()
    with asleep(alarm, LONG, lambda: True):
        alarm.ring()


def test_news_of_a_loop_wakes_by_its_timer() -> None:
    alarm = Alarm()

    async def brings_news() -> None:
        with asleep(alarm, LONG) as thread:
            alarm.came(SHORT)
            await asyncio.to_thread(thread.join, PATIENCE)

    asyncio.run(brings_news())


def test_news_from_elsewhere_wakes_and_more_may_gather() -> None:
    alarm = Alarm()
    with asleep(alarm, SHORT):
        alarm.came(LONG)


def test_a_loop_that_has_ended_wakes_nobody_and_the_next_does() -> None:
    alarm = Alarm()
    asyncio.run(came(alarm, LONG))
    assert not alarm._news.is_set() and not alarm._hurry.is_set()

    async def brings_news() -> None:
        with asleep(alarm, LONG) as thread:
            alarm.came(SHORT)
            alarm.came(LONG)
            await asyncio.to_thread(thread.join, PATIENCE)

    asyncio.run(brings_news())


def test_while_it_goes_on_nobody_need_wake_it() -> None:
    with asleep(Alarm(), SHORT, lambda: True):
        pass


def test_what_begins_between_two_looks_is_seen() -> None:
    looks = iter([False, True])
    with asleep(Alarm(), SHORT, lambda: next(looks)):
        pass


def test_what_a_run_tells_by_the_way_is_written_while_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_app.tracing.run_store.GATHER_SECONDS", SHORT)
    store, other = RunStore(tmp_path / "runs.sqlite"), RunStore(tmp_path / "runs.sqlite")
    written = threading.Event()
    monkeypatch.setattr(store, "_well", written.set)
    entries = [Recorded(0, 1.0, RunStarted("w", "ab" * 32, "m", False, {}), "r1")]
    store.record(entries[0])
    store.flush()
    entries.append(Recorded(1, 2.0, Token("a#1", "a", "x"), "r1"))
    store.record(entries[1])
    while other.events("r1") != entries:
        assert written.wait(PATIENCE)
        written.clear()
    store.close()
    other.close()


def test_more_than_one_transaction_holds_is_written_for_who_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_app.tracing.run_store.GATHER_SECONDS", LONG)
    monkeypatch.setattr("chat_app.tracing.run_store.MOST_AT_ONCE", 2)
    store = RunStore(tmp_path / "runs.sqlite")

    async def records() -> None:
        for number in range(9):
            store.record(Recorded(0, 1.0, RunStarted("w", "ab" * 32, "m", False, {}), f"r{number}"))
            await asyncio.sleep(0)

    asyncio.run(records())
    # The loop that would have woken it has ended.
    store.flush()
    other = RunStore(tmp_path / "runs.sqlite")
    assert [len(other.events(f"r{number}")) for number in range(9)] == [1] * 9
    other.close()
    store.close()
