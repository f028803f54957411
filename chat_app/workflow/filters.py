"""The filters that templates may use: each linear in its input, each with the type of its result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chat_app.workflow.typed import Known, array_of, simple

MAX_TEXT = 2_000_000
"""The most characters that a template or a filter may make."""


class FilterFailed(ValueError):
    """A filter was given what it can't work with."""


class Missing:
    """What an unset name evaluates to where a template may ask for it (`default`, `is defined`)."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: what it does, the arguments it takes after the value, and the type it gives."""

    run: Callable[..., Any]
    result: Callable[[Known], Known]
    arguments: int = 0
    keywords: frozenset[str] = frozenset()
    takes: tuple[str, ...] = ()
    """The types it works on; none: all."""


def to_text(value: Any) -> str:
    """A value inside a text: strings as they are, everything else as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, default=str)


def _bounded(size: int) -> None:
    if size > MAX_TEXT:
        raise FilterFailed(f"the text would be longer than {MAX_TEXT:,} characters")


def _join(value: Any, glue: str = "", attribute: str | None = None) -> str:
    parts = [to_text(item) for item in (_map(value, attribute=attribute) if attribute else _items(value))]
    _bounded(sum(map(len, parts)) + len(str(glue)) * len(parts))
    return str(glue).join(parts)


def _replace(value: Any, old: str, new: str, count: int = -1) -> str:
    text, old, new = to_text(value), to_text(old), to_text(new)
    _bounded(len(text) + text.count(old) * len(new))
    return text.replace(old, new, int(count))


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, list | tuple):
        return value
    raise FilterFailed("needs a list")


def _edge(position: int) -> Callable[[Any], Any]:
    def pick(value: Any) -> Any:
        items = value if isinstance(value, str) else _items(value)
        return items[position] if items else Missing("the first item of an empty list")

    return pick


def _map(value: Any, attribute: str) -> list[Any]:
    return [_attribute(item, attribute) for item in _items(value)]


def _attribute(item: Any, name: str) -> Any:
    for part in str(name).split("."):
        if not isinstance(item, Mapping) or part not in item:
            raise FilterFailed(f"an item has no part `{part}`")
        item = item[part]
    return item


def _sort(value: Any, reverse: bool = False, attribute: str | None = None) -> list[Any]:
    key = (lambda item: _attribute(item, attribute)) if attribute else None
    try:
        return sorted(_items(value), key=key, reverse=bool(reverse))
    except TypeError:
        raise FilterFailed("can't sort values of different types") from None


def _unique(value: Any) -> list[Any]:
    seen: dict[str, Any] = {}
    for item in _items(value):
        seen.setdefault(json.dumps(item, sort_keys=True, default=str), item)
    return list(seen.values())


def _number(value: Any, kind: Callable[[Any], Any]) -> Any:
    if isinstance(value, str) and len(value) > 400:
        raise FilterFailed("the text is too long to be a number")
    try:
        return kind(float(value)) if kind is int and not isinstance(value, int) else kind(value)
    except (TypeError, ValueError, OverflowError):
        raise FilterFailed(f"can't make a number of {to_text(value)[:40]!r}") from None


def _round(value: Any, digits: int = 0) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FilterFailed("needs a number")
    return round(float(value), max(0, min(int(digits), 15)))


def _truncate(value: Any, length: int = 255, end: str = "…") -> str:
    text = to_text(value)
    return text if len(text) <= int(length) else text[: max(0, int(length) - len(end))] + str(end)


def _indent(value: Any, width: int = 4) -> str:
    text, pad = to_text(value), " " * max(0, min(int(width), 40))
    _bounded(len(text) + text.count("\n") * len(pad))
    return text.replace("\n", "\n" + pad)


def _length(value: Any) -> int:
    if isinstance(value, str | list | tuple | Mapping):
        return len(value)
    raise FilterFailed("needs a text, a list or an object")


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    raise FilterFailed("needs an object")


def _extreme(pick: Callable[..., Any]) -> Callable[[Any], Any]:
    def run(value: Any) -> Any:
        try:
            return pick(_items(value))
        except (TypeError, ValueError):
            raise FilterFailed("needs a list of numbers that is not empty") from None

    return run


def _sum(value: Any, attribute: str | None = None) -> Any:
    items = _map(value, attribute=attribute) if attribute else _items(value)
    if any(isinstance(item, bool) or not isinstance(item, int | float) for item in items):
        raise FilterFailed("needs a list of numbers")
    return sum(items)


def _default(value: Any, other: Any = "", boolean: bool = False) -> Any:
    return other if isinstance(value, Missing) or value is None or (boolean and not value) else value


def _json(value: Any, indent: int | None = None) -> str:
    width = None if indent is None else max(0, min(int(indent), 8))
    return json.dumps(value, ensure_ascii=False, indent=width, default=str)


def _same(of: Known) -> Known:
    return of


def _item(of: Known) -> Known:
    return of.items if of is not None and of.type == "array" else None


def _gives(name: Any) -> Callable[[Known], Known]:
    return lambda of: simple(name)


_TEXT = _gives("string")
_LIST = ("array",)
_SIZED = ("array", "string", "object", "file")

FILTERS: dict[str, Filter] = {
    "capitalize": Filter(lambda v: to_text(v).capitalize(), _TEXT),
    "default": Filter(_default, lambda of: None, 2, frozenset({"boolean"})),
    "first": Filter(_edge(0), _item, takes=("array", "string")),
    "float": Filter(lambda v: _number(v, float), _gives("number")),
    "indent": Filter(_indent, _TEXT, 1, frozenset({"width"})),
    "int": Filter(lambda v: _number(v, int), _gives("integer")),
    "items": Filter(_pairs, lambda of: array_of(None), takes=("object",)),
    "join": Filter(_join, _TEXT, 1, frozenset({"attribute"}), _LIST),
    "last": Filter(_edge(-1), _item, takes=("array", "string")),
    "length": Filter(_length, _gives("integer"), takes=_SIZED),
    "lower": Filter(lambda v: to_text(v).lower(), _TEXT),
    "map": Filter(_map, lambda of: array_of(None), 0, frozenset({"attribute"}), _LIST),
    "max": Filter(_extreme(max), _item, takes=_LIST),
    "min": Filter(_extreme(min), _item, takes=_LIST),
    "replace": Filter(_replace, _TEXT, 3, frozenset({"count"})),
    "reverse": Filter(lambda v: v[::-1] if isinstance(v, str) else list(_items(v))[::-1], _same,
                      takes=("array", "string")),
    "round": Filter(_round, _gives("number"), 1, takes=("number", "integer")),
    "sort": Filter(_sort, _same, 1, frozenset({"reverse", "attribute"}), _LIST),
    "string": Filter(to_text, _TEXT),
    "sum": Filter(_sum, _gives("number"), 0, frozenset({"attribute"}), _LIST),
    "title": Filter(lambda v: to_text(v).title(), _TEXT),
    "tojson": Filter(_json, _TEXT, 1, frozenset({"indent"})),
    "trim": Filter(lambda v: to_text(v).strip(), _TEXT),
    "truncate": Filter(_truncate, _TEXT, 2, frozenset({"length", "end"})),
    "unique": Filter(_unique, _same, takes=_LIST),
    "upper": Filter(lambda v: to_text(v).upper(), _TEXT),
    "urlencode": Filter(lambda v: quote(to_text(v), safe=""), _TEXT),
    "wordcount": Filter(lambda v: len(to_text(v).split()), _gives("integer")),
}  # fmt: skip
FILTERS |= {"d": FILTERS["default"], "count": FILTERS["length"]}
