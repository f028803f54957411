"""Coroutines side by side: the first failure stops the rest, questions for people do not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from chat_app.engine.errors import Waiting
from chat_app.events.run import Question

T = TypeVar("T")


async def together(count: int, task: Callable[[int], Coroutine[Any, Any, T]], at_most: int) -> list[T]:
    """The results of so many tasks, each told its place, in their order, at most so many at once.

    When one fails, the others are cancelled and its error is raised. When some wait for people, the
    others still come to their end, and then all questions are raised as one Waiting.
    """
    results: list[Any] = [None] * count
    questions: dict[int, tuple[Question, ...]] = {}
    todo = iter(range(count))

    async def work() -> None:
        for place in todo:
            try:
                results[place] = await task(place)
            except Waiting as waiting:
                questions[place] = waiting.questions

    workers = [asyncio.ensure_future(work()) for _ in range(min(count, at_most))]
    try:
        await asyncio.gather(*workers)
    finally:
        running = [worker for worker in workers if not worker.done()]
        for worker in running:
            worker.cancel()
        if running:
            await asyncio.wait(running)
    if questions:
        raise Waiting([question for place in sorted(questions) for question in questions[place]])
    return results
