"""Where a piece of a value stands in YAML that is laid out otherwise than it reads: folded, indented or escaped."""

from __future__ import annotations

import re
from itertools import islice

_REACHES = (40, 12, 4)
"""So many characters on both sides tell a place; fewer, where more are not found."""

_LONGEST = 200_000
"""A longer value is not searched: its key tells enough, and a hostile text costs no more."""

_SPACE = re.compile(r"\s+")
_ESCAPED = {'"': r'\\?"', "'": "''?", "\\": r"\\\\?"}


def laid_out_at(text: str, span: tuple[int, int], value: str, offset: int) -> int | None:
    """The place in the text of a character of a value that stands in the span; None where it can't be told."""
    if span[1] - span[0] > _LONGEST:
        return None
    for reach in _REACHES:
        before, after = value[max(0, offset - reach) : offset].lstrip(), value[offset : offset + reach].rstrip()
        if not after:
            continue
        pattern = re.compile(f"{_pattern(before)}({_pattern(after)})")
        # The same words may stand in the value before: count how often.
        earlier = value[: offset + len(after)].count(before + after) - 1
        found = list(islice(pattern.finditer(text, *span), max(earlier, 0) + 1))
        if found:
            return found[-1].start(1)
    return None


def _pattern(piece: str) -> str:
    """Matches a piece of a value as YAML may write it: broken into lines, with quotes doubled or escaped."""
    parts = []
    for part in re.split(r"(\s+)", piece):
        if _SPACE.fullmatch(part):
            parts.append(r"(?:\\[nt]|\\?\s)+")
        else:
            parts.append("".join(_ESCAPED.get(character, re.escape(character)) for character in part))
    return "".join(parts)
