"""Burr: 100 actions one after the other, and one action 100 times."""

import asyncio
import itertools

from burr.core import ApplicationBuilder, State, action, default, expr
from measured import STEPS, measured


@action(reads=["n"], writes=["n"])
async def step(state: State) -> State:
    return state.update(n=state["n"] + 1)


async def chain() -> None:
    names = [f"n{n}" for n in range(STEPS)]
    app = (
        ApplicationBuilder()
        .with_actions(**dict.fromkeys(names, step))
        .with_transitions(*itertools.pairwise(names))
        .with_state(n=0)
        .with_entrypoint(names[0])
        .build()
    )
    _, _, state = await app.arun(halt_after=[names[-1]])
    assert state["n"] == STEPS


async def loop() -> None:
    @action(reads=[], writes=[])
    async def end(state: State) -> State:
        return state

    app = (
        ApplicationBuilder()
        .with_actions(step=step, end=end)
        .with_transitions(("step", "step", expr(f"n < {STEPS}")), ("step", "end", default))
        .with_state(n=0)
        .with_entrypoint("step")
        .build()
    )
    _, _, state = await app.arun(halt_after=["end"])
    assert state["n"] == STEPS


asyncio.run(measured(chain=chain, loop=loop))
