"""What the engine costs, against the same workflow written by hand on LangGraph's StateGraph.

    python -m benchmarks.engine_overhead [--rounds 7]

CPU time of the whole process, both sides in turn in each round (A B A B), medians of the rounds and of their
ratios. Ratios below 1 mean that the engine is cheaper. Differences under a tenth are none. `asyncio` is the same work
without any engine: the limit.

Same promise on both sides of a pair: with checkpoints, each step (each item of a map) is on disk before the next
begins. The engine also sends an event for each start, end, route, call, usage and checkpoint; what is written by hand
sends none.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from benchmarks.measuring import by_hand, workflows
from benchmarks.measuring.pairs import Case, pair, verdict
from benchmarks.measuring.workflows import ITEMS, NODES, ROUNDS, Stub
from chat_app.engine.compiler import compile_workflow
from chat_app.engine.inputs import first_state
from chat_app.engine.manager import RunManager
from chat_app.engine.rehearsal import Rehearsal, answers_of
from chat_app.events.run import RunFinished
from chat_app.workflow.check import CheckResult

CHAINS = 200


def plain(checked: CheckResult, inputs: dict[str, Any]) -> Case:
    """A run without checkpoints, its events kept."""
    assert checked.workflow is not None
    workflow = checked.workflow
    rehearsal = Rehearsal(compile_workflow(workflow))

    async def run() -> None:
        events: list[Any] = []
        rest = await rehearsal.run(first_state(workflow, inputs), Stub(), answer=answers_of({}), emit=events.append)
        assert isinstance(rest.event, RunFinished), rest.event

    return run


def plain_by_hand(graph: by_hand.Graph, inputs: dict[str, Any]) -> Case:
    """The same by hand."""
    compiled = graph.compile()

    async def run() -> None:
        await compiled.ainvoke(inputs, {"recursion_limit": 10_000})

    return run


@dataclass
class Saved:
    """Both sides with checkpoints in a folder of their own."""

    saver: AsyncSqliteSaver
    manager: RunManager
    threads: int = 0

    def engine(self, checked: CheckResult, inputs: dict[str, Any], runs: int = 1) -> Case:
        async def one() -> None:
            run_id = await self.manager.start(checked, inputs)
            last = [entry async for entry in self.manager.subscribe(run_id)][-1]
            assert isinstance(last.event, RunFinished), last.event

        async def run() -> None:
            await asyncio.gather(*(one() for _ in range(runs)))

        return run

    def by_hand(self, graph: by_hand.Graph, inputs: dict[str, Any], runs: int = 1) -> Case:
        compiled = graph.compile(checkpointer=self.saver)

        async def one() -> None:
            self.threads += 1
            config = {"configurable": {"thread_id": str(self.threads)}, "recursion_limit": 10_000}
            await compiled.ainvoke(inputs, config, durability="sync")

        async def run() -> None:
            await asyncio.gather(*(one() for _ in range(runs)))

        return run


@asynccontextmanager
async def saved() -> AsyncIterator[Saved]:
    """A folder for a pair, fresh, as files that grow cost more."""
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncSqliteSaver.from_conn_string(str(Path(folder) / "hand.sqlite")) as saver:
            manager = RunManager(Stub(), Path(folder))
            yield Saved(saver, manager)
            await manager.close()


async def chains(rounds: int) -> None:
    """100 nodes that call out, that mix, that are pure."""
    kinds: list[tuple[str, Callable[[int], bool], float, float]] = [
        ("llm", lambda n: True, 1.1, 0.4),
        ("mixed", lambda n: n % 5 == 0, 0.25, 0.1),
        ("template", lambda n: False, 0.1, 0.1),
    ]
    for kind, calls, goal, goal_saved in kinds:
        checked, graph = workflows.chain(kind), by_hand.chain(calls)
        await pair(
            f"chain of 100, {kind}, no checkpoints",
            ("by hand", plain_by_hand(graph, {})),
            plain(checked, {}),
            goal=goal,
            parts=NODES,
            rounds=rounds,
            also=[("asyncio", lambda calls=calls: by_hand.chain_on_asyncio(calls))],  # type: ignore[misc]
        )
        async with saved() as both:
            await pair(
                f"chain of 100, {kind}, each step on disk",
                ("by hand", both.by_hand(graph, {})),
                both.engine(checked, {}),
                goal=goal_saved,
                parts=NODES,
                rounds=rounds,
            )


async def maps(rounds: int) -> None:
    """1,000 items."""
    inputs = {"items": by_hand.ITEMS_GIVEN}
    checked, graph = workflows.over_items(), by_hand.over_items()
    base = ("Send", plain_by_hand(graph, inputs))
    await pair("map of 1,000, no checkpoints", base, plain(checked, inputs), goal=0.05, parts=ITEMS, rounds=rounds)
    async with saved() as both:
        base = ("Send", both.by_hand(graph, inputs))
        ours = both.engine(checked, inputs)
        await pair("map of 1,000, each item on disk", base, ours, goal=0.05, parts=ITEMS, rounds=rounds)


async def loops(rounds: int) -> None:
    """1,000 rounds with a route."""
    for kind, goal in (("llm", 0.5), ("template", 0.5)):
        checked, graph = workflows.loop(kind), by_hand.loop(kind == "llm")
        name = f"loop of 1,000 rounds, {kind}, no checkpoints"
        base = ("by hand", plain_by_hand(graph, {"last": "start"}))
        await pair(name, base, plain(checked, {}), goal=goal, parts=ROUNDS, rounds=rounds)
        async with saved() as both:
            base = ("by hand", both.by_hand(graph, {"last": "start"}))
            name = f"loop of 1,000 rounds, {kind}, each step on disk"
            await pair(name, base, both.engine(checked, {}), goal=goal, parts=ROUNDS, rounds=rounds)


async def many(rounds: int) -> None:
    """200 runs at once."""
    checked, graph = workflows.chain("llm", 10), by_hand.chain(lambda n: True, 10)
    async with saved() as both:
        base = ("by hand", both.by_hand(graph, {}, CHAINS))
        ours = both.engine(checked, {}, CHAINS)
        await pair("200 chains of 10 at once, on disk", base, ours, goal=0.15, parts=CHAINS * 10, rounds=rounds)


async def main(rounds: int, only: str) -> None:
    """All pairs; goals stand beside them."""
    fewer = max(2, rounds // 2)
    for name, case, times in (
        ("chains", chains, rounds),
        ("maps", maps, fewer),
        ("loops", loops, fewer),
        ("many", many, fewer),
    ):
        if only in ("", name):
            await case(times)
    verdict()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=["chains", "maps", "loops", "many"], default="")
    given = parser.parse_args()
    asyncio.run(main(given.rounds, given.only))
