"""Fills a pattern's edits with what the interview learnt.

A pattern marks its places with `<< … >>` and `<% … %>`, so that the workflow's own `{{ … }}` stay as
they are. A text that is exactly one `<< … >>` keeps the value's type. In a list, an entry
`{each: "label in labels", do: […]}` repeats, and `{when: "expression", do: […]}` is there or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from jinja2.environment import TemplateExpression

from chat_app.designer.guided.words import joined, name_of
from chat_app.translation import tr

_EXACT = re.compile(r"<<((?:(?!>>).)*)>>", re.DOTALL)
_EACH = re.compile(r"(\w+) in (.+)")


def _properties(fields: list[dict[str, Any]]) -> dict[str, Any]:
    """Fields as the `state` section spells them."""
    return {field["name"]: {key: value for key, value in field.items() if key != "name"} for field in fields}


def _label_texts(labels: list[dict[str, Any]]) -> dict[str, str]:
    return {label["name"]: label["text"] for label in labels}


def _names(values: list[dict[str, Any]]) -> list[str]:
    return [value["name"] for value in values]


def example_of(field: Mapping[str, Any]) -> Any:
    """A value that fits a field's type, for a test."""
    if field.get("enum"):
        return field["enum"][0]
    match field.get("type"):
        case "integer":
            return max(3, int(field.get("minimum", 3)))
        case "number":
            return min(12.5, float(field.get("maximum", 12.5)))
        case "boolean":
            return True
        case "array":
            return [example_of(field.get("items", {"type": "string"}))]
        case "file":
            return {"name": "sample.md", "text": "Sample"}
        case "object":
            return {name: example_of(part) for name, part in field.get("properties", {}).items()}
        case _:
            return "2026-03-14" if "date" in str(field.get("description", "")).lower() else "Sample"


def _examples(fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {field["name"]: example_of(field) for field in fields}


def _column(text: str) -> str:
    """The name of a table's column, as it may stand in SQL and in code."""
    return re.sub(r"[^\w -]", "", text).strip() or "value"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    made.filters |= {
        "properties": _properties,
        "label_texts": _label_texts,
        "names": _names,
        "examples": _examples,
        "said": lambda parts, word="and": joined(parts, tr(word)),
        "slug": name_of,
        "column": _column,
        "quoted": lambda text: str(text).replace("\\", "\\\\").replace("'", "\\'"),
        "upper_first": lambda text: text[:1].upper() + text[1:],
    }
    return made


@lru_cache(maxsize=4096)
def _template(text: str) -> Template:
    return _environment().from_string(text)


@lru_cache(maxsize=4096)
def _expression(text: str) -> TemplateExpression:
    return _environment().compile_expression(text, undefined_to_none=False)


def evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression over the slots."""
    return _expression(expression.strip())(**names)


def render(value: Any, names: Mapping[str, Any]) -> Any:
    """The value with every place filled."""
    if isinstance(value, str):
        return _render_text(value, names)
    if isinstance(value, dict):
        return {render(key, names): render(part, names) for key, part in value.items()}
    if isinstance(value, list):
        return list(_render_list(value, names))
    return value


def _render_text(text: str, names: Mapping[str, Any]) -> Any:
    if "<<" not in text and "<%" not in text:
        return text
    exact = _EXACT.fullmatch(text.strip())
    return evaluate(exact[1], names) if exact else _template(text).render(**names)


def _render_list(values: list[Any], names: Mapping[str, Any]) -> Iterator[Any]:
    for value in values:
        if not isinstance(value, dict) or "do" not in value:
            yield render(value, names)
        elif "each" in value:
            each = _EACH.fullmatch(value["each"])
            if each is None:
                raise ValueError(f"`each` must read `name in list`: {value['each']!r}")
            for one in evaluate(each[2], names):
                yield from _render_list(value["do"], {**names, each[1]: one})
        elif evaluate(value["when"], names):
            yield from _render_list(value["do"], names)
