"""Takes keys out of texts that people or logs will see; providers like to repeat them in errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

HIDDEN = "(key hidden)"

_SHORTEST = 6
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_LOOKS_SECRET = re.compile(
    r"\b(?:sk|pk|rk|gsk|hf|xai|pplx|nvapi|csk|tgp|r8)[-_][\w*.…-]{6,}|\bAIza[\w*-]{6,}|(?<=Bearer )\S{6,}"
)
_USER_IN_URL = re.compile(r"(?<=://)[^/\s@]+@")


def secrets_of(values: Mapping[str, str]) -> tuple[str, ...]:
    """The values of all variables whose names speak of a secret."""
    return tuple(value for name, value in values.items() if _SECRET_NAME.search(name))


def scrub(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets, and without anything that looks like a key."""
    for secret in sorted({one.strip() for one in secrets}, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, HIDDEN)
    return _USER_IN_URL.sub("", _LOOKS_SECRET.sub(HIDDEN, text))
