"""How many tokens an Ollama really reads: what is longer loses its beginning, and the server says nothing of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chat_app.chat_models.lookup import NoAnswer, ollama_loaded, ollama_longest

Bound = Literal["server", "app", "model"]
"""What bounds it: Ollama's own setting, what this app asks for, or the model itself."""


@dataclass(frozen=True, slots=True)
class ContextLength:
    """The tokens of a prompt and its answer together."""

    tokens: int
    bound: Bound


async def served_context(base: str, model: str, asked: int | None) -> ContextLength | None:
    """The context of a model as it is served now; None where no Ollama tells.

    `asked` is what the app asks for with each call; None on roads where Ollama goes by its own setting.
    """
    try:
        loaded = (await ollama_loaded(base)).get(model.removesuffix(":latest"))
        longest = await ollama_longest(base, model)
    except NoAnswer:
        return None
    tokens = loaded or min((one for one in (asked, longest) if one), default=None)
    if tokens is None or (loaded is None and asked is None):
        return None
    if longest is not None and tokens >= longest:
        return ContextLength(tokens, "model")
    return ContextLength(tokens, "app" if asked is not None and tokens >= asked else "server")


def ollama_behind(base: str) -> str | None:
    """Where Ollama would answer, if it is what speaks OpenAI's protocol at this address."""
    return base.rstrip("/").removesuffix("/v1") if base.rstrip("/").endswith("/v1") else None
