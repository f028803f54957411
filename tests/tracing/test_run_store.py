"""The run store on a real file: nothing lost, nothing twice, nothing that fails a run."""

from __future__ import annotations

import asyncio
import logging
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_app.events.record import EventSource
from chat_app.events.run import (
    LimitReached,
    Recorded,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    RunWaiting,
    StepFinished,
    StepStarted,
    Token,
    UsageReported,
)
from chat_app.tracing.jobs import Told
from chat_app.tracing.journal import Journal, abandoned, left_in
from chat_app.tracing.lines import told
from chat_app.tracing.run_store import RunStore

ROOT = Path(__file__).parent.parent.parent
STARTED = RunStarted("triage", "ab" * 32, "openai/x", False, {"email": "hi"})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    made = RunStore(tmp_path / "deep" / "runs.sqlite")
    yield made
    made.close()


def record(store: RunStore, *events: RunEvent, run_id: str = "r1", first: int = 0) -> list[Recorded]:
    entries = [Recorded(first + place, 100.0 + place, event, run_id) for place, event in enumerate(events)]
    for entry in entries:
        store.record(entry)
    return entries


def used(cost: float | None, tokens: int | None = 5) -> UsageReported:
    return UsageReported("a#1", "a", "openai/x", tokens, tokens, cost)


def test_events_come_back_as_they_were(store: RunStore) -> None:
    entries = record(
        store, STARTED, StepStarted("a#1", "a", "llm"), Token("a#1", "a", "hello"), RunFinished({"x": 1}, 2.0)
    )
    assert store.events("r1") == entries
    assert store.events("r1", 2) == entries[2:]
    assert store.events("another") == []


def test_events_still_in_the_queue_are_seen(store: RunStore) -> None:
    entries = record(store, *[Token("a#1", "a", str(number)) for number in range(5_000)])
    assert store.events("r1") == entries


def test_it_is_an_event_source(store: RunStore) -> None:
    assert isinstance(store, EventSource)


def test_the_row_tells_the_run_at_a_glance(store: RunStore) -> None:
    store.owned("r1", "local")
    record(store, STARTED, StepFinished("a#1", "a", {}, 0.1), used(0.25), used(0.5), RunFinished({}, 2.0))
    (run,) = store.runs()
    assert (run.run_id, run.workflow, run.model, run.state, run.steps) == ("r1", "triage", "openai/x", "finished", 1)
    assert (run.started_at, run.ended_at, run.next_offset) == (100.0, 104.0, 5)
    assert (run.totals.calls, run.totals.tokens_in, run.totals.cost_usd) == (2, 10, 0.75)


def test_unknown_costs_stay_unknown(store: RunStore) -> None:
    record(store, STARTED, used(0.25), used(None, None))
    run = store.run("r1")
    assert run is not None
    assert (run.totals.cost_usd, run.totals.tokens_in) == (None, None)


@pytest.mark.parametrize(
    ("event", "state", "message"),
    [
        (RunFinished({}, 1.0), "finished", ""),
        (RunFailed("It broke.", "Mend it."), "failed", "It broke."),
        (RunFailed("half a \ud800 pair", ""), "failed", "half a ? pair"),
        (RunStopped("Stopped by the user."), "stopped", "Stopped by the user."),
        (RunWaiting(()), "waiting", ""),
        (LimitReached("steps", 5, "Too many steps."), "limit", "Too many steps."),
        (Token("a#1", "a", "x"), "running", ""),
    ],
)
def test_the_state_follows_the_events(store: RunStore, event: RunEvent, state: str, message: str) -> None:
    record(store, STARTED, event)
    run = store.run("r1")
    assert run is not None
    assert (run.state, run.message, run.ended_at is None) == (state, message, state == "running")


def test_a_resumed_run_goes_on_in_another_store(store: RunStore, tmp_path: Path) -> None:
    record(store, STARTED, used(0.25), RunWaiting(()))
    store.flush()
    other = RunStore(tmp_path / "deep" / "runs.sqlite")
    record(other, STARTED, used(0.5), RunWaiting(()), first=3)
    other.close()
    record(store, STARTED, used(1.0), RunFinished({}, 1.0), first=6)
    run = store.run("r1")
    assert run is not None
    assert (run.state, run.started_at, run.totals.cost_usd, len(store.events("r1"))) == ("finished", 100.0, 1.75, 9)


