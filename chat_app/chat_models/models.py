"""Chat models by name: which there are here, which is the default, and how each is reached.

Keys come from the environment that the operator gave, and from one session's own keys; they go with
each call and are kept nowhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rapidfuzz import process

from chat_app.chat_models.access import Access, Doors
from chat_app.chat_models.connections import Connections
from chat_app.chat_models.context_length import ContextLength, ollama_behind, served_context
from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.failures import Called, unknown_model
from chat_app.chat_models.litellm_model import LiteLLMChatModel, close_connections, load_library
from chat_app.chat_models.lookup import NoAnswer, ollama_models, openai_models
from chat_app.chat_models.openai_model import SPOKEN_BY, OpenAIChatModel
from chat_app.chat_models.prices import Price, entry_of, known_models, price_of, provider_prefix
from chat_app.chat_models.protocol import ChatMessage, ChatModel, ChatRequest
from chat_app.chat_models.providers import (
    OLLAMA,
    PROVIDERS,
    Provider,
    by_prefix,
    call_name,
    first_of,
    ollama_address,
)
from chat_app.chat_models.rates import Gate, Gates, Rate
from chat_app.chat_models.scrub import secrets_of
from chat_app.chat_models.simulated import SIMULATED, SimulatedChatModel
from chat_app.chat_models.streaming import Patience
from chat_app.chat_models.whole_answer import whole_answer
from chat_app.chat_models.wire_request import Manner

_REMOTE = Patience()
_LOCAL = Patience(first=300.0, idle=120.0, total=900.0)
"""A local server may have to load gigabytes before its first word."""

_OLLAMA_CONTEXT = 16_384
"""Ollama's own default of 4,096 tokens silently drops the beginning of longer prompts."""

_MANY = 20


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a model can be used here, why, and what to do if not."""

    name: str
    ready: bool
    why: str
    how: str = ""


class ChatModels:
    """The source of chat models; implements ModelSource."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        preferred: str | None = None,
        hosted: bool = False,
        pace_seconds: float = 0.0,
        rates: Mapping[str, Rate] | None = None,
        direct: bool = True,
    ) -> None:
        """`rates` bound the calls to a provider, by its prefix; without `direct`, every call goes by LiteLLM."""
        self._environment = dict(environment)
        self._preferred = preferred
        self._hosted = hosted
        """Strangers share this server: they bring their own keys and choose no addresses."""
        self._pace = pace_seconds
        self._manners: dict[tuple[str, str | None], Manner] = {}
        self._gates = Gates(rates or {})
        self._connections = Connections()
        self._direct = direct

    def get(self, name: str | None, keys: Mapping[str, str] | None = None) -> ChatModel:
        """The model of a name; without one, the operator's choice or the simulated model.

        Loads nothing and asks nobody; raises UnknownModel where no provider can be told from the name.
        """
        name = (name or self._preferred or SIMULATED).strip()
        if name == SIMULATED:
            return SimulatedChatModel(pace_seconds=self._pace)
        prefix = provider_prefix(name)
        provider = by_prefix(prefix or "")
        if prefix is None:
            nearest = process.extractOne(name, [*_offered(), *known_models()], score_cutoff=75)
            raise unknown_model(Called(name, None, None), nearest=nearest[0] if nearest else None)
        access = self._doors(keys).access(name, provider)
        called = Called(name, provider, access.base, secrets_of(keys or {}) + secrets_of(self._environment))
        shared: dict[str, Any] = {
            "price": self._price_at(name, provider, access),
            "listed": price_of(name),
            "patience": _LOCAL if provider is not None and provider.local else _REMOTE,
            "manners": self._manners,
            "gate": self._gates.of(prefix),
        }
        if self._direct and prefix in SPOKEN_BY and (access.base or _chats_directly(name)):
            own = name.removeprefix(f"{prefix}/")
            return OpenAIChatModel(called, key=access.key, connections=self._connections, call_name=own, **shared)
        return LiteLLMChatModel(called, call_name=call_name(name), options=self._options(provider, access), **shared)

    def reached(self, name: str, keys: Mapping[str, str] | None = None) -> tuple[Access, Called, Gate]:
        """How a model of any kind is reached, and the gate of its provider; raises ChatModelError."""
        prefix = name.partition("/")[0]
        provider = by_prefix(prefix)
        access = self._doors(keys).access(name, provider)
        called = Called(name, provider, access.base, secrets_of(keys or {}) + secrets_of(self._environment))
        return access, called, self._gates.of(prefix)

    def at_home(self, name: str) -> bool:
        """Whether a model is asked at its provider's own address, where listed prices hold."""
        provider = by_prefix(name.partition("/")[0])
        return provider is None or not first_of(provider.bases, self._environment)

    def price(self, name: str) -> Price | None:
        """What a token of this model costs; None where that is unknown."""
        if name == SIMULATED:
            return Price(0.0, 0.0)
        provider = by_prefix(provider_prefix(name) or "")
        base = first_of(provider.bases, self._environment) if provider else None
        return self._price_at(name, provider, Access(None, base))

    async def default(self, keys: Mapping[str, str] | None = None) -> str:
        """The model to use where none is named: the operator's choice, a real one, else the simulated."""
        if self._preferred:
            return self._preferred
        ready = [one.name for one in await self.available(keys) if one.ready]
        return ready[0] if ready else SIMULATED

    async def available(self, keys: Mapping[str, str] | None = None) -> list[Availability]:
        """What can be used here, the ready ones first; asks only servers on this machine or network."""
        values = self._doors(keys).values()
        found = [one for provider in PROVIDERS for one in _by_key(provider, values)]
        asked = await asyncio.gather(self._of_ollama(values), _of_compatible(values))
        real = [*found, *(one for part in asked for one in part)]
        simulated = Availability(SIMULATED, True, "needs no key and no network; its answers are made up")
        ready = [one for one in real if one.ready]
        return [*ready, simulated, *(one for one in real if not one.ready)]

    async def probe(self, name: str, keys: Mapping[str, str] | None = None) -> Availability:
        """Asks the model for one word, and tells whether it answers."""
        request = ChatRequest(
            (ChatMessage("user", "Answer with the word: yes"),),
            max_tokens=64,
            timeout_seconds=60,
            purpose="probe",
        )
        try:
            await whole_answer(self.get(name, keys), request)
        except ChatModelError as error:
            return Availability(name, False, error.message, error.help)
        return Availability(name, True, "it answers")

    async def context_length(self, name: str, keys: Mapping[str, str] | None = None) -> ContextLength | None:
        """How much a model reads as it is served now; None where nobody tells. Asks only Ollama, near by."""
        provider = by_prefix(provider_prefix(name) or "")
        try:
            base = self._doors(keys).access(name, provider).base if provider is not None else None
        except ChatModelError:
            return None
        own = call_name(name).partition("/")[2]
        if base is None or self._hosted:
            return None
        if provider is OLLAMA:
            return await served_context(base, own, self._ollama_context())
        behind = ollama_behind(base)
        return await served_context(behind, own, None) if behind is not None and _is_near(base) else None

    async def warm(self) -> None:
        """Loads the model library, so that the first real call need not wait for it."""
        await load_library()

    async def close(self) -> None:
        """Closes the connections that are kept open between calls."""
        await self._connections.close()
        await close_connections()

    def _doors(self, keys: Mapping[str, str] | None) -> Doors:
        return Doors(self._environment, keys or {}, self._hosted)

    def _options(self, provider: Provider | None, access: Access) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if access.key is not None:
            options["api_key"] = access.key
        if access.base is not None:
            options["api_base"] = access.base
        if provider is OLLAMA:
            options["num_ctx"] = self._ollama_context()
        if provider is not None and provider.prefix == "azure" and "AZURE_API_VERSION" in self._environment:
            options["api_version"] = self._environment["AZURE_API_VERSION"]
        return options

    def _ollama_context(self) -> int:
        told = self._environment.get("OLLAMA_CONTEXT_LENGTH", "")
        return int(told) if told.isdecimal() else _OLLAMA_CONTEXT

    def _price_at(self, name: str, provider: Provider | None, access: Access) -> Price | None:
        """The listed price holds at the provider's own address; what another server asks is unknown."""
        elsewhere = access.base is not None and provider is not None and not provider.local
        return None if elsewhere else price_of(name)

    async def _of_ollama(self, values: Mapping[str, str]) -> list[Availability]:
        told = first_of(OLLAMA.bases, values)
        if self._hosted and told is None:
            return []
        base = ollama_address(told)
        try:
            names = await ollama_models(base)
        except NoAnswer:
            how = "Start it with `ollama serve`, or set OLLAMA_HOST to where it runs."
            return [Availability(OLLAMA.models[0], False, f"no Ollama answers at {_shown(base)}", how)]
        if not names:
            return [
                Availability(OLLAMA.models[0], False, "this Ollama has no models yet", "Run `ollama pull qwen3`.")
            ]
        why = f"Ollama at {_shown(base)} has it"
        return [Availability(f"{OLLAMA.prefix}/{name}", True, why) for name in names[:_MANY]]


