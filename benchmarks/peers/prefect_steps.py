"""Prefect: a flow that calls a task 100 times; its server runs in a process of its own and is not counted."""

import asyncio
import logging
import os
import tempfile

os.environ["PREFECT_HOME"] = tempfile.mkdtemp()
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"
os.environ["DO_NOT_TRACK"] = "1"
os.environ["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "120"

from measured import STEPS, measured
from prefect import flow, task

logging.disable(logging.WARNING)


@task
async def step(n: int) -> int:
    return n + 1


@flow
async def counting() -> int:
    n = 0
    for _ in range(STEPS):
        n = await step(n)
    return n


async def chain() -> None:
    assert await counting() == STEPS


asyncio.run(measured(times=2, chain=chain))
