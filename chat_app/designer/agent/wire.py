"""The schema sent over the wire: one flat object, as constrained decoding takes no more.

Servers keep flat objects, enums and array bounds; they break on unions, number ranges and
patterns. So every edit is the same object with all keys, and the full check comes afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from pydantic import BaseModel

from chat_app.designer.agent.language import edit_models, op_of
from chat_app.workflow.nodes import NODE_KINDS

ACTIONS = ("ask", "plan", "edit", "answer", "run", "save", "undo", "try", "start_from")
MAX_EDITS = 16
MAX_OPTIONS = 4
MAX_STEPS = 10

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_FREE: Schema = {"type": "object"}


def decision_schema(
    actions: Iterable[str],
    kinds: frozenset[str],
    *,
    whole: bool = False,
    most_edits: int = MAX_EDITS,
    starts: Iterable[str] = (),
) -> Schema:
    """The schema of one decision; only `actions` may be taken, only `kinds` be added.

    `whole` lets the document be written anew, which is for one that cannot be edited; `starts` are the patterns that
    are offered.
    """
    wanted = [action for action in ACTIONS if action in set(actions)]
    properties: Schema = {
        "thought": _TEXT,
        "action": {"type": "string", "enum": wanted},
        "say": _TEXT,
    }
    if "ask" in wanted:
        properties["question"] = _question()
    if "plan" in wanted:
        properties["plan"] = {"type": "array", "items": _TEXT, "maxItems": MAX_STEPS}
    if "start_from" in wanted:
        properties["pattern"] = {"type": "string", "enum": list(starts)} if starts else _TEXT
        properties["answers"] = _FREE
    if "edit" in wanted:
        properties["edits"] = {"type": "array", "items": edit_schema(kinds), "maxItems": most_edits}
        properties["assumptions"] = {"type": "array", "items": _TEXT, "maxItems": 6}
        properties["more"] = {"type": "boolean"}
    if whole and "edit" in wanted:
        properties["document"] = _TEXT
    if {"save", "edit"} & set(wanted):
        properties["name"] = _TEXT
    return {
        "type": "object",
        "properties": properties,
        "required": ["thought", "action", "say"],
        "additionalProperties": False,
    }


@cache
def edit_schema(kinds: frozenset[str]) -> Schema:
    """All edits as one flat object: `op` says which, the other keys are those of all."""
    models = edit_models()
    node = _merged(model for kind, model in NODE_KINDS.items() if kind in kinds)
    node["kind"] = {"type": "string", "enum": [kind for kind in NODE_KINDS if kind in kinds]}
    keys: Schema = {"op": {"type": "string", "enum": [op_of(model) for model in models]}} | _merged(models)
    keys["node"] = {"type": "object", "properties": node, "required": ["id", "kind"]}
    keys["value"] = {}
    return {"type": "object", "properties": keys, "required": ["op"]}


def _question() -> Schema:
    return {
        "type": "object",
        "properties": {
            "id": _TEXT,
            "text": _TEXT,
            "why": _TEXT,
            "options": {"type": "array", "items": _TEXT, "maxItems": MAX_OPTIONS},
            "default": _TEXT,
        },
        "required": ["id", "text", "options", "default"],
    }


def _merged(models: Iterable[type[BaseModel]]) -> Schema:
    keys: Schema = {}
    for model in models:
        for name, schema in _properties(model).items():
            if name not in ("op", "kind"):
                flat = _flat(schema)
                keys[name] = flat if keys.get(name, flat) == flat else {}
    return keys


def _properties(model: type[BaseModel]) -> Schema:
    schema = model.model_json_schema(by_alias=True)
    own = schema if "properties" in schema else schema["$defs"][model.__name__]
    return dict(own["properties"])


def _flat(schema: Schema) -> Schema:
    """A schema without unions, bounds and references."""
    for union in ("anyOf", "oneOf"):
        if union in schema:
            rest = [part for part in schema[union] if part.get("type") != "null"]
            return _flat(rest[0]) if len(rest) == 1 else {}
    if "$ref" in schema:
        return _FREE
    kind = schema.get("type")
    if kind == "array":
        items = schema.get("items", _TEXT)
        return {"type": "array", "items": _flat(items) if isinstance(items, dict) else _TEXT}
    if kind == "object" or kind is None:
        return dict(_FREE) if kind else {}
    return {"type": kind} | ({"enum": schema["enum"]} if "enum" in schema else {})
