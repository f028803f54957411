"""What workflows may contact, as the operator decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

MIB = 1024 * 1024
USER_AGENT = "workflow-chat"


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """Hosts are named as in URLs, with `:port` or without; `*.example.com` is its subdomains, `*` is any host."""

    allowed: frozenset[str] = field(default_factory=frozenset)
    """Hosts that may be contacted although their addresses are private."""
    only: frozenset[str] | None = None
    """Where given, no other host may be contacted."""
    denied: frozenset[str] = field(default_factory=frozenset)
    """Hosts that may not be contacted."""
    seconds: float = 30.0
    """The most one request may take, redirects and all."""
    answer_bytes: int = 10 * MIB
    request_bytes: int = 10 * MIB
    redirects: int = 5

    def may_be_private(self, host: str, port: int) -> bool:
        """Whether the operator lets workflows contact this host wherever it is."""
        return _named(host, port, self.allowed)

    def is_denied(self, host: str, port: int) -> bool:
        """Whether the operator forbids this host."""
        if _named(host, port, self.denied):
            return True
        return self.only is not None and not _named(host, port, self.only | self.allowed)


def hosts(text: str) -> frozenset[str]:
    """The hosts in a setting: separated by commas or blanks."""
    return frozenset(name.lower() for name in text.replace(",", " ").split())


def _named(host: str, port: int, patterns: Iterable[str]) -> bool:
    host = host.rstrip(".").lower()
    names = {host, f"{host}:{port}", f"[{host}]:{port}"}
    for pattern in patterns:
        if pattern in names or pattern == "*":
            return True
        if pattern.startswith("*.") and any(name.endswith(pattern[1:]) for name in names):
            return True
    return False
