"""Where two texts differ: at one place and little, while somebody types."""

from __future__ import annotations

TYPED = 200
"""Characters that may change between two checks of a text that is being typed."""


def changed_span(one: str, other: str) -> int:
    """How many characters lie between the first and the last that differ: few, while somebody types."""
    start = _alike(one, other)
    end = _alike(one[start:][::-1], other[start:][::-1])
    return max(len(one), len(other)) - start - end


def _alike(one: str, other: str) -> int:
    """How many characters from the start are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))
