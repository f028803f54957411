"""Data from text that is almost JSON: fenced, wrapped in prose, cut off, quoted like Python."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import yaml

MAX_LENGTH = 400_000
_FENCE = re.compile(r"```[\w-]*[ \t]*\r?\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_TRAILING_COMMA = re.compile(r",(?=\s*[\]}])")
_COMMENT = re.compile(r"(?m)^\s*//.*$")
_LONGEST_TAIL = 60


def loose_json(text: str) -> tuple[Any, list[str]]:
    """The list or mapping in a text, with what was repaired; (None, []) when there is none."""
    text = text[:MAX_LENGTH].strip().removeprefix("\ufeff")
    try:
        return json.loads(text), []
    except (ValueError, RecursionError):
        pass
    for candidate, line in _candidates(text):
        for read, more in _READERS:
            value = read(candidate)
            if isinstance(value, dict | list):
                return value, [part for part in (line, more) if part]
    return None, []


def _candidates(text: str) -> list[tuple[str, str]]:
    found = [(block, "Took the data out of its fence.") for block in _FENCE.findall(text)]
    starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    if starts:
        start = min(starts)
        end = max(text.rfind("}"), text.rfind("]"))
        prose = "Left out the words around the data." if start or end + 1 < len(text) else ""
        if end > start:
            found.append((text[start : end + 1], prose))
        found.append((text[start:], prose))
    return found


def _tidied(text: str) -> Any:
    return _json(_TRAILING_COMMA.sub("", _COMMENT.sub("", text)))


def _json(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _python(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _yaml(text: str) -> Any:
    if text.count("{") + text.count("[") > 5_000 or ("&" in text and "*" in text):
        return None
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        return None


def _closed(text: str) -> Any:
    """A cut-off text with its last complete part, closed."""
    cuts = [len(text), *sorted({m.end() for m in re.finditer(r"[\]}\"]|\d|true|false|null", text)}, reverse=True)]
    for cut in cuts[:_LONGEST_TAIL]:
        value = _json(text[:cut].rstrip().rstrip(",") + _closers(text[:cut]))
        if value is not None:
            return value
    return None


def _closers(text: str) -> str:
    open_ones: list[str] = []
    in_string = escaped = False
    for sign in text:
        if escaped:
            escaped = False
        elif in_string:
            escaped, in_string = sign == "\\", sign != '"'
        elif sign == '"':
            in_string = True
        elif sign in "{[":
            open_ones.append("}" if sign == "{" else "]")
        elif sign in "}]" and open_ones:
            open_ones.pop()
    return ('"' if in_string else "") + "".join(reversed(open_ones))


_READERS = (
    (_json, ""),
    (_tidied, "Repaired commas and comments in the JSON."),
    (_python, "Read Python's notation as JSON."),
    (_closed, "Closed the JSON, which was cut off."),
    (_yaml, "Read loose notation as YAML."),
)
