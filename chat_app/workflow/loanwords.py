"""What other tools and languages call what ours calls otherwise: the way from their words and forms to ours."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from chat_app.workflow.document import Limits, Workflow, WorkflowTest
from chat_app.workflow.edges import Edge, Route, ToConditional
from chat_app.workflow.fields import FieldType, InputField, Part, StateField
from chat_app.workflow.names import as_name
from chat_app.workflow.nodes import (
    ClassifyNode,
    CodeNode,
    HttpNode,
    HumanNode,
    LlmNode,
    MapBody,
    MapNode,
    NodeBase,
    ParallelNode,
    Retry,
    TemplateNode,
    ToolNode,
    WorkflowNode,
)

_KEYS: dict[type[Part], dict[str, str]] = {
    Workflow: {
        "steps": "nodes", "tasks": "nodes", "agents": "nodes", "stages": "nodes", "actions": "nodes",
        "parameters": "inputs", "params": "inputs", "variables": "state", "vars": "state", "fields": "state",
        "memory": "state", "returns": "outputs", "results": "outputs", "connections": "edges",
        "transitions": "edges", "links": "edges", "budget": "limits", "llm": "model", "title": "name", "id": "name",
    },
    NodeBase: {
        "name": "id", "type": "kind", "output": "writes", "outputs": "writes", "output_key": "writes",
        "result": "writes", "write": "writes", "produces": "writes", "timeout": "timeout_seconds",
        "retries": "retry", "about": "description",
    },
    LlmNode: {
        "instructions": "system", "system_prompt": "system", "user": "prompt", "user_prompt": "prompt",
        "message": "prompt", "text": "prompt", "input": "prompt", "max_iterations": "max_turns",
        "max_steps": "max_turns", "attachments": "files",
    },
    ClassifyNode: {"input": "text", "prompt": "text", "classes": "labels", "categories": "labels",
                   "options": "labels", "choices": "labels"},
    TemplateNode: {"text": "template", "content": "template", "value": "template", "prompt": "template"},
    CodeNode: {"script": "code", "python": "code", "source": "code", "run": "code", "language": "runtime"},
    HttpNode: {"params": "query", "parameters": "query", "uri": "url", "endpoint": "url", "data": "json",
               "payload": "json"},
    ToolNode: {"args": "arguments", "params": "arguments", "parameters": "arguments", "with": "arguments",
               "input": "arguments", "inputs": "arguments", "function": "tool", "uses": "tool"},
    MapNode: {"items": "over", "for_each": "over", "foreach": "over", "collection": "over", "as": "item",
              "concurrency": "max_concurrency", "max_parallel": "max_concurrency", "do": "body", "steps": "body"},
    MapBody: {"steps": "nodes", "fields": "state", "output": "returns", "outputs": "returns", "return": "returns"},
    ParallelNode: {"branches": "subtasks", "nodes": "subtasks", "tasks": "subtasks", "steps": "subtasks",
                   "concurrency": "max_concurrency"},
    WorkflowNode: {"file": "uses", "path": "uses", "workflow": "uses", "inputs": "arguments", "args": "arguments",
                   "with": "arguments", "params": "arguments"},
    HumanNode: {"question": "ask", "prompt": "ask", "message": "ask", "text": "ask"},
    Limits: {"max_steps": "steps", "max_iterations": "steps", "timeout": "seconds", "max_seconds": "seconds",
             "timeout_seconds": "seconds", "time": "seconds", "max_tokens": "tokens", "cost": "cost_usd",
             "max_cost": "cost_usd", "budget": "cost_usd", "usd": "cost_usd", "max_cost_usd": "cost_usd",
             "max_concurrency": "concurrency", "parallel": "concurrency", "max_items": "map_items"},
    Retry: {"max_attempts": "attempts", "times": "attempts", "count": "attempts", "max": "attempts",
            "tries": "attempts", "delay": "backoff_seconds", "backoff": "backoff_seconds",
            "delay_seconds": "backoff_seconds", "wait": "backoff_seconds", "errors": "on", "when": "on"},
    Edge: {"source": "from", "start": "from", "target": "to", "end": "to", "next": "to", "branches": "routes",
           "cases": "routes", "conditions": "routes", "conditional": "to_conditional"},
    Route: {"if": "condition", "when": "condition", "case": "condition", "then": "to", "target": "to", "goto": "to",
            "next": "to", "else": "to", "default": "to", "otherwise": "to", "limit": "max_times",
            "times": "max_times",
            "max_iterations": "max_times", "max_loops": "max_times"},
    ToConditional: {"if": "condition", "then": "if_true", "else": "if_false", "true": "if_true", "false": "if_false"},
    FieldType: {"min": "minimum", "max": "maximum", "values": "enum", "choices": "enum", "options": "enum",
                "fields": "properties", "desc": "description", "item": "items", "of": "items",
                "min_length": "minLength", "max_length": "maxLength", "min_items": "minItems",
                "max_items": "maxItems"},
    InputField: {"example": "examples"},
    StateField: {"reducer": "reduce", "merge": "reduce"},
    WorkflowTest: {"expected": "expect", "expects": "expect", "assert": "expect", "asserts": "expect",
                   "input": "inputs", "mocks": "given", "mock": "given", "outputs": "given", "responses": "answers"},
}  # fmt: skip
"""Their key and ours, by what the key stands in."""

_TO_EDGES = "Where a run goes stands under `edges`: `- {{from: {id}, to: <node>}}`."
_READS = "A node reads fields in its own texts: `{{{{ state.<field> }}}}`."
_ADVICE: dict[type[Part], dict[str, str]] = {
    NodeBase: {
        **dict.fromkeys(("next", "then", "goto", "to", "on_success", "edges", "routes"), _TO_EDGES),
        **dict.fromkeys(("depends_on", "needs", "after", "requires", "dependencies"),
                        "Where a run goes stands under `edges`: `- {{from: <node>, to: {id}}}`."),
        **dict.fromkeys(("condition", "if", "when"),
                        "Whether a node runs stands in a route that leads to it: "
                        "`- {{from: <node>, routes: [{{condition: …, to: {id}}}, {{to: END}}]}}`."),
        **dict.fromkeys(("inputs", "input", "reads", "context"), _READS),
    },
    HumanNode: dict.fromkeys(
        ("choices", "options", "buttons", "form", "fields"),
        "The form follows from the types of the written fields: give the field an `enum` of the choices.",
    ),
    Edge: dict.fromkeys(
        ("condition", "if", "when"),
        "A condition stands in a route: `routes: [{{condition: …, to: <node>}}, {{to: <node otherwise>}}]`.",
    ),
    FieldType: {
        "pattern": "Types have no `pattern`; say in `description` what the text looks like.",
        "format": "Types have no `format`; say in `description` what the text looks like.",
        "title": "Write it as `description`.",
        "nullable": "A field is set or not: leave `default` away and ask with `has(state.<field>)`.",
        "optional": "A field is set or not: leave `default` away and ask with `has(state.<field>)`.",
    },
    InputField: {"optional": "An input with a `default` need not be given."},
}  # fmt: skip
"""What to do instead, where no key of ours takes its place."""

TYPES = {
    "str": "string", "text": "string", "int": "integer", "long": "integer", "float": "number", "double": "number",
    "decimal": "number", "bool": "boolean", "list": "array", "tuple": "array", "set": "array", "sequence": "array",
    "dict": "object", "map": "object", "json": "object", "record": "object", "struct": "object",
    "document": "file", "image": "file", "pdf": "file", "attachment": "file",
}  # fmt: skip
"""Their names of types and ours."""

ON_ERROR = {"ignore": "continue", "skip": "continue", "pass": "continue", "stop": "fail", "abort": "fail",
            "raise": "fail", "error": "fail", "exit": "fail"}  # fmt: skip
"""What others write where a node may fail."""


def _of(model: type[Part] | None, table: Mapping[type[Part], dict[str, str]]) -> dict[str, str]:
    """The entries for a model and what it is made from, its own first."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__ if model is not None else ()):
        found |= table.get(base, {})
    return found


