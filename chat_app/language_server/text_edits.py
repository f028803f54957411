"""The difference of two texts as small edits: what an editor is told to change, so that all else stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from lsprotocol import types

from chat_app.language_server.positions import Lines

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LONGEST_PIECE = 4_000
_MOST_LINES = 2_000
"""Longer changed parts, in characters or lines, are replaced whole: comparing them would take too long."""

Change = tuple[int, int, str]
"""From, to (exclusive), and the new text between them."""


def text_edits(lines: Lines, new: str) -> list[types.TextEdit]:
    """The edits that make the new text of the old."""
    return [types.TextEdit(lines.range(start, end), text) for start, end, text in changes(lines.text, new)]


def changes(old: str, new: str) -> Iterator[Change]:
    """Where two texts differ, in order."""
    one, other = old.splitlines(keepends=True), new.splitlines(keepends=True)
    offsets = _offsets(one)
    if len(one) == len(other):
        for at, (before, after) in enumerate(zip(one, other, strict=True)):
            if before != after:
                yield from _in_piece(before, after, offsets[at])
        return
    head = _common(one, other)
    tail = _common(one[head:][::-1], other[head:][::-1])
    middle, middle_new = one[head : len(one) - tail], other[head : len(other) - tail]
    if max(len(middle), len(middle_new)) > _MOST_LINES:
        yield offsets[head], offsets[len(one) - tail], "".join(middle_new)
        return
    matcher = SequenceMatcher(None, middle, middle_new)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield from _in_piece("".join(middle[i1:i2]), "".join(middle_new[j1:j2]), offsets[head + i1])


def _in_piece(old: str, new: str, base: int) -> Iterator[Change]:
    """The words that differ."""
    if not old or not new or max(len(old), len(new)) > _LONGEST_PIECE:
        yield base, base + len(old), new
        return
    one, other = _WORDS.findall(old), _WORDS.findall(new)
    offsets = _offsets(one)
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag != "equal":
            yield base + offsets[i1], base + offsets[i2], "".join(other[j1:j2])


def _common(one: list[str], other: list[str]) -> int:
    """How many lines two lists begin with alike."""
    count = 0
    for before, after in zip(one, other, strict=False):
        if before != after:
            break
        count += 1
    return count


def _offsets(parts: list[str]) -> list[int]:
    """Where each part begins, and where the last one ends."""
    offsets = [0]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return offsets
