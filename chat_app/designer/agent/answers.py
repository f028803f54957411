"""Reads what a model answered, however it was wrapped: JSON in prose, fences, tool calls, YAML, cut text."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import yaml
from pydantic_core import from_json

from chat_app.chat_models.protocol import ToolRequest
from chat_app.designer.agent.wire import ACTIONS

DECIDE = "decide"
"""The tool by which a model decides, where it is asked with tools."""

_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"```[ \t]*([A-Za-z0-9_+-]*)[ \t]*\r?\n(.*?)(?:\r?\n?```|\Z)", re.DOTALL)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_DOCUMENT = re.compile(
    r"^(?:#.*\n|---\s*\n|\s*\n)*(?:version|name|description|inputs|nodes|steps|workflow|kind|app)\s*:", re.M
)
_WRAPPERS = ("workflow", "flow", "pipeline", "graph")
"""Keys that hold a whole workflow in some tools' files."""
_MARKS = frozenset({"action", "edits", "question", "plan", "say", "op", "ops", "operations"})
_LONGEST = 60_000
"""Characters read of one answer: more than any real one has."""
_MOST_PIECES = 10
"""Fences and brackets that are tried."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands in a model's answer: at most one of `decision` and `document`, or prose alone."""

    decision: dict[str, Any] | None = None
    document: str | None = None
    prose: str = ""
    cut: bool = False
    """Whether the answer ended before its end; then the last edit may be half."""


def read_answer(text: str, requests: Sequence[ToolRequest] = (), *, cut: bool = False) -> Answer:
    """The decision, the whole document, or the bare prose of an answer."""
    if called := _from_tools(requests):
        return Answer(decision=called, cut=cut)
    bare = _THINKING.sub("", text[:_LONGEST]).strip()
    best = max(_decisions(bare, cut), key=_weight, default=None)
    if best is not None:
        return Answer(decision=best, cut=cut)
    if (document := _document(bare)) is not None:
        return Answer(document=document, prose=_FENCE.sub("", bare).strip(), cut=cut)
    return Answer(prose=_FENCE.sub("", bare).strip() or bare, cut=cut)


def read_json(text: str, *, partial: bool = False) -> Any:
    """JSON with the usual slips forgiven; None where it is none."""
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text)):
        with suppress(ValueError):
            return from_json(attempt)
        with suppress(ValueError, RecursionError):
            return json.loads(attempt, strict=False)
    if partial:
        with suppress(ValueError):
            return from_json(text, allow_partial="trailing-strings")
    return _as_python(text)


def _as_python(text: str) -> Any:
    """Single quotes, True and None: what a model writes that thinks in Python."""
    if not text.startswith(("{", "[")) or len(text) > 50_000:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _from_tools(requests: Sequence[ToolRequest]) -> dict[str, Any] | None:
    edits: list[Any] = []
    for request in requests:
        arguments = read_json(request.arguments.strip() or "{}", partial=True)
        if not isinstance(arguments, dict):
            continue
        if request.name == DECIDE or "action" in arguments:
            return arguments
        if request.name in ACTIONS:
            return {"action": request.name} | arguments
        if "edits" in arguments:
            return arguments
        edits.append({"op": request.name} | arguments)
    return {"action": "edit", "edits": edits} if edits else None


def _decisions(text: str, cut: bool) -> Iterator[dict[str, Any]]:
    for piece in _candidates(text):
        value = read_json(piece)
        if value is None and (cut or piece.endswith(text[-20:])):
            value = read_json(piece, partial=True)
        if (decision := _as_decision(value)) is not None:
            yield decision
    for language, body in _fences(text):
        if language in ("yaml", "yml", "") and (decision := _as_decision(_yaml(body))) is not None:
            yield decision


def _candidates(text: str) -> Iterator[str]:
    yield text
    for _, body in _fences(text):
        yield body.strip()
    yield from _bracketed(text)


def _fences(text: str) -> Iterator[tuple[str, str]]:
    for found in islice(_FENCE.finditer(text), _MOST_PIECES):
        yield found.group(1).lower(), found.group(2)


def _bracketed(text: str) -> Iterator[str]:
    """Whole `{…}` and `[…]` of the text, outermost first; an open one goes to the end."""
    position = 0
    for _ in range(_MOST_PIECES):
        starts = [found for mark in "{[" if (found := text.find(mark, position)) >= 0]
        if not starts:
            return
        start = min(starts)
        end = _closing(text, start)
        yield text[start:end]
        position = end if end < len(text) else start + 1


def _closing(text: str, start: int) -> int:
    depth, inside, escaped = 0, False, False
    for place in range(start, len(text)):
        character = text[place]
        if escaped:
            escaped = False
        elif inside:
            escaped = character == "\\"
            inside = character != '"'
        elif character == '"':
            inside = True
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
            if depth == 0:
                return place + 1
    return len(text)


def _as_decision(value: Any) -> dict[str, Any] | None:
    if isinstance(value, list):
        edits = [item for item in value if isinstance(item, dict) and "op" in item]
        return {"action": "edit", "edits": value} if edits and len(edits) == len(value) else None
    if not isinstance(value, dict):
        return None
    for wrapper in (DECIDE, "decision", "arguments", "parameters", "answer", "response"):
        inner = value.get(wrapper)
        if isinstance(inner, dict) and _MARKS & inner.keys():
            return inner
    if "op" in value:
        return {"action": "edit", "edits": [value]}
    if "nodes" in value and "action" not in value:
        return None
    return value if _MARKS & value.keys() else None


def _weight(decision: dict[str, Any]) -> int:
    """Prefers an object that says its action, then the fuller one."""
    return 1_000_000 * ("action" in decision) + len(str(decision))


def _document(text: str) -> str | None:
    for language, body in _fences(text):
        if language in ("yaml", "yml", "json", "") and _is_document(_yaml(body)):
            return body.strip() + "\n"
    found = _DOCUMENT.search(text)
    if found and "```" not in text:
        body = text[found.start() :].strip()
        if _is_document(_yaml(body)):
            return body + "\n"
    return None


def _is_document(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    inner: dict[str, Any] = next((value[key] for key in _WRAPPERS if isinstance(value.get(key), dict)), {})
    held = {**inner, **value}
    return any(isinstance(held.get(key), list | dict) for key in ("nodes", "steps", "tasks", "graph"))


def _yaml(text: str) -> Any:
    if len(text) > 50_000 or ("&" in text and "*" in text):
        return None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