_BOUNDS = {"string": "Length", "array": "Items"}


def our_key(model: type[Part] | None, key: str, holder: Any = None) -> str | None:
    """Our key for a key of theirs; what a bound bounds depends on the type that stands beside it."""
    if key in ("min", "max", "minimum", "maximum") and isinstance(holder, Mapping) and holder.get("type") in _BOUNDS:
        return f"{key[:3]}{_BOUNDS[holder['type']]}"
    return _of(model, _KEYS).get(key.lower().replace("-", "_"))


def advice(model: type[Part] | None, key: str, holder: Any) -> str | None:
    """What to do instead of a key that has no place here."""
    text = _of(model, _ADVICE).get(key.lower().replace("-", "_"))
    name = holder.get("id") if isinstance(holder, Mapping) else None
    return text.format(id=name if isinstance(name, str) else "<this node>") if text else None


_Form = Callable[[Any], tuple[str, Any]]
"""For a value in another form: what to write, and the value that is meant (None: it can't be told)."""

_TYPE_WORD = re.compile(r"[A-Za-z_]+")
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?")


def _type_form(value: Any) -> tuple[str, Any]:
    if not isinstance(value, str) or not _TYPE_WORD.fullmatch(value):
        return "A type is written as `{type: string}`.", None
    meant = {"type": TYPES.get(value.lower(), value.lower())}
    return f"Write it as `{{type: {meant['type']}}}`.", meant


def _list_of_fields(value: Any) -> tuple[str, Any]:
    first = value[0] if isinstance(value, list) and value else None
    name = first.get("name", first.get("id")) if isinstance(first, Mapping) else first
    shown = as_name(name) if isinstance(name, str) else "email"
    return f"Fields stand by name: `{shown}: {{type: string}}`, each on a line of its own.", None


