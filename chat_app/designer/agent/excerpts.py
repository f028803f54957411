"""A large workflow as the model reads it: whole where the wish is, in one line a node elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chat_app.designer.agent.budget import cut, tokens
from chat_app.workflow.source import read

_WORD = re.compile(r"[a-z][a-z0-9_]+")
_SHORT_ENOUGH = 40
"""Nodes of fewer tokens are not worth leaving out."""


def excerpt(text: str, limit: int, wish: str) -> str:
    """The text within `limit` tokens: long nodes the wish does not name are told in one line first."""
    if tokens(text) <= limit:
        return text
    source = read(text)
    nodes = source.data.get("nodes") if isinstance(source.data, dict) else None
    if not isinstance(nodes, list):
        return cut(text, limit)
    named = set(_WORD.findall(wish.lower()))
    shortened = _shortened(text, limit, _spans(source, nodes), named)
    return cut(shortened, limit)


def _spans(source: Any, nodes: list[Any]) -> list[tuple[int, int, Mapping[str, Any]]]:
    found = []
    for at, node in enumerate(nodes):
        span = source.span(("nodes", at))
        if span is not None and isinstance(node, dict):
            found.append((*span, node))
    return found


def _shortened(text: str, limit: int, spans: list[tuple[int, int, Mapping[str, Any]]], named: set[str]) -> str:
    """The text with as many nodes in one line as it takes; the longest first, those named last."""
    lines: dict[int, str] = {}
    order = sorted(spans, key=lambda span: (str(span[2].get("id")) in named, span[0] - span[1]))
    for start, end, node in order:
        if tokens(_rebuilt(text, spans, lines)) <= limit:
            break
        if tokens(text[start:end]) > _SHORT_ENOUGH:
            lines[start] = _line(node)
    return _rebuilt(text, spans, lines)


def _rebuilt(text: str, spans: list[tuple[int, int, Mapping[str, Any]]], lines: Mapping[int, str]) -> str:
    pieces, position = [], 0
    for start, end, _ in spans:
        if start in lines:
            pieces += [text[position:start], lines[start]]
            position = end
    return "".join([*pieces, text[position:]])


def _line(node: Mapping[str, Any]) -> str:
    writes = ", ".join(map(str, node.get("writes") or []))
    return f"{{id: {node.get('id')}, kind: {node.get('kind')}, writes: [{writes}]}}  # shown in short"
