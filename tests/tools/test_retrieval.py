"""`retrieve`: what speaks of the question comes first."""

from __future__ import annotations

import pytest

from chat_app.tools.network import Network
from chat_app.tools.retrieval import RETRIEVE, RetrieveArguments
from chat_app.tools.tool import ToolContext

CONTEXT = ToolContext(Network())
TEXTS = [
    "Refunds are paid within ten days of the return.",
    "We ship on Mondays and Thursdays.",
    "The office is closed in August.",
    "退款将在十天内支付。",
    "",
]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("How long does a refund take?", 0),
        ("shipping days", 1),
        ("When is the OFFICE closed?", 2),
        ("退款要多久", 3),
    ],
)
async def test_the_text_that_answers_comes_first(query: str, best: int) -> None:
    found = await RETRIEVE.run(RetrieveArguments(texts=TEXTS, query=query), CONTEXT)
    assert found[0].index == best
    assert found[0].text == TEXTS[best]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


async def test_what_shares_no_word_is_left_out() -> None:
    assert await RETRIEVE.run(RetrieveArguments(texts=TEXTS, query="xylophone"), CONTEXT) == []
    assert await RETRIEVE.run(RetrieveArguments(texts=[], query="refund"), CONTEXT) == []
    assert await RETRIEVE.run(RetrieveArguments(texts=TEXTS, query=""), CONTEXT) == []


async def test_no_more_than_asked_for() -> None:
    cats = RetrieveArguments(texts=["cat one", "cat two", "cat three"], query="cat", top=2)
    found = await RETRIEVE.run(cats, CONTEXT)
    assert [one.index for one in found] == [0, 1]