_CHAIN = re.compile(r"\s*(?:->|→|=>)\s*")


def _names_form(value: Any) -> tuple[str, Any]:
    names = (
        list(value) if isinstance(value, Mapping) else re.split(r"\s*,\s*", value) if isinstance(value, str) else []
    )
    if names and all(isinstance(name, str) and name for name in names):
        return f"Write it as a list: `[{', '.join(names)}]`.", names
    return "It is a list of names, such as `[summary]`.", None


def _text_form(value: Any) -> tuple[str, Any]:
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return "Write it as one text.", value[0] if len(value) == 1 else None
    return "Write it as one text; in quotes where it begins with `[`, `{` or `*`.", None


def _edges_form(value: Any) -> tuple[str, Any]:
    names = _CHAIN.split(value.strip()) if isinstance(value, str) else []
    if len(names) > 1 and all(names):
        meant = [{"from": one, "to": other} for one, other in pairwise(names)]
        return "Each edge is an entry of a list: `- {from: " + f"{names[0]}, to: {names[1]}" + "}`.", meant
    return "Each edge is an entry of a list: `- {from: START, to: <node>}`.", None


def _edge_form(value: Any) -> tuple[str, Any]:
    names = _CHAIN.split(value) if isinstance(value, str) else value
    if isinstance(names, list) and len(names) == 2 and all(isinstance(name, str) for name in names):
        meant = {"from": names[0].strip(), "to": names[1].strip()}
        return f"Write it as `{{from: {meant['from']}, to: {meant['to']}}}`.", meant
    return "An edge is written as `{from: <node>, to: <node>}`.", None


def _nodes_form(value: Any) -> tuple[str, Any]:
    name = next(iter(value), None) if isinstance(value, Mapping) else None
    return f"Each node is an entry of a list: `- id: {name if isinstance(name, str) else 'draft'}`.", None


def _labels_form(value: Any) -> tuple[str, Any]:
    first = value[0] if isinstance(value, list) and value and isinstance(value[0], str) else "angry"
    return f"Each label stands with what it means: `{{{first}: <what it means>, …}}`.", None


def _retry_form(value: Any) -> tuple[str, Any]:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 10:
        return f"Write it as `{{attempts: {value}}}`.", {"attempts": value}
    return "Write it as `{attempts: 3}`.", None


def _subtask_form(value: Any) -> tuple[str, Any]:
    name = value.get("id") if isinstance(value, Mapping) else None
    shown = name if isinstance(name, str) else "<its id>"
    return f"Write the node under `nodes`, and its id here: `{shown}`.", None


_FORMS: dict[str, _Form] = {
    "nodes": _nodes_form,
    "inputs": _list_of_fields,
    "state": _list_of_fields,
    "properties": _list_of_fields,
    "labels": _labels_form,
    "retry": _retry_form,
    "items": _type_form,
    "body": lambda value: ("Write it as `{nodes: […], returns: <field>}`.", None),
    "outputs": _names_form,
    "writes": _names_form,
    "subtasks": _names_form,
    "met_by": _names_form,
    "prompt": _text_form,
    "ask": _text_form,
    "template": _text_form,
    "edges": _edges_form,
}
_ENTRY_FORMS: dict[str, _Form] = {
    "edges": _edge_form,
    "subtasks": _subtask_form,
    "inputs": _type_form,
    "state": _type_form,
    "properties": _type_form,
    "requirements": lambda value: (
        "A requirement is written as `{id: short, text: At most one page, met_by: [draft]}`.",
        None,
    ),
    "nodes": lambda value: ("A node is written as `{id: draft, kind: llm, prompt: …, writes: [answer]}`.", None),
    "routes": lambda value: ("A route is written as `{condition: …, to: <node>}`.", None),
}


def our_form(path: tuple[str | int, ...], value: Any) -> tuple[str, Any] | None:
    """How to write a value that stands in another form at a path, and the value that is meant where that is sure."""
    found = _FORMS.get(str(path[-1])) if path and isinstance(path[-1], str) else None
    if len(path) > 1 and (isinstance(path[-1], int) or path[-2] in ("inputs", "state", "properties")):
        found = _ENTRY_FORMS.get(str(path[-2]), found)
    if path[-1:] == ("required",) and isinstance(value, bool):
        return ("Take it away: an input without a `default` must be given." if value
                else "Take it away, and give the input a `default`."), None  # fmt: skip
    if path[-1:] == ("body",) and isinstance(value, Mapping):
        return "A body sent as JSON stands under `json`.", None
    return found(value) if found is not None else None


def as_number(value: Any, whole: bool) -> int | float | None:
    """The number that a text stands for."""
    if not isinstance(value, str) or not (found := _NUMBER.fullmatch(value.strip())):
        return None
    if found.group(1) is None:
        return int(found.group())
    return None if whole else float(json.loads(found.group()))
