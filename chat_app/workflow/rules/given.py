"""What is given to tools, against the types that they take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chat_app.workflow.diagnostics import Diagnostic, Fix, Path
from chat_app.workflow.nodes import ToolNode
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.surroundings import ToolSignature
from chat_app.workflow.templates import compile_template
from chat_app.workflow.typed import Known, near, of_constant, simple
from chat_app.workflow.typed_edits import RenameKey
from chat_app.workflow.values import describe

_TAKEN = {
    "string": frozenset({"string", "integer", "number", "boolean"}),
    "integer": frozenset({"integer", "number", "boolean"}),
    "number": frozenset({"integer", "number"}),
    "boolean": frozenset({"boolean", "integer"}),
    "array": frozenset({"array"}),
    "object": frozenset({"object", "file"}),
    "file": frozenset({"file", "object"}),
}
"""For a type of ours the types of JSON Schema as which tools take it; texts of numbers are read."""
_WORDS = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
          "array": "a list", "object": "an object", "file": "a file"}  # fmt: skip


def type_given(value: Any, level: LevelView) -> Known:
    """The type of a value, with look-ups in it or without; None where it is not known."""
    if isinstance(value, Mapping):
        return simple("object")
    if isinstance(value, list):
        return simple("array")
    if not isinstance(value, str):
        return of_constant(value)
    template = compile_template(value)
    if template.problems:
        return None
    known, problems = template.type_problems(level.names)
    return None if problems else known


def misfit(value: Any, schema: Mapping[str, Any], level: LevelView) -> tuple[str, str] | None:
    """What is given and what is taken, in words; None where it fits or that can't be said."""
    taken = _types(schema)
    known = type_given(value, level) if value is not None else None
    if not taken or known is None or taken & _TAKEN[known.type]:
        return None
    return describe(known), " or ".join(_WORDS[each] for each in _WORDS if each in taken)


def _types(schema: Mapping[str, Any]) -> frozenset[str]:
    """The types that a schema takes; none where it does not say."""
    options = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(options, list):
        several = [_types(option) if isinstance(option, Mapping) else frozenset[str]() for option in options]
        nothing = [option == {"type": "null"} for option in options]
        known = [types for types, null in zip(several, nothing, strict=True) if not null]
        return frozenset[str]().union(*known) if all(known) else frozenset()
    said = schema.get("type")
    types = frozenset([said] if isinstance(said, str) else said if isinstance(said, list) else ()) & _WORDS.keys()
    return frozenset({"file"}) if types == {"object"} and schema.get("format") == "file" else types


def check_arguments(
    context: Context, level: LevelView, node: ToolNode, tool: ToolSignature, path: Path
) -> Iterator[Diagnostic]:
    """tool-arguments: names that the tool does not take or misses, values of a type that it does not take."""
    offered: Mapping[str, Any] = tool.parameters.get("properties", {})
    free = tool.parameters.get("additionalProperties") is True
    unknown = [name for name in node.arguments if name not in offered and not free]
    missing = [name for name in tool.parameters.get("required", ()) if name not in node.arguments]
    meant = {name: near(name, [each for each in offered if each not in node.arguments]) for name in unknown}
    if len(unknown) == len(missing) == 1:
        meant[unknown[0]] = missing[0]
    for name in unknown:
        place = (*path, "arguments", name)
        message, closest = f"The tool `{tool.name}` takes no `{name}`.", meant[name]
        help = f"Did you mean `{closest}`?" if closest else f"It takes: {', '.join(offered) or 'nothing'}."
        fix = Fix(f"Rename `{name}` to `{closest}`", (RenameKey(path=list(place), key=closest),)) if closest else None
        yield context.error("tool-arguments", message, place, help, key=True, fix=fix)
    for name in missing:
        if name not in meant.values():
            yield _missing(context, node, tool, name, path)
    for name, value in node.arguments.items():
        found = misfit(value, offered[name], level) if name in offered else None
        if found is not None:
            message = f"`{name}` of the tool `{tool.name}` is {found[1]}; it is given {found[0]}."
            help = f"Give it {found[1]}. What it means: {offered[name].get('description', name)}"
            yield context.error("tool-arguments", message, (*path, "arguments", name), help)


def _missing(context: Context, node: ToolNode, tool: ToolSignature, name: str, path: Path) -> Diagnostic:
    about = tool.parameters.get("properties", {}).get(name, {}).get("description")
    help = f"Add it to `arguments`. {f'What it means: {about}' if about else ''}".strip()
    place = (*path, "arguments") if node.arguments else (*path, "tool")
    message = f"The tool `{tool.name}` needs `{name}`."
    return context.error("tool-arguments", message, place, help, key=bool(node.arguments))
