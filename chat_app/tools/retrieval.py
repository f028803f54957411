"""`retrieve`: the texts that speak most about a question, ranked by BM25."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Sequence

from pydantic import BaseModel, Field

from chat_app.tools.tool import Arguments, ToolContext, tool

_WORD = re.compile(r"[^\W_]+")
_WITHOUT_BLANKS = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


class RetrieveArguments(Arguments):
    """What to look for, and where."""

    texts: list[str] = Field(
        max_length=100_000, description="The texts to look through, such as pieces of a document."
    )
    query: str = Field(description="What is wanted: a question or some words.")
    top: int = Field(5, ge=1, le=1_000, description="The most texts to return.")


class Found(BaseModel):
    """A text that was found."""

    text: str
    index: int = Field(description="Its place in the list, from 0.")
    score: float = Field(description="How well it fits; only comparable within one search.")


async def retrieve(arguments: RetrieveArguments, context: ToolContext) -> list[Found]:
    """The best texts, best first; those that share no word with the query are left out."""
    return await asyncio.to_thread(_ranked, arguments.texts, arguments.query, arguments.top)


def _ranked(texts: Sequence[str], query: str, top: int) -> list[Found]:
    # numpy and scipy come along: only those who search pay for them.
    import bm25s
    import Stemmer

    stem = Stemmer.Stemmer("english").stemWords
    words = [stem(_words(text)) for text in texts]
    wanted = stem(_words(query))
    known = {word for some in words for word in some}
    if not known.intersection(wanted):
        return []
    index = bm25s.BM25()
    index.index(words, show_progress=False)
    scores = index.get_scores([word for word in wanted if word in known])
    order = sorted(range(len(texts)), key=lambda place: (-float(scores[place]), place))
    return [
        Found(text=texts[place], index=place, score=round(float(scores[place]), 4))
        for place in order[:top]
        if scores[place] > 0
    ]


def _words(text: str) -> list[str]:
    """Words in small letters; scripts without blanks give pairs of letters."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = []
    for word in _WORD.findall(plain):
        if _WITHOUT_BLANKS.search(word):
            found += [word[place : place + 2] for place in range(len(word) - 1)] or [word]
        else:
            found.append(word)
    return found


RETRIEVE = tool(
    "retrieve",
    "Finds the texts in a list that speak most about a question (BM25 ranking, no model needed).",
    RetrieveArguments,
    list[Found],
    retrieve,
    example={
        "texts": ["Refunds take ten days.", "We ship on Mondays."],
        "query": "How long do refunds take?",
        "top": 1,
    },
)
