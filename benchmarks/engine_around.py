"""What lies around the engine: recording on and off, a page that watches, compiling, the first event.

    python -m benchmarks.engine_around [--rounds 7]

Ratios of CPU time in one run, in turn. The last rows have bounds in milliseconds: the first event by the clock,
compiling and checking by CPU time.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import workflows
from benchmarks.measuring.pairs import GOALS_MISSED, Case, pair, verdict
from benchmarks.measuring.workflows import NODES, Stub
from chat_app.engine.compiler import compile_workflow
from chat_app.engine.manager import RunManager
from chat_app.events.record import Recorder
from chat_app.events.run import Recorded, RunFinished
from chat_app.tracing.run_store import RunStore
from chat_app.ui.runs import RunWatch
from chat_app.workflow.check import CheckResult, check

RUNS = 5
LONG = 60.0
"""Seconds in which events gather for who only waits for the end."""


def saved_run(manager: RunManager, checked: CheckResult, *, watched: bool = False) -> Case:
    """A few durable runs; `watched` as the page does it, else only waited for."""

    async def run() -> None:
        for _ in range(RUNS):
            run_id = await manager.start(checked, {})
            watch = RunWatch(manager, run_id) if watched else None
            last: Recorded | None = None
            async for lot in manager.watch(run_id, pause=LONG):
                last = lot[-1]
            assert last is not None
            assert isinstance(last.event, RunFinished)
            if watch is not None:
                await watch.ended()
                assert watch.view.status == "done"

    return run


async def recording(rounds: int, folder: Path) -> None:
    """Runs with and without the run store."""
    checked = workflows.chain("llm")

    def manager(name: str, recorder: Recorder | None) -> RunManager:
        (folder / name).mkdir()
        return RunManager(Stub(), folder / name, recorder)

    store = RunStore(folder / "runs.sqlite")
    without, with_store = manager("without", None), manager("with", store)
    base = ("off", saved_run(without, checked))
    recorded = saved_run(with_store, checked)
    parts = NODES * RUNS
    await pair("recording on, against off", base, recorded, goal=1.1, parts=parts, rounds=rounds)
    watched = saved_run(without, checked, watched=True)
    await pair("watched by the page, against unwatched", base, watched, goal=1.05, parts=parts, rounds=rounds)
    await without.close()
    await with_store.close()
    store.close()


def timed(name: str, work: Callable[[], object], bound: float) -> None:
    """A row by CPU time, which a busy machine does not stretch."""
    taken = []
    for _ in range(5):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    seconds = statistics.median(taken)
    if seconds > bound:
        GOALS_MISSED.append(name)
    told = "ok" if seconds <= bound else "MISSED"
    print(f"{name:44} {seconds * 1000:8.1f} ms   bound {bound * 1000:.0f} ms   {told}", flush=True)  # noqa: T201


async def first_event(folder: Path) -> None:
    """From the call to start to the first event, where the workflow was run before."""
    checked = workflows.chain("llm")
    manager = RunManager(Stub(), folder)
    taken = []
    for _ in range(6):
        began = time.perf_counter()
        run_id = await manager.start(checked, {})
        async for _ in manager.subscribe(run_id):
            taken.append(time.perf_counter() - began)
            break
        async for _ in manager.subscribe(run_id):
            pass
    await manager.close()
    timed_of = statistics.median(taken[1:])
    told = "ok" if timed_of <= 0.1 else "MISSED"
    name = "from Run to the first event, warm"
    print(f"{name:44} {timed_of * 1000:8.1f} ms   bound 100 ms   {told}")  # noqa: T201
    if timed_of > 0.1:
        GOALS_MISSED.append(name)


async def main(rounds: int) -> None:
    """All rows."""
    with tempfile.TemporaryDirectory() as folder:
        await recording(rounds, Path(folder))
        (Path(folder) / "first").mkdir()
        await first_event(Path(folder) / "first")
    thousand = workflows.chain("llm", 1_000)
    assert thousand.workflow is not None
    big = thousand.workflow
    timed("compile 1,000 nodes, graph included", lambda: compile_workflow(big).graph.compile(), 1.0)  # noqa: PLW0108 - anew each time
    text = thousand.text
    timed("check 1,000 nodes", lambda: check(text), 1.0)
    verdict()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    asyncio.run(main(parser.parse_args().rounds))
