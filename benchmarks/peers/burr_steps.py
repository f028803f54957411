"""Burr: 100 actions one after the other, and one action 100 times. The graph is built once, as ours is."""

import asyncio
import itertools

from burr.core import ApplicationBuilder, State, action, default, expr
from burr.core.graph import Graph, GraphBuilder
from measured import STEPS, measured


@action(reads=["n"], writes=["n"])
async def step(state: State) -> State:
    return state.update(n=state["n"] + 1)


@action(reads=[], writes=[])
async def end(state: State) -> State:
    return state


NAMES = [f"n{n}" for n in range(STEPS)]
CHAIN = GraphBuilder().with_actions(**dict.fromkeys(NAMES, step)).with_transitions(*itertools.pairwise(NAMES)).build()
LOOP = (
    GraphBuilder()
    .with_actions(step=step, end=end)
    .with_transitions(("step", "step", expr(f"n < {STEPS}")), ("step", "end", default))
    .build()
)


async def run(graph: Graph, first: str, last: str) -> None:
    app = ApplicationBuilder().with_graph(graph).with_state(n=0).with_entrypoint(first).build()
    _, _, state = await app.arun(halt_after=[last])
    assert state["n"] == STEPS


async def chain() -> None:
    await run(CHAIN, NAMES[0], NAMES[-1])


async def loop() -> None:
    await run(LOOP, "step", "end")


asyncio.run(measured(chain=chain, loop=loop))
