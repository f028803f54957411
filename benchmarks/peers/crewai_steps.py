"""CrewAI Flows: 100 methods, each listening to the one before."""

import asyncio
import os

os.environ["CREWAI_DISABLE_TELEMETRY"] = os.environ["OTEL_SDK_DISABLED"] = "true"

from crewai.flow.flow import Flow, listen, start
from measured import STEPS, measured


def made() -> type[Flow]:
    methods: dict[str, object] = {}
    for n in range(STEPS):

        async def act(self: Flow) -> None:
            self.state["n"] = self.state.get("n", 0) + 1

        act.__name__ = act.__qualname__ = f"n{n}"
        methods[f"n{n}"] = start()(act) if n == 0 else listen(methods[f"n{n - 1}"])(act)
    return type("Counting", (Flow,), methods)


COUNTING = made()


async def chain() -> None:
    flow = COUNTING()
    await flow.kickoff_async()
    assert flow.state["n"] == STEPS


asyncio.run(measured(times=3, chain=chain))
