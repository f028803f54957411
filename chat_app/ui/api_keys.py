"""Under which name a key typed on the page is handed to the models."""

from __future__ import annotations

from chat_app.chat_models.prices import provider_prefix
from chat_app.chat_models.providers import by_prefix


def key_variable(model: str) -> str | None:
    """The variable that holds the key of a model's provider; None where no provider can be told."""
    prefix = provider_prefix(model)
    if prefix is None:
        return None
    provider = by_prefix(prefix)
    if provider is not None:
        return provider.keys[0] if provider.keys else None
    return f"{prefix.upper().replace('-', '_')}_API_KEY"
