"""The look-ups in templates, conditions and code (`state.mood`), found in the text as it is written.

The text of a scalar is first made plain: escapes and quotes become blanks, so that every character keeps its
place, and what is found can be told to an editor as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from chat_app.workflow.diagnostics import Path

Manner = Literal["template", "condition", "code"]

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_PARTS = re.compile(r"\{\{.*?(?:\}\}|\Z)|\{%.*?(?:%\}|\Z)", re.DOTALL)
_TOKEN = re.compile(r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<word>[A-Za-z_]\w*)|(?P<number>\d[\w.]*)"""
                    r"""|(?P<blank>\s+)|(?P<sign>.)""", re.DOTALL)  # fmt: skip
_NO_LOOKUPS = frozenset(
    {"id", "kind", "description", "writes", "subtasks", "tools", "tool", "uses", "model", "labels", "on_error"}
    | {"retry", "method", "item", "runtime", "returns", "state"}
)


@dataclass(frozen=True, slots=True)
class Part:
    """One name of a look-up."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lookup:
    """A dotted name; `[]` stands for an index."""

    parts: tuple[Part, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts)


def manner_at(path: Path, kind: str | None = None) -> Manner | None:
    """How the text at a path names fields; None where it is only text."""
    inner = _in_node(path)
    if inner is not None:
        if inner[:1] == ("code",):
            return "code"
        return "template" if inner and inner[0] not in _NO_LOOKUPS and inner[0] != "body" else None
    if path[-1:] == ("condition",) or (len(path) >= 4 and path[-2] == "expect" and path[0] == "tests"):
        return "condition"
    return None


def _in_node(path: Path) -> Path | None:
    """The path from the innermost node down."""
    for at in range(len(path) - 2, -1, -1):
        if path[at] == "nodes" and isinstance(path[at + 1], int) and (at == 0 or path[at - 1] == "body"):
            below = path[at + 2 :]
            return None if below[:2] == ("body", "edges") else below
    return None


def made_plain(written: str) -> str:
    """A scalar as it is written, with what is not its text blanked out; it keeps its length."""
    if written[:1] == '"':
        return f" {blank_escapes(written[1:-1])} " if len(written) > 1 else " "
    if written[:1] == "'":
        return " " + written[1:-1].replace("''", " '") + " " if len(written) > 1 else " "
    return written


def blank_escapes(written: str) -> str:
    """Text of double quotes with its escapes blanked, but for the quotes and backslashes they stand for."""

    def plain(found: re.Match[str]) -> str:
        kept = found.group(1) if found.group(1) in '"\\/' else " "
        return kept.rjust(len(found.group()))

    return _ESCAPE.sub(plain, written)


def lookups_in(text: str, manner: Manner, base: int = 0) -> Iterator[Lookup]:
    """Every look-up in a text made plain; places count from `base`."""
    if manner == "template":
        for found in _PARTS.finditer(text):
            yield from _chains(found.group(), base + found.start())
    else:
        yield from _chains(text, base)


def _chains(text: str, base: int) -> Iterator[Lookup]:
    tokens = [found for found in _TOKEN.finditer(text) if found.lastgroup != "blank"]
    at = 0
    while at < len(tokens):
        if tokens[at].lastgroup != "word":
            at += 1
            continue
        parts = [_part(tokens[at], base)]
        at += 1
        while at + 1 < len(tokens):
            sign, follows = tokens[at].group(), tokens[at + 1]
            if sign == "." and follows.lastgroup == "word":
                parts.append(_part(follows, base))
                at += 2
            elif sign == "[" and at + 2 < len(tokens) and tokens[at + 2].group() == "]":
                parts.append(_index(follows, base))
                at += 3
            else:
                break
        if at < len(tokens) and tokens[at].group() == "(":
            parts.pop()
        if parts:
            yield Lookup(tuple(parts))


def _part(found: re.Match[str], base: int) -> Part:
    return Part(found.group(), base + found.start(), base + found.end())


def _index(found: re.Match[str], base: int) -> Part:
    if found.lastgroup == "text":
        inner = found.group()[1:-1]
        start = base + found.start() + 1 + len(inner) - len(inner.lstrip())
        return Part(inner.strip(), start, start + len(inner.strip()))
    return Part("[]", base + found.start(), base + found.end())
