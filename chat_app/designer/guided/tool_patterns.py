"""A recipe for any tool, made from its signature: one that is new to this program is asked about like any other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chat_app.designer.guided.patterns import Choice, Pattern, Slot
from chat_app.designer.guided.rendering import example_of
from chat_app.designer.guided.stems import stems
from chat_app.designer.guided.toolbox import tools
from chat_app.translation import mark, tr
from chat_app.workflow.surroundings import ToolSignature

EACH_RUN = "each run"
"""The answer by which an argument becomes an input of the workflow."""
_LEAST_SHARED, _LEAST_LIKENESS = 2, 0.75
_RESULT = "result"


class ToolPattern(Pattern):
    """A workflow of one call. It holds all it needs, so that a conversation can keep it."""

    parameters: dict[str, Any]
    result: dict[str, Any]
    tool: str

    def edit_data(self, names: Mapping[str, Any], shown: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Inputs for what each run gives, one node, a test."""
        asked = {slot.id for slot in self.slots}
        given, arguments, sample = [], {}, {}
        for name, schema in arguments_of(self.parameters).items():
            value = names.get(name) if name in asked else EACH_RUN
            if value in (EACH_RUN, "", None) and name not in self.parameters.get("required", ()):
                continue
            if value == EACH_RUN or value in ("", None):
                kind = field_type(schema, self.parameters)
                sample[name] = sample_of(kind)
                shown = {} if "file" in str(kind) else {"examples": [sample[name]]}
                given.append({"op": "add_input", "name": name, "type": {**kind, **shown}})
                arguments[name] = f"{{{{ state.{name} }}}}"
            else:
                arguments[name] = value
        field = _RESULT if _RESULT not in sample else "tool_result"
        kind = field_type(self.result, self.result)
        node = {"id": f"call_{self.tool}"[:60], "kind": "tool", "description": self.description, "tool": self.tool}
        expected = {node["id"]: {field: sample_of(kind)}}
        return [
            *given,
            {
                "op": "add_node",
                "node": {**node, "arguments": arguments, "writes": [field]},
                "fields": {field: {**kind, "description": tr("What the tool returns")}},
            },
            {"op": "set_outputs", "outputs": [field]},
            {
                "op": "add_test",
                "test": {
                    "name": tr("what the tool returns is returned"),
                    "inputs": sample,
                    "given": expected,
                    "expect": [f"has(state.{field})"],
                },
            },
        ]


def tool_pattern(recipe: Mapping[str, Any]) -> ToolPattern:
    """The recipe for a tool, from what a conversation keeps of its signature."""
    name = str(recipe["tool"])
    parameters, result = dict(recipe["parameters"]), dict(recipe["result"])
    slots = [
        slot for argument, schema in arguments_of(parameters).items() if (slot := _slot(argument, schema, parameters))
    ]
    return ToolPattern(
        id=f"use_{name}"[:60],
        family=mark("Tools"),
        title=tr("Use the tool {name}", name=name),
        description=str(recipe["description"]),
        asks=[name.replace("_", " ")],
        slots=slots,
        parameters=parameters,
        result=result,
        tool=name,
    )


def as_recipe(signature: ToolSignature) -> dict[str, Any]:
    """What a conversation keeps of a tool."""
    return {
        "tool": signature.name,
        "description": signature.description,
        "parameters": dict(signature.parameters),
        "result": dict(signature.result),
    }


def tools_meant(wish: str) -> list[dict[str, Any]]:
    """Recipes of the tools that a wish names, or that speak of the same as it does; the best first."""
    wanted = set(stems(wish))
    ranked = []
    for name, signature in tools().items():
        if signature.missing is not None:
            continue
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", wish):
            ranked.append((2.0, name))
            continue
        words = set(stems(f"{name.replace('_', ' ').replace('/', ' ').replace(':', ' ')} {signature.description}"))
        shared = wanted & words
        likeness = len(shared) / max(len(wanted), 1)
        if len(shared) >= _LEAST_SHARED and likeness >= _LEAST_LIKENESS:
            ranked.append((likeness, name))
    return [as_recipe(tools()[name]) for _, name in sorted(ranked, key=lambda each: (-each[0], each[1]))]


def named(recipe: Mapping[str, Any], wish: str) -> bool:
    """Whether a wish names a tool outright."""
    return bool(re.search(rf"(?<!\w){re.escape(str(recipe['tool']))}(?!\w)", wish))


def arguments_of(parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The arguments' schemas by name."""
    return {name: dict(schema) for name, schema in parameters.get("properties", {}).items()}


def _slot(name: str, schema: dict[str, Any], parameters: Mapping[str, Any]) -> Slot | None:
    """The question for an argument; none where only a run can give it, or where its default does."""
    kind = field_type(schema, parameters)
    required = name in parameters.get("required", ())
    why = str(schema.get("description") or tr("The tool takes it."))
    ask = tr("What shall `{argument}` be?", argument=name)
    options = [Choice(label=str(one), value=str(one)) for one in kind.get("enum") or ()]
    each = Choice(label=mark("The user gives it on each run"), value=EACH_RUN)
    if options:
        default = str(schema["default"]) if schema.get("default") in kind["enum"] else options[0].value
        return Slot(id=name, kind="choice", ask=ask, why=why, options=options, default=default, other=False)
    if kind["type"] == "boolean":
        return Slot(id=name, kind="yes_no", ask=ask, why=why, default="yes" if schema.get("default") else "no")
    if kind["type"] == "integer" and not required and isinstance(schema.get("default"), int):
        least, most = int(kind.get("minimum", 0)), int(kind.get("maximum", 1_000_000))
        default = str(schema["default"])
        return Slot(id=name, kind="number", ask=ask, why=why, default=default, minimum=least, maximum=most)
    if kind["type"] == "string" and required:
        return Slot(id=name, kind="text", ask=ask, why=why, options=[each], default=EACH_RUN)
    return None


_LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")


def field_type(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema as a type of the workflow language; what says more than the language can becomes an object."""
    schema = _resolved(schema, root)
    told = {"description": schema["description"]} if schema.get("description") else {}
    if schema.get("format") == "file":
        return {"type": "file", **told}
    if schema.get("enum") and all(isinstance(one, str) for one in schema["enum"]):
        return {"type": "string", "enum": list(schema["enum"]), **told}
    kind = schema.get("type")
    if kind == "array":
        return {"type": "array", "items": field_type(schema.get("items") or {}, root), **_bounds(schema), **told}
    if kind in ("string", "integer", "number", "boolean"):
        return {"type": kind, **_bounds(schema), **told}
    return {"type": "object", **told}


def _bounds(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: schema[key] for key in _LIMITS if key in schema}


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind a reference, and the first that is not null of several."""
    for _ in range(8):
        if "$ref" in schema:
            found = root.get("$defs", {}).get(str(schema["$ref"]).rpartition("/")[2], {})
            schema = {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
        elif several := schema.get("anyOf") or schema.get("oneOf"):
            first: Mapping[str, Any] = next((one for one in several if one.get("type") != "null"), {})
            rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
            schema = {**first, **rest}
        else:
            break
    return schema


def sample_of(kind: Mapping[str, Any]) -> Any:
    """A value that fits a type, for a test."""
    match kind["type"]:
        case "file":
            return {"name": "sample.md", "text": "Sample"}
        case "array":
            return [sample_of(kind["items"])]
        case "string" if not kind.get("enum"):
            return "Sample".ljust(int(kind.get("minLength", 0)), ".")[: int(kind.get("maxLength", 10_000))]
        case _:
            return example_of(kind)
