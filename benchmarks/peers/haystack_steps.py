"""Haystack: a pipeline of 100 components one after the other."""

import asyncio

from haystack import Pipeline, component
from measured import STEPS, measured


@component
class Step:
    @component.output_types(n=int)
    def run(self, n: int) -> dict[str, int]:
        return {"n": n + 1}

    @component.output_types(n=int)
    async def run_async(self, n: int) -> dict[str, int]:
        return {"n": n + 1}


def made() -> Pipeline:
    pipeline = Pipeline()
    for n in range(STEPS):
        pipeline.add_component(f"n{n}", Step())
        if n:
            pipeline.connect(f"n{n - 1}.n", f"n{n}.n")
    return pipeline


PIPELINE = made()


async def chain() -> None:
    result = await PIPELINE.run_async({"n0": {"n": 0}})
    assert result[f"n{STEPS - 1}"]["n"] == STEPS


asyncio.run(measured(times=3, chain=chain))
