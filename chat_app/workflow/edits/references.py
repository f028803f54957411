"""Where texts name fields: in templates, conditions and code. Reads them and renames them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

Manner = Literal["template", "condition", "code"]

_SEGMENT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_LITERAL = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'"
_READ = re.compile(rf"(?<![\w.])state\s*(?:\.\s*(\w+)|\[\s*['\"](\w+)['\"]\s*\])|{_LITERAL}")
_BARE = re.compile(rf"(?<![\w.])([a-z]\w*)\b(?!\s*[(=]|\s*:)|{_LITERAL}")
_WORDS = frozenset({"state", "secret", "loop", "true", "false", "none", "null", "not", "and", "or", "in", "is"}) | {
    *("if", "else", "elif", "endif", "for", "endfor", "set"),
}
"""Words of templates and conditions; a field of such a name is never meant by the bare word."""
_FILTER = re.compile(r"\|\s*([a-z]\w*)")
_BOUND = re.compile(r"\bfor\s+(\w+)(?:\s*,\s*(\w+))?\s+in\b|\.(?:all|exists|exists_one|map|filter)\(\s*(\w+)\s*,")
_NO_TEMPLATES = frozenset(
    {"id", "kind", "description", "writes", "subtasks", "tools", "tool", "uses", "model", "labels", "on_error"}
    | {"retry", "method", "item", "runtime"}
)


@dataclass(frozen=True, slots=True)
class TextAt:
    """A text that may name fields, and where it stands."""

    holder: Any
    key: Any
    manner: Manner

    @property
    def text(self) -> str:
        return str(self.holder[self.key])

    def set(self, text: str) -> None:
        """Puts another text there, when it differs."""
        if text != self.holder[self.key]:
            self.holder[self.key] = text


def texts_of_node(node: dict[str, Any]) -> Iterator[TextAt]:
    """The texts of a node itself; those of a map's body are not among them."""
    for key, value in node.items():
        if key in _NO_TEMPLATES or (key == "body" and node.get("kind") == "map"):
            continue
        if key == "code" and isinstance(value, str):
            yield TextAt(node, key, "code")
        else:
            yield from _templates(node, key, value)


def texts_of_edges(edges: Any) -> Iterator[TextAt]:
    """The conditions of edges."""
    for edge in edges if isinstance(edges, list) else []:
        if not isinstance(edge, dict):
            continue
        routes = edge.get("routes")
        for route in [*(routes if isinstance(routes, list) else []), edge.get("to_conditional")]:
            if isinstance(route, dict) and isinstance(route.get("condition"), str):
                yield TextAt(route, "condition", "condition")


def fields_read(text: str, manner: Manner) -> set[str]:
    """The fields of the state that a text names."""
    parts = _SEGMENT.findall(text) if manner == "template" else [text]
    found = (match for part in parts for match in _READ.finditer(part))
    return {name for match in found if (name := match.group(1) or match.group(2))}


def bare_names(text: str, manner: Manner) -> set[str]:
    """Names that stand alone in a template or condition, where a field should stand behind `state.`."""
    if manner == "code":
        return set()
    parts = _SEGMENT.findall(text) if manner == "template" else [text]
    bound = {name for found in _BOUND.finditer(text) for name in found.groups() if name}
    found = {match.group(1) for part in parts for match in _BARE.finditer(part) if match.group(1)}
    return found - bound - _WORDS - {match.group(1) for part in parts for match in _FILTER.finditer(part)}


def rename_field(text: str, manner: Manner, old: str, new: str) -> str:
    """The text with a field of the state renamed."""
    name = re.escape(old)
    pattern = re.compile(
        rf"((?<![\w.])state\s*\.\s*){name}\b|((?<![\w.])state\s*\[\s*['\"]){name}(?=['\"]\s*\])|{_LITERAL}"
    )

    def swap(found: re.Match[str]) -> str:
        start = found.group(1) or found.group(2)
        return f"{start}{new}" if start else found.group(0)

    renamed = _within(text, manner, lambda part: pattern.sub(swap, part))
    return rename_word(renamed, "code", old, new) if manner == "code" else renamed


def replace_field(text: str, manner: Manner, field: str, name: str) -> str:
    """The text with `state.field` replaced by a name of its own, such as a map's item."""
    escaped = re.escape(field)
    pattern = re.compile(rf"(?<![\w.])state\s*(?:\.\s*{escaped}\b|\[\s*['\"]{escaped}['\"]\s*\])|{_LITERAL}")
    return _within(
        text, manner, lambda part: pattern.sub(lambda m: name if m.group(0)[0] not in "\"'" else m.group(0), part)
    )


def rename_word(text: str, manner: Manner, old: str, new: str) -> str:
    """The text with a name that stands alone renamed, such as a map's item or a variable of code."""
    pattern = re.compile(rf"(?<![\w.]){re.escape(old)}\b|{_LITERAL}")
    return _within(text, manner, lambda part: pattern.sub(lambda m: new if m.group(0) == old else m.group(0), part))


def _within(text: str, manner: Manner, change: Callable[[str], str]) -> str:
    if manner != "template":
        return change(text)
    return _SEGMENT.sub(lambda found: change(found.group(0)), text)


def _templates(holder: Any, key: Any, value: Any) -> Iterator[TextAt]:
    if isinstance(value, str):
        yield TextAt(holder, key, "template")
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _templates(value, name, part)
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from _templates(value, at, part)
