"""The reference of the language: every key of every part, made from the JSON Schema, so that it can't drift."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chat_app.workflow.nodes import NODE_KINDS, NodeBase
from chat_app.workflow.schema import json_schema

_HEAD = """# Reference

Every key of the language, with what it means and an example. [The language](language.md) tells how the parts play
together; `schemas/workflow.schema.json` says the same as this page to editors.

This page is made from the schema; `python -m tests.workflow.test_reference` writes it anew.
"""
_PARTS = (
    ("Limits", "`limits`"),
    ("Requirement", "An entry of `requirements`"),
    ("WorkflowTest", "An entry of `tests`"),
    ("InputField", "A field of `inputs`"),
    ("StateField", "A field of `state`"),
    ("FieldType", "The type of `items` and of a part of `properties`"),
    ("Edge", "An entry of `edges`"),
    ("Route", "An entry of `routes`"),
    ("ToConditional", "`to_conditional`"),
    ("Retry", "`retry`"),
    ("MapBody", "The `body` of a `map`"),
)


def reference() -> str:
    """The whole page."""
    schema = json_schema()
    parts: dict[str, Any] = schema["$defs"]
    lines = [_HEAD, "## A workflow", "", *_table(schema), ""]
    lines += ["## Every node", "", "Keys that nodes of all kinds have.", ""]
    lines += [*_table(parts["TemplateNode"], only=_shared()), ""]
    for kind, model in NODE_KINDS.items():
        part = parts[model.__name__]
        lines += [f"## `{kind}`", "", part["description"], "", *_table(part, without={*_shared(), "kind"}), ""]
        lines += ["```yaml", *node_example(kind), "```", ""]
    for name, title in _PARTS:
        lines += [f"## {title}", "", parts[name]["description"], "", *_table(parts[name]), ""]
    return "\n".join(lines).rstrip() + "\n"


def _shared() -> set[str]:
    return {field.alias or name for name, field in NodeBase.model_fields.items()}


def _table(part: dict[str, Any], only: set[str] | None = None, without: set[str] | None = None) -> Iterator[str]:
    yield "| key | takes | means | example |"
    yield "|---|---|---|---|"
    required = part.get("required", [])
    for key, value in part["properties"].items():
        if (only is None or key in only) and key not in (without or ()):
            needed = " (needed)" if key in required else ""
            yield f"| `{key}`{needed} | {_takes(value)} | {_means(value)} | {_example(value)} |"


def _takes(value: dict[str, Any]) -> str:
    options = [option for option in value.get("anyOf", [value]) if option.get("type") != "null"]
    return " or ".join(dict.fromkeys(_kind_of(option) for option in options))


def _kind_of(value: dict[str, Any]) -> str:
    if "$ref" in value:
        return f"[{_title(value['$ref'])}](#{_anchor(_title(value['$ref']))})"
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{each}`" for each in value["enum"])
    kind = value.get("type")
    if kind == "array":
        return f"a list of {_kind_of(value.get('items', {}))}"
    if kind == "object":
        return "keys with values"
    return {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}.get(
        str(kind), "anything" if "oneOf" not in value else "[a node](#every-node)"
    )


def _title(ref: str) -> str:
    name = ref.rpartition("/")[2]
    return next((title for part, title in _PARTS if part == name), name)


def _anchor(title: str) -> str:
    return "".join(each for each in title.lower().replace(" ", "-") if each.isalnum() or each in "-_")


def _means(value: dict[str, Any]) -> str:
    bounds = [
        f"{words} {value_of}"
        for option in (value, *value.get("anyOf", ()))
        for key, words in (("minimum", "at least"), ("exclusiveMinimum", "more than"), ("maximum", "at most"))
        if (value_of := option.get(key)) is not None
    ]
    default = value.get("default")
    said = f"{value.get('description', '')}".replace("|", "\\|").replace("\n", " ")
    more = [
        *bounds,
        *([f"left out: `{_plain(default)}`"] if default is not None and not isinstance(default, list | dict) else []),
    ]
    return f"{said} ({', '.join(more)})" if more else said


def _example(value: dict[str, Any]) -> str:
    text = _plain(value["examples"][0]).replace("|", "\\|")
    return f"`{text}`"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) and "\n" not in value else json.dumps(value, ensure_ascii=False)


_CHOSEN = {
    "llm": ("prompt", "system", "writes"),
    "classify": ("text", "labels", "writes"),
    "template": ("template", "writes"),
    "code": ("code", "writes"),
    "http": ("url", "method", "headers", "json", "writes"),
    "tool": ("tool", "arguments", "writes"),
    "map": ("over", "item", "max_concurrency", "on_item_error", "body", "writes"),
    "parallel": ("subtasks", "max_concurrency"),
    "workflow": ("uses", "arguments", "writes"),
    "human": ("ask", "writes"),
}


def node_example(kind: str) -> list[str]:
    """A node of a kind in YAML, made of its keys' examples."""
    properties = json_schema()["$defs"][NODE_KINDS[kind].__name__]["properties"]
    keys = {key: json.dumps(properties[key]["examples"][0], ensure_ascii=False) for key in _CHOSEN[kind]}
    return [f"id: {kind}_step", f"kind: {kind}", *(f"{key}: {value}" for key, value in keys.items())]


def of_kind(kind: str) -> str:
    """The section of one kind of node."""
    page = reference()
    start = page.index(f"## `{kind}`\n")
    end = page.find("\n## ", start)
    return page[start : end if end >= 0 else len(page)].rstrip() + "\n"
