"""Prices of models, from the table that LiteLLM ships; read without loading LiteLLM itself.

What the table does not tell is unknown (None), never free. Models on one's own machine cost nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from chat_app.chat_models.providers import OTHER_PREFIXES, by_prefix, call_name

_TABLE = "model_prices_and_context_window_backup.json"
_TIER = re.compile(r"(input|output)_cost_per_token_above_(\d+)k_tokens")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one token."""

    input: float
    output: float
    cached_input: float | None = None
    """For input the provider had kept from before; None: as other input."""
    tiers: tuple[tuple[int, float, float], ...] = ()
    """From so many input tokens on, these prices of input and output hold for the whole call."""
    most_out: int | None = None
    """The tokens that an answer has at most; None: not known."""

    def cost(self, tokens_in: int, tokens_out: int, cached: int = 0) -> float:
        """What a call costs; `cached` of the input tokens are billed as such."""
        per_in, per_out, per_cached = self.input, self.output, self.cached_input
        for above, tier_in, tier_out in self.tiers:
            if tokens_in > above:
                per_in, per_out, per_cached = tier_in, tier_out, None
        cached = min(cached, tokens_in) if per_cached is not None else 0
        return (tokens_in - cached) * per_in + cached * (per_cached or 0.0) + tokens_out * per_out


FREE = Price(0.0, 0.0)

CHAT_MODES = ("chat", "responses", "completion")
"""What the table calls models that answer prompts."""


def price_of(name: str) -> Price | None:
    """A model's price; None where the table does not know it."""
    name = call_name(name)
    provider = by_prefix(provider_prefix(name) or "")
    if provider is not None and provider.local:
        return FREE
    entry = entry_of(name)
    if entry is None:
        return None
    paid_in, paid_out = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    if not isinstance(paid_in, int | float) or not isinstance(paid_out, int | float) or not (paid_in or paid_out):
        return None
    cached = entry.get("cache_read_input_token_cost")
    return Price(
        float(paid_in),
        float(paid_out),
        float(cached) if isinstance(cached, int | float) else None,
        _tiers(entry),
        most if isinstance(most := entry.get("max_output_tokens"), int) else None,
    )


def provider_prefix(name: str) -> str | None:
    """The provider that a model's name leads to; None where it can't be told."""
    prefix, slash, _ = name.partition("/")
    if slash and (by_prefix(prefix) or prefix in OTHER_PREFIXES):
        return prefix
    entry = _table().get(name)
    if entry is not None and entry.get("mode") in CHAT_MODES:
        return str(entry.get("litellm_provider") or "") or None
    if slash and any(entry.get("litellm_provider") == prefix for entry in _table().values()):
        return prefix
    return None


def known_models(provider: str | None = None) -> list[str]:
    """The chat models in the table, of one provider or of all, for finding the nearest name."""
    return [
        name
        for name, entry in _table().items()
        if entry.get("mode") in CHAT_MODES and provider in (None, entry.get("litellm_provider"))
    ]


def entry_of(name: str) -> Mapping[str, Any] | None:
    """What the table says of a model; None where it does not have it."""
    table = _table()
    if name in table:
        return table[name]
    prefix, _, rest = name.partition("/")
    entry = table.get(rest)
    # Some providers' models stand in the table without their prefix.
    return entry if entry is not None and entry.get("litellm_provider") == prefix else None


def entries_like(ending: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The models in the table whose names end so."""
    return [(name, entry) for name, entry in _table().items() if name.endswith(ending)]


def query_price(engine: str) -> float | None:
    """What a web search costs; None where that is unknown."""
    price = _table().get(f"{engine}/search", {}).get("input_cost_per_query")
    return float(price) if isinstance(price, int | float) else None


def _tiers(entry: Mapping[str, Any]) -> tuple[tuple[int, float, float], ...]:
    found: dict[int, dict[str, float]] = {}
    for key, value in entry.items():
        match = _TIER.fullmatch(key)
        if match and isinstance(value, int | float):
            found.setdefault(int(match.group(2)) * 1000, {})[match.group(1)] = float(value)
    return tuple(
        (
            above,
            paid.get("input", entry["input_cost_per_token"]),
            paid.get("output", entry["output_cost_per_token"]),
        )
        for above, paid in sorted(found.items())
    )


@cache
def _table() -> dict[str, dict[str, Any]]:
    spec = find_spec("litellm")
    if spec is None or not spec.submodule_search_locations:
        return {}
    path = Path(next(iter(spec.submodule_search_locations))) / _TABLE
    if not path.is_file():
        return {}
    table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {name: entry for name, entry in table.items() if isinstance(entry, dict) and name != "sample_spec"}
