"""Asks servers on one's own machine or network which models they have; short, and never through a proxy."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx

WAIT_SECONDS = 1.0


class NoAnswer(Exception):
    """Nobody answers there, or not as a model server does."""


async def ollama_models(base: str) -> list[str]:
    """The chat models that an Ollama has, the last used first, as it names them; raises NoAnswer."""
    data = await _json(f"{base}/api/tags", {})
    return [str(entry["name"]).removesuffix(":latest") for entry in _entries(data, "models", "name") if _chats(entry)]


async def ollama_loaded(base: str) -> dict[str, int]:
    """The models that an Ollama holds in memory, each with the context it is served with; raises NoAnswer."""
    entries = _entries(await _json(f"{base}/api/ps", {}), "models", "name")
    return {
        str(entry["name"]).removesuffix(":latest"): length
        for entry in entries
        if isinstance(length := entry.get("context_length"), int) and length > 0
    }


async def ollama_longest(base: str, model: str) -> int | None:
    """The longest context that a model of an Ollama was made for; None where it isn't told. Raises NoAnswer."""
    data = await _json(f"{base}/api/show", {}, {"model": model})
    info = data.get("model_info") if isinstance(data, Mapping) else None
    told = info.items() if isinstance(info, Mapping) else ()
    return next(
        (value for key, value in told if str(key).endswith(".context_length") and isinstance(value, int)), None
    )


async def openai_models(base: str, key: str) -> list[str]:
    """The models of an OpenAI-compatible server; raises NoAnswer."""
    data = await _json(f"{base.rstrip('/')}/models", {"Authorization": f"Bearer {key}"} if key else {})
    return [str(entry["id"]) for entry in _entries(data, "data", "id")]


@cache
def _trust() -> ssl.SSLContext:
    """Whom to trust; reading that from the disk for each look-up would hold up all sessions."""
    return httpx.create_ssl_context(trust_env=False)


async def _json(url: str, headers: Mapping[str, str], asked: Mapping[str, Any] | None = None) -> Any:
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=WAIT_SECONDS, verify=_trust()) as client:
            answer = await client.request("GET" if asked is None else "POST", url, headers=headers, json=asked)
        answer.raise_for_status()
        return answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise NoAnswer(str(error)) from error


def _entries(data: Any, many: str, one: str) -> list[Mapping[str, Any]]:
    entries = data.get(many) if isinstance(data, Mapping) else None
    if not isinstance(entries, list):
        raise NoAnswer(f"no list of {many}")
    return [entry for entry in entries if isinstance(entry, Mapping) and entry.get(one)]


def _chats(entry: Mapping[str, Any]) -> bool:
    """Embedding models answer no chat; their names or their families say so."""
    details = entry.get("details")
    family = str(details.get("family", "")) if isinstance(details, Mapping) else ""
    return "embed" not in str(entry["name"]) and "bert" not in family
