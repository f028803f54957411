"""Whether a name names a chat model, as far as that can be told without asking anybody.

What is sure to fail (no provider, a model that does not chat) is told as certain. Of a provider's own models
the table may lack the newest, so a name that is not in it is only doubted; servers of one's own, routers to
many providers and fine-tuned models have whatever names they like, and are not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from chat_app.chat_models.prices import CHAT_MODES, entry_of, known_models, provider_prefix
from chat_app.chat_models.providers import OTHER_PREFIXES, PROVIDERS, SIMULATED, Provider, by_prefix, first_of
from chat_app.workflow.surroundings import ModelDoubt

_LISTED = frozenset({"openai", "anthropic", "gemini", "mistral", "xai", "deepseek", "groq", "perplexity", "cohere"})
"""Providers of few models of their own, which the table follows closely."""
_MUST_TAKE_IMAGES = frozenset({"openai", "anthropic", "gemini", "mistral", "xai"})
"""Providers for whose models the table says whether they see; of others only a `no` is taken for one."""
_NO_CHAT = {
    "embedding": "makes embeddings",
    "image_generation": "makes images",
    "image_edit": "edits images",
    "video_generation": "makes videos",
    "audio_transcription": "writes down speech",
    "audio_speech": "makes speech",
    "rerank": "ranks texts",
    "moderation": "judges texts for moderation",
    "ocr": "reads scans",
    "search": "searches",
}
_VERSION = re.compile(r"[\d.\-_:@]+")
_LEAST_LIKE = 80
_MISSPELT_LEAST = 4


def takes_pdf(name: str) -> bool:
    """Whether a model is known to take PDF documents as they are."""
    entry = entry_of(name.strip())
    return entry is not None and entry.get("supports_pdf_input") is True


class KnownModels:
    """The names of chat models on this machine; `environment` tells which providers are served elsewhere."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def doubt(self, name: str) -> ModelDoubt | None:
        """Why a name may name no chat model; None where nothing speaks against it."""
        name = name.strip()
        if name == SIMULATED:
            return None
        prefix = provider_prefix(name)
        entry = entry_of(name)
        provider = by_prefix(prefix or "")
        if entry is not None and not self._elsewhere(provider):
            mode = str(entry.get("mode") or "")
            if mode in _NO_CHAT:
                return ModelDoubt(f"`{name}` {_NO_CHAT[mode]}; it answers no prompts", True)
            if mode in CHAT_MODES:
                return None
        if prefix is None:
            return self._without_provider(name)
        if provider is None or provider.prefix not in _LISTED or self._elsewhere(provider):
            return None
        return self._not_listed(name, provider)

    def takes_images(self, name: str) -> bool | None:
        """Whether the model sees; None where that is not known."""
        prefix = provider_prefix(name)
        entry = entry_of(name)
        if name == SIMULATED or entry is None or self._elsewhere(by_prefix(prefix or "")):
            return None
        told = entry.get("supports_vision")
        if isinstance(told, bool):
            return told
        return False if prefix in _MUST_TAKE_IMAGES and entry.get("mode") == "chat" else None

    def _elsewhere(self, provider: Provider | None) -> bool:
        """Whether the provider's name leads to a server that is not the provider's: it has its own models."""
        return provider is not None and (provider.local or first_of(provider.bases, self._environment) is not None)

    def _without_provider(self, name: str) -> ModelDoubt:
        prefix, slash, rest = name.partition("/")
        nearest = None
        if slash and rest and (meant := _nearest(prefix, self._prefixes)):
            nearest = f"{meant}/{rest}"
        nearest = nearest or _nearest(name, self._bare) or _nearest(name, self._full)
        if slash and rest:
            return ModelDoubt(f"No provider of models is called `{prefix}`", True, nearest)
        return ModelDoubt(f"No provider can be told from the model's name `{name}`", True, nearest)

    def _not_listed(self, name: str, provider: Provider) -> ModelDoubt | None:
        own = name.partition("/")[2] if "/" in name else name
        listed = self._of(provider)
        if not listed or own.startswith("ft:") or "/" in own:
            return None
        if _family(own) in {_family(each) for each in listed}:
            # Only the version differs: most likely a newer model than the table.
            return None
        near = _nearest(own, listed)
        message = f"`{own}` is none of the models of {provider.title} that this program knows"
        return ModelDoubt(message, False, f"{provider.prefix}/{near}" if near else None)

    def _of(self, provider: Provider) -> list[str]:
        start = f"{provider.prefix}/"
        offered = [name.removeprefix(start) for name in provider.models]
        return [*offered, *(name.removeprefix(start) for name in known_models(provider.prefix))]

    @cached_property
    def _prefixes(self) -> list[str]:
        return [*(provider.prefix for provider in PROVIDERS), *sorted(OTHER_PREFIXES)]

    @cached_property
    def _bare(self) -> list[str]:
        return [name for name in known_models() if "/" not in name]

    @cached_property
    def _full(self) -> list[str]:
        return [SIMULATED, *(name for provider in PROVIDERS for name in provider.models), *known_models()]


def _nearest(name: str, names: Iterable[str]) -> str | None:
    if len(name) < _MISSPELT_LEAST:
        return None
    found = process.extractOne(
        name, names, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=_LEAST_LIKE / 100
    )
    return str(found[0]) if found else None


def _family(name: str) -> str:
    """A model's name without its version and date: `claude-sonnet` of `claude-sonnet-4-5-20250929`."""
    return _VERSION.sub("-", name).strip("-")
