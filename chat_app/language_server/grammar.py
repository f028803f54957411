"""What the language's schema says of a place: its keys, its values, what they mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chat_app.language_server.levels import part_at
from chat_app.workflow.diagnostics import Path
from chat_app.workflow.schema import json_schema

Rule = Mapping[str, Any]
"""A part of the JSON Schema."""

_NOTHING: Rule = {}


def rule_at(path: Path, data: Any) -> Rule:
    """What the schema says of the value at a path; of a node, what it says of its kind."""
    rule = _plain(json_schema(), path[0] if path else None, data)
    for length, part in enumerate(path, start=1):
        if isinstance(part, int):
            below: Rule = rule.get("items", _NOTHING)
        else:
            below = rule.get("properties", {}).get(part) or _of_any_key(rule)
        follows = path[length] if length < len(path) else None
        rule = _plain(below, follows, part_at(data, path[:length]))
    return rule


def keys_of(rule: Rule) -> dict[str, Rule]:
    """The keys an object may have."""
    return dict(rule.get("properties", {}))


def values_of(rule: Rule) -> list[Any]:
    """The values that are named one by one."""
    if "const" in rule:
        return [rule["const"]]
    if "enum" in rule:
        return list(rule["enum"])
    return [True, False] if rule.get("type") == "boolean" else []


def takes(rule: Rule) -> str:
    """What a value must be, in a few words."""
    if rule.get("enum") or "const" in rule:
        return "one of " + ", ".join(str(value) for value in values_of(rule))
    kinds = [_WORDS.get(str(part.get("type")), "") for part in rule.get("anyOf", [rule])]
    return " or ".join(dict.fromkeys(kind for kind in kinds if kind))


_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false",
          "array": "list", "object": "keys with values"}  # fmt: skip


def told(rule: Rule, examples: bool = True) -> str:
    """The description of a key and its examples, as Markdown."""
    parts = [str(rule.get("description", ""))]
    if rule.get("default") not in (None, [], {}) and not isinstance(rule.get("default"), dict):
        parts.append(f"Left out: `{json.dumps(rule['default'], ensure_ascii=False)}`.")
    given = rule.get("examples") if examples else None
    if given:
        shown = " or ".join(f"`{json.dumps(each, ensure_ascii=False)}`" for each in given[:2])
        parts.append(f"Example: {shown}")
    return "\n\n".join(part for part in parts if part)


def kinds() -> dict[str, str]:
    """The kinds of nodes with what they do."""
    definitions = json_schema()["$defs"]
    named = json_schema()["properties"]["nodes"]["items"]["discriminator"]["mapping"]
    return {kind: definitions[ref.rpartition("/")[2]].get("description", "") for kind, ref in named.items()}


def _plain(rule: Rule, follows: str | int | None, data: Any) -> Rule:
    """A rule without references and choices, as far as what follows or the data tell which is meant."""
    seen: dict[str, Any] = {}
    for _ in range(8):
        if "$ref" in rule:
            # What stands beside a reference is said of this key; what it refers to, of all such values.
            beside = {key: value for key, value in rule.items() if key != "$ref"}
            target = json_schema()["$defs"][rule["$ref"].rpartition("/")[2]]
            rule = {**target, **beside}
        elif "discriminator" in rule:
            rule = _kind(rule, data)
        elif "anyOf" in rule and (chosen := _chosen(rule["anyOf"], follows, data)) is not None:
            seen = {key: value for key, value in rule.items() if key != "anyOf"} | seen
            rule = chosen
        else:
            break
    return {**rule, **seen}


def _kind(rule: Rule, data: Any) -> Rule:
    """The node's kind; while it has none, the keys of all kinds."""
    named = rule["discriminator"]["mapping"]
    kind = data.get("kind") if isinstance(data, dict) else None
    definitions = json_schema()["$defs"]
    if isinstance(kind, str) and kind in named:
        found = definitions[named[kind].rpartition("/")[2]]
        about = {**found["properties"]["kind"], "enum": list(named)}
        about.pop("const", None)
        return {**found, "properties": {**found["properties"], "kind": about}}
    properties: dict[str, Any] = {}
    for ref in named.values():
        for key, value in definitions[ref.rpartition("/")[2]]["properties"].items():
            properties.setdefault(key, value)
    properties["kind"] = {"type": "string", "enum": list(named), "description": "What the node does."}
    return {"type": "object", "properties": properties, "required": ["id", "kind"], "description": "A node."}


def _chosen(options: list[Rule], follows: str | int | None, data: Any) -> Rule | None:
    real = [option for option in options if option.get("type") != "null"]
    if len(real) == 1:
        return real[0]
    wanted = "array" if isinstance(follows, int) else "object" if isinstance(follows, str) else None
    return next((option for option in real if wanted is not None and option.get("type") == wanted), None)


def _of_any_key(rule: Rule) -> Rule:
    for value in rule.get("patternProperties", {}).values():
        return dict(value)
    more = rule.get("additionalProperties")
    return more if isinstance(more, dict) else _NOTHING
