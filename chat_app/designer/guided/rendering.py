"""Fills a pattern's edits with what the interview learnt.

A pattern marks its places with `<< … >>` and `<% … %>`, so that the workflow's own `{{ … }}` stay as
they are. A text that is exactly one `<< … >>` keeps the value's type. In a list, an entry
`{each: "label in labels", do: […]}` repeats, and `{when: "expression", do: […]}` is there or not.

What people will read (descriptions, questions, names of tests) is said in the current language; a word inside
a template or code is as `<< "rows" | tr >>`. The rest, ids and prompts above all, stays as the pattern has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, pass_context
from jinja2.environment import TemplateExpression
from jinja2.runtime import Context

from chat_app.designer.guided.words import name_of
from chat_app.translation import joined, mark, tr
from chat_app.translation.data_texts import EDIT_KEYS, OPAQUE_KEYS

_EXACT = re.compile(r"<<((?:(?!>>).)*)>>", re.DOTALL)
AS_DATE = mark(", as YYYY-MM-DD")
"""How the description of a field ends that holds a date."""
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
            told = str(field.get("description", ""))
            return "2026-03-14" if "date" in told.lower() or tr(AS_DATE) in told else "Sample"


def _examples(fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {field["name"]: example_of(field) for field in fields}


def _column(text: str) -> str:
    """The name of a table's column, as it may stand in SQL and in code."""
    return re.sub(r"[^\w -]", "", text).strip() or "value"


@pass_context
def _said_now(_: Context, text: str) -> str:
    """In the language of each rendering: what takes no context is filled in once, when a template is compiled."""
    return tr(text)


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
        "said": lambda parts, word="and": joined(parts, last=tr(word)),
        "tr": _said_now,
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


def render(value: Any, names: Mapping[str, Any], shown: Mapping[str, Any] | None = None) -> Any:
    """The value with every place filled; with `shown`, the names as people read them, its texts are said to them."""
    if isinstance(value, str):
        return _render_text(value, names)
    if isinstance(value, dict):
        return {render(key, names): _render_part(key, part, names, shown) for key, part in value.items()}
    if isinstance(value, list):
        return list(_render_list(value, names, shown))
    return value


def _render_part(key: str, part: Any, names: Mapping[str, Any], shown: Mapping[str, Any] | None) -> Any:
    if shown is None:
        return render(part, names)
    if key in EDIT_KEYS and isinstance(part, str):
        return _render_text(tr(part), shown)
    if key == "test":
        return render(part, names) | {"name": _render_text(tr(part["name"]), shown)}
    return render(part, names, None if key in OPAQUE_KEYS else shown)


def _render_text(text: str, names: Mapping[str, Any]) -> Any:
    if "<<" not in text and "<%" not in text:
        return text
    exact = _EXACT.fullmatch(text.strip())
    return evaluate(exact[1], names) if exact else _template(text).render(**names)


def _render_list(values: list[Any], names: Mapping[str, Any], shown: Mapping[str, Any] | None) -> Iterator[Any]:
    for value in values:
        if not isinstance(value, dict) or "do" not in value:
            yield render(value, names, shown)
        elif "each" in value:
            each = _EACH.fullmatch(value["each"])
            if each is None:
                raise ValueError(f"`each` must read `name in list`: {value['each']!r}")
            told = evaluate(each[2], shown or names)
            for one, as_shown in zip(evaluate(each[2], names), told, strict=True):
                inner = None if shown is None else {**shown, each[1]: as_shown}
                yield from _render_list(value["do"], {**names, each[1]: one}, inner)
        elif evaluate(value["when"], names):
            yield from _render_list(value["do"], names, shown)
