"""Names in the texts of another tool: which field of ours each of them means."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chat_app.workflow.edits.repairs.dialect.words import HOLDS_VALUE, PREFIXES

_WRAPPED = re.compile(r"\$\{\{\s*(.*?)\s*\}\}|\$\{\s*([^{}]*?)\s*\}|\{\{\s*(?!#)(.*?)\s*\}\}", re.DOTALL)
_BRACE = re.compile(r"(?<![{$])\{([A-Za-z_][\w.]*)\}(?!\})")
_PATH = re.compile(r"(?<![\w.'\"])[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[\s*['\"][\w-]+['\"]\s*\])*|\d+\.[A-Za-z_]\w*")
_LITERAL = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
_KEPT = frozenset(
    {"true", "false", "null", "none", "True", "False", "None", "and", "or", "not", "in", "is", "if", "else"}
)
_KEPT |= {
    "len",
    "size",
    "contains",
    "length",
    "loop",
    "index",
    "secret",
    "startsWith",
    "endsWith",
    "matches",
    "has",
    "int",
}


@dataclass
class Names:
    """What the names of a level mean."""

    fields: set[str] = field(default_factory=set)
    written: dict[str, dict[str, str]] = field(default_factory=dict)
    """Our field by step and by the step's own word for it."""
    blocks: set[str] = field(default_factory=set)
    """Steps that are no nodes of ours: a name after them is what is meant."""
    local: frozenset[str] = frozenset()
    """Names that stand for themselves, such as a map's item."""
    own: dict[str, str] = field(default_factory=dict)
    """What one step calls something, by an `inputs` of its own."""

    def path(self, dotted: str) -> str:
        """Our path for a name in a text."""
        parts = [part for part in re.split(r"\.|\[\s*['\"]|['\"]\s*\]", dotted.strip()) if part]
        if not parts:
            return dotted
        if parts[0] in self.own and parts[0] not in self.local:
            return ".".join([self.own[parts[0]], *parts[1:]])
        while len(parts) > 1 and (parts[0] in PREFIXES or parts[0] in self.blocks) and parts[0] not in self.written:
            parts = parts[1:]
        if parts[0] in self.local:
            return ".".join(parts)
        if parts[0] in self.written and not (parts[0] in self.fields and len(parts) == 1):
            return self._of_step(parts)
        return ".".join(["state", *parts])

    def _of_step(self, parts: list[str]) -> str:
        written = self.written[parts[0]]
        rest = parts[1:]
        while rest and rest[0] in HOLDS_VALUE and rest[0] not in written:
            rest = rest[1:]
        if rest and rest[0] in written:
            return ".".join(["state", written[rest[0]], *rest[1:]])
        if len(written) == 1:
            return ".".join(["state", next(iter(written.values())), *rest])
        if written and not rest:
            return f"state.{next(iter(written.values()))}"
        return ".".join(["state", *(rest or parts)])

    def text(self, text: str) -> str:
        """A template whose names are ours."""
        made = _WRAPPED.sub(
            lambda found: "{{ " + self._inner(next(g for g in found.groups() if g is not None)) + " }}", text
        )
        if "{{" not in text and "${" not in text and "{%" not in text:
            made = _BRACE.sub(lambda found: "{{ " + self.path(found[1]) + " }}", text)
        else:
            made = _BRACE.sub(lambda f: "{{ " + self.path(f[1]) + " }}" if f[1] in self.fields else f[0], made)
        return re.sub(r"\{%.*?%\}", lambda found: self._tag(found[0]), made, flags=re.DOTALL)

    def condition(self, text: str) -> str:
        """A condition whose names are ours."""
        bare = _WRAPPED.sub(lambda found: next(g for g in found.groups() if g is not None), text.strip())
        return self._outside_literals(bare, self._replaced)

    def _inner(self, inside: str) -> str:
        head, bar, filters = inside.partition("|")
        return self._outside_literals(head, self._replaced).strip() + (f" {bar}{filters}" if bar else "")

    def _tag(self, tag: str) -> str:
        found = re.match(r"(\{%-?\s*for\s+[\w, ]+\s+in\s+)([\w.]+)(.*)", tag, re.DOTALL)
        if found:
            return found[1] + self.path(found[2]) + found[3]
        found = re.match(r"(\{%-?\s*(?:if|elif)\s+)(.*?)(\s*-?%\})", tag, re.DOTALL)
        return found[1] + self._outside_literals(found[2], self._replaced) + found[3] if found else tag

    def _replaced(self, part: str) -> str:
        def one(found: re.Match[str]) -> str:
            word = found.group(0)
            after = part[found.end() : found.end() + 1]
            if word in _KEPT or (after == "(" and "." not in word):
                return word
            if after == "(":
                head, _, method = word.rpartition(".")
                return f"{self.path(head)}.{method}"
            return self.path(word)

        return _PATH.sub(one, part)

    def _outside_literals(self, text: str, change: Callable[[str], str]) -> str:
        pieces, at = [], 0
        for found in _LITERAL.finditer(text):
            pieces += [change(text[at : found.start()]), found.group(0)]
            at = found.end()
        return "".join([*pieces, change(text[at:])])


def texts(value: Any) -> list[str]:
    """All texts in a value, at any depth."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in texts(part)]
