"""How a provider is reached: which key goes to which address, and what is refused before any call.

A key of the operator never goes to an address that a session chose; on a shared server a session
chooses no addresses, and uses no credentials that lie on the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from chat_app.chat_models.errors import KeyRefused, RequestRefused
from chat_app.chat_models.failures import Called, not_reachable, unknown_model
from chat_app.chat_models.providers import OLLAMA, PROVIDERS, Provider, first_of, ollama_address
from chat_app.chat_models.simulated import SIMULATED

_NO_KEY = "none"
"""Sent where a server needs no key; without one the library would look for keys by itself."""

ADDRESSES = frozenset(name for provider in PROVIDERS for name in provider.bases)
"""The variables that choose an address."""


@dataclass(frozen=True, slots=True)
class Access:
    """A key and an address; None: the provider's own address, or no key that we know of."""

    key: str | None = field(repr=False)
    base: str | None


@dataclass(frozen=True, slots=True)
class Doors:
    """What the operator's environment and one session open."""

    environment: Mapping[str, str] = field(repr=False)
    session: Mapping[str, str] = field(repr=False)
    hosted: bool = False

    def values(self) -> dict[str, str]:
        """Both together, the session's first, without what a visitor may not choose."""
        own = {name: value for name, value in self.session.items() if value.strip()}
        if self.hosted:
            own = {name: value for name, value in own.items() if name not in ADDRESSES}
        return {**self.environment, **own}

    def access(self, name: str, provider: Provider | None) -> Access:
        """How to reach a model; raises KeyRefused, RequestRefused, NotReachable or UnknownModel."""
        if "/" in name and not name.partition("/")[2].strip():
            raise unknown_model(Called(name, provider, None))
        if self.hosted and any(self.session.get(address, "").strip() for address in ADDRESSES):
            raise RequestRefused(
                "An address of a model server can't be chosen on this shared server.",
                help="Use a provider's key, or run the app on your own machine.",
            )
        found = self._of_another(name) if provider is None else self._of(name, provider)
        if found.key is not None and not (found.key.isascii() and found.key.isprintable()):
            raise KeyRefused(
                f"The key for `{name}` holds characters that no key has.",
                help="Copy it again, without blanks, quotes or line breaks.",
            )
        return found

    def _of_another(self, name: str) -> Access:
        """A provider that is not in the table finds its settings itself, in LiteLLM's own way."""
        if self.hosted:
            raise RequestRefused(
                f"`{name}` can't be used on this shared server.",
                help=f"Use one of: {', '.join(one.prefix for one in PROVIDERS if not one.local)}.",
            )
        prefix = name.partition("/")[0].upper().replace("-", "_")
        return Access(first_of((f"{prefix}_API_KEY",), self.values()), None)

    def _of(self, name: str, provider: Provider) -> Access:
        base = first_of(provider.bases, self.session)
        # Where the session chose the address, only its own key goes there.
        key = first_of(provider.keys, self.session if base else self.values())
        base = base or first_of(provider.bases, self.environment)
        if provider is OLLAMA:
            if self.hosted and base is None:
                raise not_reachable(Called(name, provider, None))
            base = ollama_address(base)
        elif provider.local and base is None:
            raise RequestRefused(
                f"`{name}` needs the address of its server.",
                help=f"Set {provider.bases[0]}, such as http://127.0.0.1:8000/v1.",
            )
        elif key is None and base is None:
            raise KeyRefused(
                f"`{name}` needs a key of {provider.title}, and there is none.",
                help=f"Set {provider.keys[0]}, or type a key on the page; without one, choose `{SIMULATED}`.",
            )
        if base is not None and not is_address(base):
            raise RequestRefused(
                f"The address in {' or '.join(provider.bases)} is not one.",
                help="Write it as http://host:port/v1 or https://host/v1.",
            )
        return Access(key or _NO_KEY, base)


def is_address(text: str) -> bool:
    """Whether a text is an http or https address that can be called."""
    try:
        parts = urlsplit(text)
        reachable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and reachable and text.isascii() and not any(map(str.isspace, text))
