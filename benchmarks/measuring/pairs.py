"""Two ways to do one thing, in turn, by CPU time; the median of their ratios is what is judged.

Which side begins a round is drawn by lot, always the same lots. What comes every so many rounds, as a database that
copies its log, would else fall on one side alone.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence

Case = Callable[[], Awaitable[object]]
GOALS_MISSED: list[str] = []
"""The rows that missed their goal, for the end of a report."""


async def cpu_seconds(case: Case) -> float:
    """The CPU time of the whole process for one round of a case."""
    gc.collect()
    before = time.process_time()
    await case()
    return time.process_time() - before


async def pair(
    name: str,
    base: tuple[str, Case],
    ours: Case,
    *,
    goal: float,
    parts: int,
    rounds: int,
    also: Sequence[tuple[str, Case]] = (),
) -> float:
    """Prints a row: microseconds per part for both sides and for what stands beside them, the ratio, the goal."""
    named = {base[0]: base[1], "engine": ours, **dict(also)}
    times: dict[str, list[float]] = {side: [] for side in named}
    for case in named.values():
        await case()
    lots = random.Random(0)
    for _ in range(rounds):
        for side in lots.sample(list(named), len(named)):
            times[side].append(await cpu_seconds(named[side]))
    ratio = statistics.median(mine / other for mine, other in zip(times["engine"], times[base[0]], strict=True))
    shown = "  ".join(f"{side} {statistics.median(taken) / parts * 1e6:8.1f}" for side, taken in times.items())
    told = "ok" if ratio <= goal else "MISSED"
    if ratio > goal:
        GOALS_MISSED.append(name)
    print(f"{name:44} us: {shown}   ratio {ratio:6.3f}   goal {goal:5.3f}   {told}", flush=True)  # noqa: T201
    return ratio


def verdict() -> None:
    """Says what was missed."""
    missed = ", ".join(GOALS_MISSED)
    print(f"Missed: {missed}." if missed else "Every goal is met.")  # noqa: T201
