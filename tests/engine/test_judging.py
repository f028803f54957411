"""What a judge uses is counted with every call, whatever came of it."""

from __future__ import annotations

import pytest

from chat_app.chat_models.errors import ChatModelError, KeyRefused, TookTooLong
from chat_app.chat_models.protocol import ModelUsage
from chat_app.engine.judging import Judge, NotJudged
from tests.engine.conftest import Reply, ToldModel

HOLDS = '{"reason": "It does.", "holds": true}'


USAGE = ModelUsage(100, 20, 0.25)


def judge(*replies: Reply, usage: ModelUsage = USAGE) -> Judge:
    return Judge(ToldModel(list(replies), usage=usage))


async def test_a_judge_that_is_asked_twice_is_paid_twice() -> None:
    asked = judge("I would say so.", HOLDS)
    verdict = await asked.verdict("It is short", {}, {"text": "Hi"})
    assert verdict.holds and verdict.reason == "It does."
    assert (asked.totals.calls, asked.totals.tokens_in, asked.totals.tokens_out) == (2, 200, 40)
    assert asked.totals.cost_usd == 0.5


async def test_a_judge_without_a_verdict_is_paid_all_the_same() -> None:
    asked = judge("Yes", "No")
    with pytest.raises(NotJudged, match="gave no verdict in 2 tries"):
        await asked.verdict("It is short", {}, {})
    assert (asked.totals.calls, asked.totals.cost_usd) == (2, 0.5)


async def test_sums_run_over_statements_and_unknown_stays_unknown() -> None:
    asked = judge(HOLDS, HOLDS, usage=ModelUsage(5, 5, None))
    for statement in ("It is short", "It is kind"):
        await asked.verdict(statement, {}, {})
    assert (asked.totals.calls, asked.totals.tokens_in, asked.totals.cost_usd) == (2, 10, None)


@pytest.mark.parametrize(
    ("failure", "calls", "cost"),
    [(TookTooLong("late", help=""), 1, None), (KeyRefused("no", help=""), 0, 0.0)],
)
async def test_a_call_that_fails_is_of_unknown_cost_unless_it_was_refused(
    failure: ChatModelError, calls: int, cost: float | None
) -> None:
    asked = judge(failure)
    with pytest.raises(NotJudged, match="could not judge"):
        await asked.verdict("It is short", {}, {})
    assert (asked.totals.calls, asked.totals.cost_usd) == (calls, cost)