def test_an_event_recorded_twice_counts_once(store: RunStore) -> None:
    record(store, STARTED, used(0.25))
    store.flush()
    record(store, STARTED, used(0.25))
    run = store.run("r1")
    assert run is not None and run.totals.calls == 1
    assert len(store.events("r1")) == 2


def test_owners_see_their_own_runs_newest_first(store: RunStore) -> None:
    for number, owner in enumerate(["ann", "bob", "ann"]):
        store.owned(f"r{number}", owner)
        store.record(Recorded(0, float(number), STARTED, f"r{number}"))
    assert [run.run_id for run in store.runs("ann")] == ["r2", "r0"]
    assert [run.run_id for run in store.runs("ann", limit=1)] == ["r2"]
    assert store.runs("local") == []


def test_a_run_of_nobody_is_in_no_list_until_it_is_owned(store: RunStore) -> None:
    record(store, STARTED)
    assert store.runs("local") == [] and store.runs("") != store.runs("local")
    store.owned("r1", "local")
    assert [run.workflow for run in store.runs("local")] == ["triage"]


def test_an_empty_store_reads_as_empty(store: RunStore, tmp_path: Path) -> None:
    assert store.runs() == [] and store.run("r1") is None and store.events("r1") == []
    assert not (tmp_path / "deep").exists()


def test_close_writes_everything_and_a_later_event_opens_again(store: RunStore) -> None:
    entries = record(store, *[Token("a#1", "a", "x")] * 3_000)
    store.close()
    entries += record(store, RunFinished({}, 1.0), first=3_000)
    store.close()
    assert store.events("r1") == entries


