"""A node's `timeout_seconds`: how long one try may take."""

from __future__ import annotations

import asyncio
from typing import Any

from chat_app.engine.errors import StepProblem
from chat_app.engine.level import Runner, Step


def in_time(run: Runner, seconds: float) -> Runner:
    """The same work; it is broken off when it takes longer."""

    async def run_in_time(step: Step) -> dict[str, Any]:
        try:
            async with asyncio.timeout(seconds) as deadline:
                return await run(step)
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise StepProblem(
                f"It took longer than {seconds:g} seconds.",
                help="Raise the node's timeout_seconds, or give it less to do.",
                cause="timeout",
            ) from error

    return run_in_time
