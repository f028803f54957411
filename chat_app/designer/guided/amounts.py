"""Amounts as people say them: `half an hour` is 30 minutes, `an hour and a half` is 90, `10,000` is 10000."""

from __future__ import annotations

import re

from chat_app.designer.guided.words import NUMBER, number

_IN_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_TIME = r"(?P<unit>second|minute|hour)s?\b"
_PARTS = {"half": 0.5, "quarter": 0.25, "three quarters": 0.75}
_ONE_AND_A_HALF = re.compile(rf"\b(?:an?|one)\s+{_TIME}\s+and\s+a\s+half\b", re.IGNORECASE)
_SO_MANY_AND_A_HALF = re.compile(
    rf"\b(?P<n>{NUMBER})\s+and\s+a\s+half\s+(?P<unit>second|minute|hour|dollar)s?\b", re.IGNORECASE
)
_PART = re.compile(
    r"\b(?:an?\s+)?(?P<part>half|(?:three\s+)?quarters?)(?:\s+of)?(?:\s+an?|-|\s)\s*(?P<unit>second|minute|hour|dollar)s?\b",
    re.IGNORECASE,
)
_ONE = re.compile(r"\b(?:an?|one single)\s+(?P<unit>second|minute|hour|dollar|cent)s?\b", re.IGNORECASE)
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_THOUSANDS = re.compile(rf"\b(?P<n>{NUMBER})\s+thousand\b", re.IGNORECASE)


def in_digits(text: str) -> str:
    """The text with its fractions, single units and thousands as plain numbers."""
    text = _GROUPED.sub(lambda found: found[0].replace(",", ""), text)
    text = _THOUSANDS.sub(lambda found: f"{1000 * _count(found['n']):g}", text)
    text = _ONE_AND_A_HALF.sub(lambda found: _amount(1.5, found["unit"]), text)
    text = _SO_MANY_AND_A_HALF.sub(lambda found: _amount(_count(found["n"]) + 0.5, found["unit"]), text)
    text = _PART.sub(lambda found: _amount(_share(found["part"]), found["unit"]), text)
    return _ONE.sub(lambda found: f"1 {found['unit']}", text)


def _count(words: str) -> float:
    return float(words) if words[0].isdigit() else float(number(words) or 0)


def _share(words: str) -> float:
    plain = " ".join(words.lower().split())
    return _PARTS[plain] if plain in _PARTS else _PARTS["quarter"]


def _amount(count: float, unit: str) -> str:
    seconds = _IN_SECONDS.get(unit.lower())
    return f"{count * seconds:g} seconds" if seconds else f"{count:g} {unit}s"
