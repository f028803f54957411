"""Secrets: looked up by name when a request is made, and scrubbed from everything that comes out of it."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus

from chat_app.workflow.names import nearest

SHORTEST = 6
"""A shorter value cannot be told from ordinary text, so it cannot be kept secret."""


class SecretMissing(Exception):
    """A secret that is named is not there; `help` says what to do."""

    def __init__(self, message: str, *, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class SecretStore:
    """Where secrets come from: the environment of the app, and what a session brought along."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    offered: frozenset[str] | None = None
    """The names that workflows may use of the environment; None: any."""

    def take(self, names: Iterable[str], session: Mapping[str, str] | None = None) -> Secrets:
        """The secrets of these names and no others; raises SecretMissing."""
        return Secrets({name: self._value(name, session or {}) for name in sorted(set(names))})

    def _value(self, name: str, session: Mapping[str, str]) -> str:
        value = session.get(name) or (self.environment.get(name) if self._is_offered(name) else None)
        if not value:
            raise SecretMissing(f"The secret {name} is not set.", help=self._help(name))
        if len(value) < SHORTEST:
            message = f"The secret {name} has fewer than {SHORTEST} characters and could not be kept secret."
            raise SecretMissing(message, help="Use a longer one.")
        return value

    def _is_offered(self, name: str) -> bool:
        return self.offered is None or name in self.offered

    def _help(self, name: str) -> str:
        if not self._is_offered(name):
            return f"The operator offers workflows no secret of this name; WORKFLOW_CHAT_SECRETS={name} would."
        near = nearest(name, sorted(self.offered or ()))
        offer = f"Did you mean {near}? " if near else ""
        return f"{offer}Set the environment variable {name} before the app starts."


@dataclass(frozen=True)
class Secrets:
    """The secrets that one run uses, by name."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def scrub(self, value: Any) -> Any:
        """The same value with every secret in it replaced by its name, however it is written."""
        if not self.values:
            return value
        if isinstance(value, str):
            return self._pattern.sub(lambda found: self._named(found.group()), value)
        if isinstance(value, Mapping):
            return {self.scrub(key): self.scrub(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.scrub(part) for part in value)
        if isinstance(value, bytes):
            return self.scrub(value.decode("latin-1")).encode("latin-1")
        return value

    def _named(self, text: str) -> str:
        # Letters that match without being each other's small letter, such as the long s, have no name here.
        name = self._forms.get(text.lower())
        return f"[secret {name}]" if name else "[secret]"

    @cached_property
    def _forms(self) -> dict[str, str]:
        """Every way in which a secret may be written, in small letters, with its name."""
        return {form.lower(): name for name, value in self.values.items() for form in _forms(value)}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # The longest first: a secret that begins like another must not leave its tail behind.
        forms = sorted(self._forms, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, forms)), re.IGNORECASE)


def _forms(value: str) -> Iterator[str]:
    raw = value.encode()
    yield value
    yield raw.decode("latin-1")
    yield quote(value, safe="")
    yield quote(value)
    yield quote_plus(value)
    yield "".join(f"%{byte:02x}" for byte in raw)
    yield html.escape(value)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield repr(value)[1:-1]
    yield raw.hex()
    for text in _base64_forms(raw):
        yield text
        yield text.replace("+", "-").replace("/", "_")
        yield quote(text, safe="")


def _base64_forms(raw: bytes) -> Iterator[str]:
    """What base64 makes of the secret wherever it stands in a longer text, as in `user:secret`."""
    for before in range(3):
        padded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        # The first and last letters also hold bits of what stands around the secret.
        start = (0, 2, 3)[before]
        whole = (before + len(raw)) % 3 == 0
        inner = padded[start:] if whole else padded[start:-1]
        if len(inner) >= SHORTEST:
            yield inner
