"""The language as the model is told it: derived from the pydantic models, never a copy by hand."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from chat_app.designer.agent.budget import cut, tokens
from chat_app.workflow.document import WorkflowTest
from chat_app.workflow.fields import StateField
from chat_app.workflow.nodes import NODE_KINDS, NodeBase
from chat_app.workflow.surroundings import ToolSignature
from chat_app.workflow.typed_edits import DesignEdit

_PLAIN = {str: "text", int: "whole number", float: "number", bool: "true/false", Any: "any"}
_WORD = re.compile(r"[a-z]+")
_NAMES_TOKENS = 150
"""What the names of tools that are not shown whole may take."""
_NEEDED = {
    "llm": re.compile(""),
    "template": re.compile(""),
    "classify": re.compile(r"classify|sort|categor|label|route|triage|intent|kind of|sentiment"),
    "code": re.compile(r"code|python|comput|calculat|sum|average|count|percent"),
    "http": re.compile(r"http|api\b|url|request|webhook|endpoint"),
    "tool": re.compile(r"tool|search|web|file|pdf|docx|document|table|csv|excel|chart|image|page|read"),
    "map": re.compile(r"each|every|for all|list of|batch|several|many|map"),
    "parallel": re.compile(r"parallel|at once|same time|at the same|simultan"),
    "workflow": re.compile(r"other workflow|sub-?workflow|uses:"),
    "human": re.compile(r"approv|person|human|ask me|confirm|review by|sign off|let me|choose|pick"),
}
"""Words by which a wish, or the workflow as it stands, shows that it needs a kind."""
_LEFT_OUT = frozenset({"cache", "kind", "op"})


def edit_models() -> tuple[type[BaseModel], ...]:
    """The edits a designer may make, in the order of the contract."""
    union = get_args(DesignEdit)[0]
    return get_args(union)


def op_of(model: type[BaseModel]) -> str:
    """The `op` that names an edit."""
    return str(model.model_fields["op"].default)


@cache
def nodes_reference(kinds: frozenset[str], shown: frozenset[str] | None = None) -> str:
    """The node kinds that run here, each with its own keys; those that are not `shown` by their purpose alone."""
    lines = ["Every node: " + "; ".join(_keys(NodeBase))]
    for kind, model in NODE_KINDS.items():
        if kind in kinds and shown is not None and kind not in shown:
            lines.append(f"- {kind}: {_first_line(model)} (say that you need it; its keys are shown then)")
        elif kind in kinds:
            lines.append(f"- {kind}: {_first_line(model)} Keys: " + "; ".join(_keys(model, NodeBase)))
    return "\n".join(lines)


@cache
def edits_reference() -> str:
    """The edits, each with its keys; a star marks a key that must be given."""
    return "\n".join(
        f"- {op_of(model)}({', '.join(_names(model))}): {_doc(model)}{_notes(model)}" for model in edit_models()
    )


@cache
def types_reference() -> str:
    """The keys of a field's type."""
    return "; ".join(_keys(StateField, described=frozenset({"type", "reduce"})))


@cache
def tests_reference() -> str:
    """The keys of a test."""
    return "; ".join(_keys(WorkflowTest))


def kinds_for(about: str) -> frozenset[str]:
    """The kinds that a wish most likely needs, for models that are given less to read."""
    text = about.lower()
    return frozenset(kind for kind, pattern in _NEEDED.items() if pattern.search(text))


def tools_reference(tools: Mapping[str, ToolSignature], limit: int = 10_000, about: str = "") -> str:
    """The tools here within `limit` tokens: those that speak most of the wish whole, the others by name."""
    if not tools:
        return "None here: do not use `tool` nodes or `tools`."
    wanted = _words(about)
    order = sorted(tools.values(), key=lambda tool: -len(wanted & _words(f"{tool.name} {tool.description}")))
    lines: list[str] = []
    others: list[str] = []
    left = limit
    for tool in order:
        line = _tool(tool)
        left -= tokens(line)
        if left > 0:
            lines.append(line)
        else:
            others.append(tool.name)
    rest = [f"- also: {', '.join(others)} (say which you need; they are shown then)"] if others else []
    return cut("\n".join([*sorted(lines), *rest]), limit + _NAMES_TOKENS)


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.lower().replace("_", " ")) if len(word) > 3}


def _tool(tool: ToolSignature) -> str:
    needed = tool.parameters.get("required", ())
    given = [
        f"{name}{'*' if name in needed else ''}: {_schema_type(part, {})}"
        for name, part in tool.parameters.get("properties", {}).items()
    ]
    result = _schema_type(tool.result, tool.result.get("$defs", {}))
    missing = f" NOT READY: {tool.missing}" if tool.missing else ""
    return f"- {tool.name}({', '.join(given)}) -> {result}: {tool.description}{missing}"


def _schema_type(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """A JSON Schema in a few words."""
    schema = parts.get(str(schema.get("$ref", "")).rpartition("/")[2], schema)
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            return _schema_type(choice, parts)
    if schema.get("type") == "array":
        return f"list of {_schema_type(schema.get('items', {}), parts)}"
    if schema.get("properties", {}).keys() >= {"sha256", "media_type"}:
        return "file"
    if schema.get("type") == "object" and schema.get("properties"):
        return "{" + ", ".join(schema["properties"]) + "}"
    return str(schema.get("type", "any"))


def _keys(
    model: type[BaseModel], base: type[BaseModel] | None = None, described: frozenset[str] | None = None
) -> Iterator[str]:
    for name, info in model.model_fields.items():
        if name in _LEFT_OUT or (base is not None and name in base.model_fields):
            continue
        star = "*" if info.is_required() else ""
        tell = described is None or name in described
        meaning = f" = {_brief(info.description)}" if tell and info.description else ""
        yield f"{info.alias or name}{star} ({_type_name(info.annotation)}){meaning}"


def _names(model: type[BaseModel]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        if name not in _LEFT_OUT:
            yield (info.alias or name) + ("*" if info.is_required() else "")


def _notes(model: type[BaseModel]) -> str:
    notes = [
        f"{info.alias or name}: {_brief(info.description)}"
        for name, info in model.model_fields.items()
        if info.description and name not in _LEFT_OUT and _own(info)
    ]
    return f" [{'; '.join(notes)}]" if notes else ""


def _own(info: FieldInfo) -> bool:
    """Whether the description says something of this key, and not only how names are written."""
    return not str(info.description).startswith("Lower-case letters")


def _brief(text: str | None) -> str:
    return (text or "").rstrip(".")


def _doc(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _type_name(annotation: Any) -> str:
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "|".join(map(str, parts))
    if origin in (Union, types.UnionType):
        return " or ".join(_distinct(_type_name(part) for part in parts if part is not type(None)))
    if origin is list:
        return f"list of {_type_name(parts[0])}" if parts else "list"
    if origin is dict:
        return "map"
    if hasattr(annotation, "__metadata__"):
        return _type_name(parts[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "{" + ", ".join(_names(annotation)) + "}"
    return "map"


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
