"""Comparisons of other programs as CEL conditions of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

_TEXTS = {
    "contains": "{left}.contains({right})",
    "not contains": "!{left}.contains({right})",
    "start with": "{left}.startsWith({right})",
    "starts with": "{left}.startsWith({right})",
    "not starts with": "!{left}.startsWith({right})",
    "end with": "{left}.endsWith({right})",
    "ends with": "{left}.endsWith({right})",
    "not ends with": "!{left}.endsWith({right})",
    "regex": "{left}.matches({right})",
    "not regex": "!{left}.matches({right})",
    "in": "{left} in {right}",
    "not in": "!({left} in {right})",
}
_SAME = {
    "=": "==", "==": "==", "is": "==", "equal": "==", "equals": "==",
    "≠": "!=", "!=": "!=", "is not": "!=", "not equal": "!=", "not equals": "!=",
    ">": ">", "gt": ">", "larger": ">", "after": ">", "greater than": ">",
    "<": "<", "lt": "<", "smaller": "<", "before": "<", "less than": "<",
    "≥": ">=", ">=": ">=", "gte": ">=", "larger equal": ">=", "greater than or equal": ">=",
    "≤": "<=", "<=": "<=", "lte": "<=", "smaller equal": "<=", "less than or equal": "<=",
}  # fmt: skip
_EMPTY = {"empty", "is empty", "null", "is null", "not exists", "not exist"}
_FILLED = {"not empty", "is not empty", "not null", "is not null", "exists", "exist"}
_NUMBERS = frozenset({"integer", "number"})
_EMPTY_VALUES = {"string": "''", "array": "[]", "object": "{}"}
_INDEX = re.compile(r"\.(\d+)(?=\.|$)")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def compare(left: str, operator: str, right: Any, kind: str) -> str | None:
    """A condition on a value of ours of a type; None where ours has no such comparison."""
    left = _INDEX.sub(r"[\1]", left)
    word = " ".join(_CAMEL.sub(" ", operator).lower().replace("_", " ").split())
    if word in ("true", "is true"):
        return left if kind == "boolean" else f"{left} == 'true'"
    if word in ("false", "is false"):
        return f"!{left}" if kind == "boolean" else f"{left} == 'false'"
    if word in _EMPTY or word in _FILLED:
        if kind not in _EMPTY_VALUES:
            return None
        return f"size({left}) {'==' if word in _EMPTY else '>'} 0"
    if word in _SAME:
        return f"{left} {_SAME[word]} {literal(right, kind)}"
    form = _TEXTS.get(word)
    if form is None:
        return None
    if word in ("in", "not in"):
        items = right if isinstance(right, list) else [part.strip() for part in str(right).split(",")]
        return form.format(left=left, right="[" + ", ".join(literal(item, kind) for item in items) + "]")
    if kind == "array":
        return f"{'!' if word.startswith('not') else ''}({literal(right, 'string')} in {left})"
    return form.format(left=left, right=literal(right, "string"))


def joined(parts: Sequence[str | None], operator: str) -> str | None:
    """Several conditions as one; None where there is none, or one of them is not known."""
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    if len(known) == 1:
        return known[0]
    sign = " || " if operator.lower().startswith("or") or operator.lower() == "any" else " && "
    return sign.join(f"({part})" if "||" in part or "&&" in part else part for part in known)


def literal(value: Any, kind: str) -> str:
    """A constant as CEL writes it, for comparison with a value of a type; a reference stays one."""
    if isinstance(value, str) and value.startswith("state."):
        return value
    if kind == "boolean":
        return "true" if str(value).strip().lower() in ("true", "1", "yes") else "false"
    if kind in _NUMBERS:
        try:
            number = float(str(value))
        except ValueError:
            return "0"
        return str(int(number)) if number.is_integer() else str(number)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