def _chats_directly(name: str) -> bool:
    """Whether OpenAI serves the model on the road that this client takes; some have another one."""
    entry = entry_of(name)
    return entry is None or entry.get("mode") == "chat"


def _offered() -> list[str]:
    return [SIMULATED, *(name for provider in PROVIDERS for name in provider.models)]


def _by_key(provider: Provider, values: Mapping[str, str]) -> list[Availability]:
    """The offered models of a provider that is told from its key; another address has other models."""
    if provider.local or not provider.models or first_of(provider.bases, values):
        return []
    variable = next((name for name in provider.keys if values.get(name, "").strip()), None)
    if variable is None:
        how = f"Set {provider.keys[0]}, or type a key on the page."
        return [Availability(provider.models[0], False, f"no key of {provider.title}", how)]
    return [Availability(name, True, f"{variable} is set") for name in provider.models]


async def _of_compatible(values: Mapping[str, str]) -> list[Availability]:
    """What servers with OpenAI's protocol have, where their address is on this machine or network."""
    found: list[Availability] = []
    for provider in PROVIDERS:
        base = first_of(provider.bases, values)
        if provider is OLLAMA or base is None or provider.prefix in ("azure", "anthropic"):
            continue
        variable = next(name for name in provider.bases if values.get(name, "").strip())
        if not _is_near(base):
            found += [Availability(name, True, f"{variable} is set") for name in provider.models]
            continue
        try:
            names = await openai_models(base, first_of(provider.keys, values) or "")
        except NoAnswer:
            why, how = f"no server answers at {_shown(base)}", f"Start it, or change {variable}."
            found.append(Availability(f"{provider.prefix}/...", False, why, how))
            continue
        why = f"the server at {_shown(base)} has it"
        found += [Availability(f"{provider.prefix}/{name}", True, why) for name in names[:_MANY]]
    return found


def _is_near(base: str) -> bool:
    """Whether the address is on this machine or a private network."""
    try:
        host = urlsplit(base).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def _shown(base: str) -> str:
    """An address without a user's name and password."""
    try:
        parts = urlsplit(base)
        return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "its address"
