"""Coroutines side by side: the first failure stops the rest, questions for people do not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
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

    await side_by_side(work() for _ in range(min(count, at_most)))
    raise_questions(questions)
    return results


async def side_by_side(workers: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Runs all to their ends; when one fails, the others are cancelled and its error is raised."""
    tasks = [asyncio.ensure_future(worker) for worker in workers]
    try:
        await asyncio.gather(*tasks)
    finally:
        running = [task for task in tasks if not task.done()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)


def raise_questions(questions: Mapping[int, tuple[Question, ...]]) -> None:
    """Raises all that was asked, in the order of the places, as one Waiting; nothing where nothing was."""
    if questions:
        raise Waiting([question for place in sorted(questions) for question in questions[place]])
