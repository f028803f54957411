"""LlamaIndex workflows: one step 100 times."""

import asyncio

from measured import STEPS, measured
from workflows import Workflow, step
from workflows.events import Event, StartEvent, StopEvent


class Again(Event):
    n: int


class Counting(Workflow):
    @step
    async def begin(self, event: StartEvent) -> Again:
        return Again(n=0)

    @step
    async def again(self, event: Again) -> Again | StopEvent:
        return Again(n=event.n + 1) if event.n + 1 < STEPS else StopEvent(result=event.n + 1)


async def loop() -> None:
    assert await Counting(timeout=60).run() == STEPS


asyncio.run(measured(times=3, loop=loop))
