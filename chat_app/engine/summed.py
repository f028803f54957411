"""JSON with a sum over it, as a bit that has changed may leave text that still reads as JSON.

{"a": 1} 2d6a3c44
"""

from __future__ import annotations

import json
import re
from typing import Any
from zlib import crc32

_SUMMED = re.compile(r"(.*) ([0-9a-f]{8})", re.DOTALL)
"""No JSON ends so: only white space may follow a value."""


def summed(value: Any, *key: str) -> str:
    """A value as text, with a sum over it and its row's key. Raises ValueError, TypeError, RecursionError."""
    text = json.dumps(value)
    return f"{text} {_sum(text, key)}"


def unsummed(text: str, *key: str) -> Any:
    """The value in such a text, or in one of an earlier version, without a sum. Raises ValueError, RecursionError."""
    found = _SUMMED.fullmatch(text)
    if found is None:
        return json.loads(text)
    value, told = found.groups()
    if told != _sum(value, key):
        raise ValueError("its bytes have changed")
    return json.loads(value)


def _sum(text: str, key: tuple[str, ...]) -> str:
    return f"{crc32(' '.join((*key, text)).encode()):08x}"
