"""`retrieve`: the texts that speak most about a question, ranked by BM25, or by a model's embeddings."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Sequence

from pydantic import BaseModel, Field

from chat_app.tools.errors import ResultRefused, ToolMissing
from chat_app.tools.tool import Arguments, Tool, ToolContext, tool

DEFAULT = "default"
AT_ONCE = 256
"""Texts in one call of a model."""

_WORD = re.compile(r"[^\W_]+")
_WITHOUT_BLANKS = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


class RetrieveArguments(Arguments):
    """What to look for, and where."""

    texts: list[str] = Field(
        max_length=100_000, description="The texts to look through, such as pieces of a document."
    )
    query: str = Field(description="What is wanted: a question or some words.")
    top: int = Field(5, ge=1, le=1_000, description="The most texts to return.")
    model: str | None = Field(
        None, description="An embedding model, `default` for the one that is set up; left out, words are compared."
    )


class Found(BaseModel):
    """A text that was found."""

    text: str
    index: int = Field(description="Its place in the list, from 0.")
    score: float = Field(description="How well it fits; only comparable within one search.")


async def _by_meaning(arguments: RetrieveArguments, context: ToolContext, model: str) -> list[Found]:
    """The texts whose embeddings are nearest to that of the query, whatever words they use."""
    if context.media is None:
        raise ToolMissing("No models can be asked here.", help="Run the workflow, or leave `model` out.")
    asked = [arguments.query, *arguments.texts]
    vectors: list[tuple[float, ...]] = []
    for start in range(0, len(asked), AT_ONCE):
        made = await context.media.vectors(model, asked[start : start + AT_ONCE], context.seconds)
        vectors += made.vectors
    return await asyncio.to_thread(_nearest, arguments.texts, vectors, arguments.top)


def _nearest(texts: Sequence[str], vectors: Sequence[Sequence[float]], top: int) -> list[Found]:
    import numpy as np

    sizes = {len(vector) for vector in vectors}
    if len(sizes) != 1:
        raise ResultRefused("The model gave embeddings of different lengths.", help="Choose another model.")
    matrix = np.asarray(vectors, dtype=float)
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    matrix = np.divide(matrix, norms, out=np.zeros_like(matrix), where=norms > 0)
    scores = matrix[1:] @ matrix[0]
    order = sorted(range(len(texts)), key=lambda place: (-float(scores[place]), place))
    return [Found(text=texts[one], index=one, score=round(float(scores[one]), 4)) for one in order[:top]]


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


def retrieve_tool(model: str | None = None) -> Tool:
    """The tool; `model` is the embedding model that is set up."""

    async def retrieve(arguments: RetrieveArguments, context: ToolContext) -> list[Found]:
        if arguments.model is None:
            # Texts that share no word with the query are left out.
            return await asyncio.to_thread(_ranked, arguments.texts, arguments.query, arguments.top)
        chosen = model if arguments.model == DEFAULT else arguments.model
        if chosen is None:
            help = "Name one, or set WORKFLOW_CHAT_EMBEDDING_MODEL, such as openai/text-embedding-3-small."
            raise ToolMissing("`retrieve` has no embedding model that is set up.", help=help)
        return await _by_meaning(arguments, context, chosen)

    return tool(
        "retrieve",
        "Finds the texts in a list that speak most about a question: by their words, or by meaning with a model.",
        RetrieveArguments,
        list[Found],
        retrieve,
        networked_with="model",
        pays=lambda given: model if given.get("model") == DEFAULT else given.get("model"),
        example={
            "texts": ["Refunds take ten days.", "We ship on Mondays."],
            "query": "How long do refunds take?",
            "top": 1,
        },
    )


RETRIEVE = retrieve_tool()
