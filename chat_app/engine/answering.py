"""Follows a run to its end, with the answers that people have given beforehand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from chat_app.engine.asked import by_name
from chat_app.engine.manager import RunManager
from chat_app.events.run import Question, Recorded, RunWaiting

Given = Mapping[str, Mapping[str, Any]]
"""What people answer, by node: `{approve: {decision: send}}`."""


async def followed(runs: RunManager, run_id: str, answers: Given) -> AsyncIterator[Recorded]:
    """A run's events; what it asks is answered, and it goes on, as long as every question has an answer.

    Raises AnswersRefused where an answer does not fit; then the run waits on.
    """
    offset = 0
    while True:
        last: Recorded | None = None
        async for entry in runs.subscribe(run_id, offset):
            offset, last = entry.offset + 1, entry
            yield entry
        if last is None or not isinstance(last.event, RunWaiting):
            return
        found = _to(last.event.questions, answers)
        if found is None:
            return
        await runs.answer(run_id, found)


def _to(questions: Sequence[Question], answers: Given) -> dict[str, Mapping[str, Any]] | None:
    """An answer to each question; None where one is missing."""
    named = by_name(answers, {question.node: {} for question in questions})
    found = {question.step: named[question.node] for question in questions if question.node in named}
    return dict(found) if len(found) == len(questions) else None
