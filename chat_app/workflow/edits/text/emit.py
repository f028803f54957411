"""New data as YAML text in the house's layout: block style, short flat values on one line, prose in `|` blocks.

Containers that came from the text (`origin`) are not written anew: `moved` gives their own text.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

from chat_app.workflow.edits.text.scalar_text import as_block, inline, quoted
from chat_app.workflow.edits.text.tree import plain

WIDTH = 100
_SECTIONS = frozenset({"nodes", "edges", "inputs", "state", "requirements", "tests", "body", "routes"})
_DEEPEST_INLINE = 3


class Moved(Protocol):
    """The text of a container that stood elsewhere before; None for a new one."""

    def __call__(self, value: Any, column: int) -> str | None: ...


class LeadOf(Protocol):
    """The comment lines that stand directly above a list item."""

    def __call__(self, value: Any) -> list[str]: ...


class Emitter:
    """Writes values; `dash_indent` is how far lists stand in from their key."""

    def __init__(self, moved: Moved, lead_of: LeadOf, dash_indent: int = 2, as_json: bool = False) -> None:
        self.as_json = as_json
        self.moved = moved
        self.lead_of = lead_of
        self.dash_indent = dash_indent

    def after_key(self, value: Any, column: int, key: str = "", style: str = "") -> str:
        """What follows `key:` in a block mapping at `column`, the space or line break included."""
        if isinstance(value, dict | list):
            origin = getattr(value, "origin", None)
            inner = column + (self.dash_indent if isinstance(value, list) else 2)
            text = self.moved(value, inner)
            if text is not None and origin is not None:
                return f" {text}" if origin.flow else "\n" + " " * inner + text
            if self.is_inline(value, column + len(key) + 2, key):
                return " " + self.flow(value)
            return "\n" + " " * inner + self.block(value, inner)
        return " " + self.scalar(value, column + 2, style)

    def key(self, name: str) -> str:
        """A key of a mapping."""
        return json.dumps(name, ensure_ascii=False) if self.as_json else inline(name, flow=True, key=True)

    def block(self, value: Any, column: int) -> str:
        """A container in block style; its first line comes without indentation."""
        pad = " " * column
        if isinstance(value, dict):
            lines = [f"{self.key(k)}:{self.after_key(v, column, k)}" for k, v in value.items()]
            return f"\n{pad}".join(lines)
        return "\n".join(self.item(part, column) for part in value).removeprefix(pad)

    def item(self, value: Any, column: int, prefer_flow: bool = False) -> str:
        """A whole list item, its dash at `column`, comments above it included."""
        pad = " " * column
        lead = "".join(f"{pad}{line}\n" for line in self.lead_of(value))
        return f"{lead}{pad}- {self.after_dash(value, column, prefer_flow=prefer_flow)}"

    def after_dash(self, value: Any, column: int, style: str = "", prefer_flow: bool = False) -> str:
        """What follows the dash and its space."""
        inner = column + 2
        if not isinstance(value, dict | list):
            return self.scalar(value, inner, style)
        text = self.moved(value, inner)
        if text is not None:
            return text
        short = _flat_length(value) + inner <= WIDTH + 10
        plain_item = not (isinstance(value, dict) and _SECTIONS & value.keys())
        if (prefer_flow and short and plain_item and not _has_lines(value)) or self.is_inline(value, inner, ""):
            return self.flow(value)
        return self.block(value, inner)

    def scalar(self, value: Any, column: int, style: str = "") -> str:
        """A scalar; `style` is the one it had before."""
        if not isinstance(value, str):
            return inline(value, flow=False)
        block = as_block(value, column)
        if block is not None:
            return block
        return quoted(value) if style in ("'", '"') else inline(value, flow=False)

    def flow(self, value: Any) -> str:
        """Any data on one line; what stood on one line before keeps its text."""
        origin = getattr(value, "origin", None)
        if origin is not None and origin.flow:
            text = self.moved(value, 0)
            if text is not None and "\n" not in text and (origin.in_flow or "#" not in text):
                return text
        if self.as_json:
            return json.dumps(plain(value), ensure_ascii=False)
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.key(k)}: {self.flow(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.flow(part) for part in value) + "]"
        return inline(value, flow=True)

    def is_inline(self, value: Any, column: int, key: str) -> bool:
        """Whether a container goes on one line."""
        if not value:
            return True
        if _is_section(key, value) or _has_lines(value) or _depth(value) > _DEEPEST_INLINE:
            return False
        if isinstance(value, dict) and not key and (_SECTIONS & value.keys() or {"id", "kind"} <= value.keys()):
            return False
        if isinstance(value, dict) and not key and "expect" in value:
            return False
        return _flat_length(value) + column <= WIDTH


def _is_section(key: str, value: Any) -> bool:
    """Whether a key holds parts that have a line each; the inputs of a test are mere values."""
    if key in ("inputs", "state"):
        return isinstance(value, dict) and any(isinstance(part, dict) for part in value.values())
    return key in _SECTIONS


def _flat_length(value: Any) -> int:
    """The length of a value on one line."""
    if isinstance(value, dict):
        return 2 + sum(len(inline(key, flow=True, key=True)) + _flat_length(part) + 4 for key, part in value.items())
    if isinstance(value, list):
        return 2 + sum(_flat_length(part) + 2 for part in value)
    return len(inline(value, flow=True))


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(part) for part in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(part) for part in value), default=0)
    return 0


def _has_lines(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_lines(part) for part in value.values())
    if isinstance(value, list):
        return any(_has_lines(part) for part in value)
    return isinstance(value, str) and "\n" in value.strip("\n")
