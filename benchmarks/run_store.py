"""What the run store costs: recording beside a run, listing many runs, and the dashboard's sums over many steps.

    python -m benchmarks.run_store [--runs 100000] [--steps 1000000] [--rounds 5] [--pairs 25]

Recording: CPU time of the whole process for 200 concurrent chains of 10 nodes, with the store and without, which of
them first drawn by lot. A side takes a tenth of a second, and what disturbs it only adds to it: so the first
quartiles of both are compared, and the median of the ratios stands beside. Both sides keep the engine's own
checkpoints, each step on disk before the next; `on` adds the run store with its journal, all of it in the database at
the end. One run goes before the clock, as tables are made once in a store's life. Reading: wall time of one answer,
the median of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from benchmarks.engine_overhead import Stub
from chat_app.engine.manager import RunManager
from chat_app.tracing import costs, database, found
from chat_app.tracing.call_rows import CallRow, add_calls, call_rows
from chat_app.tracing.query import ask
from chat_app.tracing.run_store import RunStore
from chat_app.tracing.step_row import Call, FinishedStep, StoredStep
from chat_app.tracing.step_rows import FinishedRow, add_finished, finished_rows, put_steps
from chat_app.tracing.tables import RUNS
from chat_app.tracing.writer import refold
from chat_app.workflow.check import CheckResult, check

CHAINS, NODES = 200, 10
RECORDING_GOAL, LISTING_GOAL, SUMS_GOAL = 1.10, 0.100, 1.0
DAY = 86_400.0
NOW = 1_800_000_000.0
BY_DAY = "SELECT date_trunc('day', started_at) AS day, count(*), avg(seconds) FROM steps GROUP BY day ORDER BY day"


def chain() -> CheckResult:
    """Ten nodes that call out, one after the other."""
    lines = [f"version: 1\nname: chain\nlimits: {{steps: {NODES * 2}}}\nstate:"]
    lines += [f"  f{n}: {{type: string}}" for n in range(NODES)]
    lines += [f"outputs: [f{NODES - 1}]", "nodes:"]
    for n in range(NODES):
        reads = "start" if n == 0 else f"{{{{ state.f{n - 1} }}}}"
        lines.append(f'  - {{id: n{n}, kind: llm, prompt: "{reads}", writes: [f{n}]}}')
    found = check("\n".join(lines))
    assert found.valid, found.diagnostics
    return found


async def all_chains(checked: CheckResult, folder: Path, store: RunStore | None) -> float:
    """CPU seconds of all chains, with what was recorded on disk at the end."""
    manager = RunManager(Stub(), folder, store)
    await several(manager, checked, store, 1)
    gc.collect()
    before = time.process_time()
    await several(manager, checked, store, CHAINS)
    took = time.process_time() - before
    await manager.close()
    if store is not None:
        store.close()
    return took


async def several(manager: RunManager, checked: CheckResult, store: RunStore | None, count: int) -> None:
    """So many runs at once, to their ends."""

    async def one() -> None:
        async for _ in manager.subscribe(await manager.start(checked, {}), 10):
            pass

    await asyncio.gather(*(one() for _ in range(count)))
    if store is not None:
        store.flush()


def recording(pairs: int) -> None:
    """Prints what recording costs."""
    checked, lots = chain(), random.Random(0)
    taken: dict[str, list[float]] = {"off": [], "on": []}
    for number in range(pairs + 1):
        for side in lots.sample(list(taken), 2):
            with tempfile.TemporaryDirectory() as folder:
                store = RunStore(Path(folder) / "runs.sqlite") if side == "on" else None
                seconds = asyncio.run(all_chains(checked, Path(folder), store))
            if number:
                taken[side].append(seconds)
    off, on = (statistics.quantiles(taken[side], n=4)[0] for side in ("off", "on"))
    report(f"recording {CHAINS} chains of {NODES}", on / off, RECORDING_GOAL, "times")
    each, median = 1e6 / CHAINS / NODES, statistics.median(on / off for off, on in zip(*taken.values(), strict=True))
    print(f"    a step: off {off * each:.1f} us, on {on * each:.1f} us; median of the ratios {median:.3f}")  # noqa: T201


def filled(folder: Path, runs: int, steps: int) -> Engine:
    """A store of many runs over 90 days, with their steps and what they used."""
    engine = database.open_for_writing(database.url_of(folder / "runs.sqlite"), refold)
    each = max(steps // runs, 1)
    with engine.begin() as connection:
        for start in range(0, runs, 5_000):
            numbers = range(start, min(start + 5_000, runs))
            connection.execute(RUNS.insert(), [run_row(n, runs) for n in numbers])
            put_steps(connection, [failed_step(n, runs) for n in numbers if fails(n)])
            add_finished(connection, [row for n in numbers for row in finished(n, each, runs)])
            add_calls(connection, [row for n in numbers for row in calls(n, each, runs)])
        connection.exec_driver_sql("ANALYZE")
    return engine


def _at(n: int, runs: int) -> float:
    return NOW - 90 * DAY * (1 - n / runs)


def run_row(n: int, runs: int) -> dict[str, Any]:
    """One run."""
    return {
        "run_id": _run_id(n),
        "owner": f"owner{n % 7}",
        "workflow": f"workflow{n % 20}",
        "text_sha256": "ab" * 32,
        "model": f"openai/model{n % 5}",
        "simulated": 0,
        "state": "failed" if fails(n) else "finished",
        "message": "It broke." if fails(n) else "",
        "started_at": _at(n, runs),
        "ended_at": _at(n, runs) + 3,
        "next_offset": 50,
        "steps": 10,
        "calls": 1,
        "tokens_in": 100,
        "tokens_out": 50,
        "cost_usd": 0.01 if n % 9 else None,
        "simulated_calls": 0,
    }


def fails(n: int) -> bool:
    """Whether the first node of a run does."""
    return n % 17 == 0


def _run_id(n: int) -> str:
    return f"{n * 2654435761 % 2**32:08x}{n:08x}"


def failed_step(n: int, runs: int) -> StoredStep:
    """The first step of a run that failed."""
    cause = ("rate_limit", "timeout", "server_error")[n % 3]
    about = _run_id(n), "node0#1", f"workflow{n % 20}", "node0", "llm", None
    return StoredStep(*about, "failed", _at(n, runs), 0.5, 1, cause, "It broke.")


def finished(n: int, steps: int, runs: int) -> Iterator[FinishedRow]:
    """The other steps of a run."""
    told: list[FinishedStep] = []
    for k in range(int(fails(n)), steps):
        began, took = _at(n, runs) + k * 0.1, 0.05 + (n * 31 + k) % 97 / 100
        told.append((f"node{k}#1", f"node{k}", ("llm", "template", "http")[k % 3], None, began, took, 1, "", False))
    return finished_rows(_run_id(n), f"workflow{n % 20}", 1, told)


def calls(n: int, steps: int, runs: int) -> Iterator[CallRow]:
    """What the steps of a run used."""
    told: list[Call] = []
    for k in range(steps):
        about = 5 + k, _at(n, runs) + k * 0.1, f"node{k}#1", f"node{k}", f"openai/model{n % 5}"
        told.append((*about, 100, 50, 0.01 if n % 9 else None, False))
    return call_rows(_run_id(n), "run", f"workflow{n % 20}", told)


def reading(runs: int, steps: int, rounds: int) -> None:
    """Prints what answers over a large store cost."""
    with tempfile.TemporaryDirectory() as folder:
        filled(Path(folder), runs, steps).dispose()
        engine = database.open_for_reading(database.url_of(Path(folder) / "runs.sqlite"))
        middle = run_row(runs // 2, runs)
        pages: dict[str, tuple[float, Callable[[Connection], object]]] = {
            f"first page of {runs:,} runs": (LISTING_GOAL, lambda file: found.runs(file, {}, 100)),
            "an owner's page": (LISTING_GOAL, lambda file: found.runs(file, {"owner": "owner3"}, 100)),
            "the failed ones": (LISTING_GOAL, lambda file: found.runs(file, {"state": "failed"}, 100)),
            "a page in the middle": (
                LISTING_GOAL,
                lambda file: found.runs(file, {}, 100, (middle["started_at"], middle["run_id"])),
            ),
            f"durations over {steps:,} steps": (SUMS_GOAL, lambda file: ask(file, "FROM durations")),
            f"failures over {steps:,} steps": (SUMS_GOAL, lambda file: ask(file, "FROM failures")),
            f"steps by day, over {steps:,}": (SUMS_GOAL, lambda file: ask(file, BY_DAY)),
            f"costs by model over {steps:,} calls": (SUMS_GOAL, lambda file: costs.by(file, "model")),
            f"costs by day over {steps:,} calls": (SUMS_GOAL, lambda file: costs.by(file, "day")),
            f"a month's sum over {steps:,} calls": (SUMS_GOAL, lambda file: costs.total(file, NOW - 30 * DAY)),
        }
        for name, (goal, query) in pages.items():
            report(name, statistics.median(timed(engine, query) for _ in range(rounds)), goal, "s")
        engine.dispose()


def timed(engine: Engine, query: Callable[[Connection], object]) -> float:
    """Seconds of one answer, the opening of the file included."""
    before = time.perf_counter()
    with engine.connect() as connection:
        query(connection)
    return time.perf_counter() - before


def report(name: str, value: float, goal: float, unit: str) -> None:
    """One line."""
    print(f"{name:38} {value:8.3f} {unit:6} goal {goal:.3f}   {'ok' if value <= goal else 'MISSED'}")  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=25)
    chosen = parser.parse_args()
    recording(chosen.pairs)
    reading(chosen.runs, chosen.steps, chosen.rounds)