def test_many_threads_record_without_loss(store: RunStore) -> None:
    together = threading.Barrier(6)

    def work(number: int) -> None:
        together.wait()
        record(store, STARTED, *[Token("a#1", "a", "x")] * 300, RunFinished({}, 1.0), run_id=f"r{number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(6):
        assert [entry.offset for entry in store.events(f"r{number}")] == list(range(302))
        run = store.run(f"r{number}")
        assert run is not None and run.state == "finished"


def test_a_value_too_deep_to_keep_leaves_no_gap(store: RunStore) -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    record(store, STARTED, RunFinished({"deep": deep}, 1.0), Token("a#1", "a", "x"))
    found = store.events("r1")
    assert [entry.offset for entry in found] == [0, 1, 2]
    assert "RunFinished could not be kept" in str(found[1].event)
    deep.clear()


def test_a_failing_disk_is_told_once_and_nothing_is_lost(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "runs.sqlite"
    path.mkdir()  # no file can be made here, as on a disk that fails
    store = RunStore(path)
    with caplog.at_level(logging.WARNING):
        first = record(store, STARTED)
        store.flush()
        second = record(store, Token("a#1", "a", "x"), first=1)
        assert store.events("r1") == first + second
        assert store.problem is not None
        assert [line.levelname for line in caplog.records] == ["ERROR"]
        path.rmdir()
        third = record(store, RunFinished({}, 1.0), first=2)
        store.flush()
    assert store.problem is None
    store.close()
    assert RunStore(path).events("r1") == first + second + third


def test_a_file_that_is_no_database_fails_no_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "runs.sqlite"
    path.write_bytes(b"this is no database" * 100)
    store = RunStore(path)
    record(store, STARTED)
    assert store.runs() == []
    assert store.problem is not None and "not recorded" in caplog.text
    store.close()
    assert path.read_bytes().startswith(b"this is no database")


def test_a_file_of_a_later_version_is_left_alone(store: RunStore, tmp_path: Path) -> None:
    record(store, STARTED)
    store.close()
    path = tmp_path / "deep" / "runs.sqlite"
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version=99")
    file.close()
    record(store, RunFinished({}, 1.0), first=1)
    store.flush()
    assert store.problem is not None and "later version" in store.problem


def test_a_locked_file_is_waited_for(store: RunStore, tmp_path: Path) -> None:
    record(store, STARTED)
    store.flush()
    other = sqlite3.connect(tmp_path / "deep" / "runs.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    record(store, RunFinished({}, 1.0), first=1)
    other.execute("COMMIT")
    other.close()
    store.flush()
    assert store.problem is None and len(store.events("r1")) == 2


RECORDS_FOR_EVER = """
import sys
from pathlib import Path
from chat_app.events.run import Recorded, RunStarted, Token
from chat_app.tracing.run_store import RunStore
store = RunStore(Path(sys.argv[1]))
store.record(Recorded(0, 0.0, RunStarted("w", "ab" * 32, "m", False, {}), "r1"))
for number in range(1, 10**9):
    store.record(Recorded(number, 0.0, Token("a#1", "a", "x" * 50), "r1"))
    if number % 50 == 0:
        store.flush()
        print(number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a matter of POSIX")
def test_a_kill_loses_no_flushed_event(tmp_path: Path) -> None:
    for lines in (1, 5, 9):
        path = tmp_path / str(lines) / "runs.sqlite"
        recorder = subprocess.Popen(
            [sys.executable, "-c", RECORDS_FOR_EVER, str(path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        assert recorder.stdout is not None
        said = [int(recorder.stdout.readline()) for _ in range(lines)]
        recorder.send_signal(signal.SIGKILL)
        rest, _ = recorder.communicate()
        flushed = max(said + [int(line) for line in rest.splitlines() if line.isdigit()][:-1])
        offsets = [entry.offset for entry in RunStore(path).events("r1")]
        assert offsets == list(range(len(offsets)))
        assert len(offsets) > flushed


FINISHES_STEPS = """
import sys
from pathlib import Path
from chat_app.events.run import Recorded, StepFinished, Token
from chat_app.tracing.run_store import RunStore
store = RunStore(Path(sys.argv[1]))
store.owned("r1", "ann")
for number in range(0, 10**9, 3):
    store.record(Recorded(number, 0.0, Token("a#1", "a", "x" * 50), "r1"))
    store.record(Recorded(number + 1, 0.0, Token("a#1", "a", "x" * 50), "r1"))
    store.record(Recorded(number + 2, 0.0, StepFinished(f"a#{number}", "a", {"x": 1}, 0.5), "r1"))
    print(number + 2, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a matter of POSIX")
def test_a_kill_at_any_moment_loses_no_finished_step(tmp_path: Path) -> None:
    for lines in (1, 40, 900, 2_500):
        path = tmp_path / str(lines) / "runs.sqlite"
        recorder = subprocess.Popen(
            [sys.executable, "-c", FINISHES_STEPS, str(path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        assert recorder.stdout is not None
        said = [recorder.stdout.readline() for _ in range(lines)]
        recorder.send_signal(signal.SIGKILL)
        rest, _ = recorder.communicate()
        finished = max(int(line) for line in said + rest.splitlines(keepends=True) if line.endswith("\n"))
        store = RunStore(path)
        offsets = [entry.offset for entry in store.events("r1")]
        assert offsets == list(range(len(offsets)))
        assert len(offsets) > finished
        run = store.run("r1")
        assert run is not None and (run.owner, run.steps) == ("ann", len(offsets) // 3)
        assert len(store.steps("r1")) == run.steps
        assert list(path.with_suffix(".unwritten").iterdir()) == []
        store.close()


ENDS_STEPS_IN_TURNS = """
import asyncio, os, signal, sys
from pathlib import Path
from chat_app.events.run import Recorded, RunStarted, StepFinished
from chat_app.tracing import run_store
run_store.GATHER_SECONDS = 600.0
store = run_store.RunStore(Path(sys.argv[1]))
async def main():
    loop = asyncio.get_running_loop()
    for number in range(50):
        event = StepFinished(f"a#{number}", "a", {}, 0.5) if number else RunStarted("w", "ab" * 32, "m", False, {})
        store.record(Recorded(number, 1.0, event, "r1"))
    # What a step leads to runs at the earliest where this does.
    loop.call_soon(os.kill, os.getpid(), signal.SIGKILL)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a matter of POSIX")
def test_all_steps_of_a_turn_are_kept_before_what_follows_them(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    killed = subprocess.run([sys.executable, "-c", ENDS_STEPS_IN_TURNS, str(path)], cwd=ROOT, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    store = RunStore(path)
    assert [entry.offset for entry in store.events("r1")] == list(range(50))
    assert len(store.steps("r1")) == 49
    store.close()


def left_behind(store: RunStore, *lines: str) -> Path:
    """A journal file of a process that is dead."""
    folder = store.place.with_suffix(".unwritten") if isinstance(store.place, Path) else Path()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "left.events"
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_what_a_killed_process_left_is_taken_up_once_though_some_was_written(store: RunStore) -> None:
    entries = record(store, STARTED, used(0.25))
    store.flush()
    heads = (
        '{"run_started":["workflow","text_sha256","model","simulated","inputs"]}\n{"token":["step","node","text"]}\n'
    )
    left = [
        heads,
        ">r1\n",
        f'["run_started",0,100.0,["triage","{"ab" * 32}","openai/x",false,{{"email":"hi"}}]]\n',
        '["token",1,101.0,["a#1","a","x"]]\n["token",2,102.0,["a#1","a","y"]]\n["token",3,1',
    ]
    store.close()
    path = left_behind(store, *left)
    assert store.events("r1") == [*entries, Recorded(2, 102.0, Token("a#1", "a", "y"), "r1")]
    run = store.run("r1")
    assert run is not None and run.totals.calls == 1 and not path.exists()


BEFORE_0004 = (
    f'r1\t0\t100.0\t{{"event":"run_started","workflow":"triage","text_sha256":"{"ab" * 32}","model":"openai/x",'
    '"simulated":false,"inputs":{"email":"hi"}}\n',
    'r1\t1\t101.0\t{"event":"token","step":"a#1","node":"a","text":"x"}\n',
)
BEFORE_0006 = (
    '{"run_started":["workflow","text_sha256","model","simulated","inputs"]}\n{"token":["step","node","text"]}\n',
    f'"r1"\n["run_started",0,100.0,["triage","{"ab" * 32}","openai/x",false,{{"email":"hi"}}]]\n',
    '["token",1,101.0,["a#1","a","x"]]\n"r2"\n["token",0,101.0,["a#1","a","y"]]\n',
)


@pytest.mark.parametrize("lines", [BEFORE_0004, BEFORE_0006])
def test_what_an_earlier_version_left_is_taken_up(store: RunStore, lines: tuple[str, ...]) -> None:
    left_behind(store, 'r1\t\t\t"ann"\n', *lines)
    (run,) = store.runs("ann")
    assert run.next_offset == 2
    assert [entry.event for entry in store.events("r1")] == [STARTED, Token("a#1", "a", "x")]


def told_one_by_one(entries: list[Recorded]) -> list[Told]:
    return [told([entry]) for entry in entries]


def test_a_reader_takes_up_no_file_of_its_own_process(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat_app.tracing.journal.SEGMENT_BYTES", 1)
    monkeypatch.setattr("chat_app.tracing.run_store.GATHER_SECONDS", 600.0)
    entries = record(store, STARTED, *[StepFinished("a#1", "a", {}, 0.1)] * 11)
    folder = tmp_path / "deep" / "runs.unwritten"
    # Full files that wait for the database; should this process die now, they are taken up in their order.
    assert [one for path in abandoned(folder) for one in left_in(path)] == told_one_by_one(entries)
    assert store._left() == []
    (folder / "other.events").touch()
    assert store._left() == [folder / "other.events"]
    assert store.events("r1") == entries and abandoned(folder) == []


def test_a_damaged_leftover_is_told_and_set_aside(store: RunStore, caplog: pytest.LogCaptureFixture) -> None:
    first = '{"token":["step","node","text"]}\n>r0\n["token",0,1.0,["a#1","a","x"]]\n'
    path = left_behind(store, first, "this is no line of a journal\n", '["token",1,1.0,["a#1","a","y"]]\n')
    entries = record(store, STARTED)
    assert store.events("r1") == entries
    assert [entry.event for entry in store.events("r0")] == [Token("a#1", "a", "x")]
    assert "can be read" in caplog.text and path.with_suffix(".damaged").exists() and not path.exists()


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        ("text", True),
        ("Müller \U0001f600", True),
        ({"a": [1, 2.5, None, True, {"b": "c"}]}, True),
        (2**70, False),
        (float("nan"), False),
        ([1.0, float("inf")], False),
        ("half a \ud800 pair", False),
        ({"a": ["half a \ud800 pair"]}, False),
        ({"a": (1, 2)}, False),
        ({1: "a"}, False),
        (b"bytes", False),
        ({"a": {1, 2}}, False),
    ],
)
def test_what_is_said_to_be_exact_comes_back_as_it_was(store: RunStore, value: object, exact: bool) -> None:
    assert store.exact(value) is exact
    record(store, StepFinished("a#1", "a", {"x": value}, 0.1))
    (entry,) = store.events("r1")
    assert isinstance(entry.event, StepFinished)
    if exact:
        assert entry.event.writes["x"] == value and repr(entry.event.writes["x"]) == repr(value)


async def test_it_says_when_all_is_kept_and_how_often_that_failed(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs.sqlite")
    record(store, STARTED, StepStarted("a#1", "a", "llm"))
    assert list((tmp_path / "runs.unwritten").glob("*.events")) == []
    assert await store.kept() == store.lost() == 0
    (file,) = (tmp_path / "runs.unwritten").glob("*.events")
    assert "step_started" in file.read_text(encoding="utf-8").splitlines()[-1]
    store.close()
    (tmp_path / "in the way").write_text("", encoding="utf-8")
    store = RunStore(tmp_path / "runs.sqlite", tmp_path / "in the way")
    record(store, STARTED)
    assert await store.kept() == store.lost() == 1
    assert await store.kept() == 1
    record(store, RunFinished({}, 1.0), first=1)
    assert await store.kept() == 2
    store.close()
    unkept = RunStore("sqlite:///nowhere", None)
    assert await unkept.kept() is unkept.lost() is None


async def test_steps_that_end_in_one_turn_are_written_at_once(store: RunStore, tmp_path: Path) -> None:
    record(store, STARTED, *[StepFinished(f"a#{number}", "a", {}, 0.1) for number in range(20)])
    assert list((tmp_path / "deep").glob("runs.unwritten/*.events")) == []
    await asyncio.sleep(0)
    (file,) = (tmp_path / "deep").glob("runs.unwritten/*.events")
    assert len([line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("[")]) == 21


def test_what_waits_for_the_database_is_dropped_from_the_disk(store: RunStore, tmp_path: Path) -> None:
    record(store, *[Token("a#1", "a", "x" * 20_000)] * 1_000, RunFinished({}, 1.0))
    store.flush()
    assert sum(path.stat().st_size for path in (tmp_path / "deep" / "runs.unwritten").iterdir()) < 8_000_000
    store.close()
    assert list((tmp_path / "deep" / "runs.unwritten").iterdir()) == []


def test_a_journal_that_cannot_be_written_fails_no_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "runs.unwritten").write_text("in the way", encoding="utf-8")
    store = RunStore(tmp_path / "runs.sqlite")
    entries = record(store, STARTED, StepFinished("a#1", "a", {}, 0.1), RunFinished({}, 1.0))
    assert store.events("r1") == entries and store.problem is None
    assert caplog.text.count("not kept against a kill") == 1
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX's")
def test_what_a_full_disk_cuts_short_leaves_a_journal_that_can_be_read(tmp_path: Path) -> None:
    import resource

    journal = Journal(tmp_path)
    steps = [Recorded(place, 1.0, StepFinished(f"a#{place}", "a", {}, 0.1), "r1") for place in range(3)]

    def write(step: Recorded) -> None:
        journal.write(told([step]), [])

    write(steps[0])
    (path,) = tmp_path.iterdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 9, before[1]))
    try:
        write(steps[1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    write(steps[2])
    assert [entry for one in left_in(path) if isinstance(one, Told) for entry in one.entries] == [steps[0], steps[2]]
    journal.close(done=True)


def test_what_was_recorded_is_written_even_if_nobody_closes(tmp_path: Path) -> None:
    text = RECORDS_FOR_EVER.replace("10**9", "777").replace("store.flush()", "pass")
    subprocess.run(
        [sys.executable, "-c", text, str(tmp_path / "runs.sqlite")], cwd=ROOT, check=True, capture_output=True
    )
    assert len(RunStore(tmp_path / "runs.sqlite").events("r1")) == 777


def test_recording_costs_the_run_next_to_nothing(store: RunStore) -> None:
    entry = Recorded(0, 0.0, Token("a#1", "a", "x"), "r1")
    started = time.thread_time()
    for _ in range(10_000):
        store.record(entry)
    assert time.thread_time() - started < 0.5
