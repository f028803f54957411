"""Which texts a node has, and which fields it reads by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from chat_app.workflow.diagnostics import Path
from chat_app.workflow.nodes import (
    ClassifyNode,
    CodeNode,
    HttpNode,
    HumanNode,
    LlmNode,
    MapNode,
    NodeBase,
    TemplateNode,
    ToolNode,
    WorkflowNode,
)
from chat_app.workflow.python_code import PythonCode, read_code
from chat_app.workflow.templates import compile_template


def templates_of(node: NodeBase) -> Iterator[tuple[Path, str]]:
    """Each template of a node (of a map: without its body) with its path from the node down."""
    match node:
        case LlmNode():
            yield ("prompt",), node.prompt
            if node.system is not None:
                yield ("system",), node.system
            for key in ("images", "files"):
                yield from _inside(getattr(node, key), (key,))
        case ClassifyNode():
            yield ("text",), node.text
        case TemplateNode():
            yield ("template",), node.template
        case HttpNode():
            yield ("url",), node.url
            yield from _inside(node.headers, ("headers",))
            yield from _inside(node.query, ("query",))
            yield from _inside(node.json_body, ("json",))
            yield from _inside(node.body, ("body",))
        case ToolNode() | WorkflowNode():
            yield from _inside(node.arguments, ("arguments",))
        case MapNode():
            yield ("over",), node.over
        case HumanNode():
            yield ("ask",), node.ask


def _inside(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _inside(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _inside(inner, (*path, index))


def names_read(node: NodeBase) -> frozenset[str]:
    """The dotted names (`state.email`, `item`) that a node looks up, of a map without its body."""
    names: set[str] = set()
    for _, text in templates_of(node):
        names |= compile_template(text).reads
    if isinstance(node, CodeNode):
        code = code_reads(node.code)
        names |= {f"state.{name}" for name in code.reads | code.reads_maybe} | code.free
    return frozenset(names)


@lru_cache(maxsize=1024)
def code_reads(code: str) -> PythonCode:
    """What Python code says, read once."""
    return read_code(code)


def names_needed(node: NodeBase) -> frozenset[str]:
    """Those of the names read that a node can't do without."""
    names: set[str] = set()
    for _, text in templates_of(node):
        names |= compile_template(text).needs
    if isinstance(node, CodeNode):
        names |= {f"state.{name}" for name in code_reads(node.code).reads}
    return frozenset(names)


def fields_read(node: NodeBase) -> frozenset[str]:
    """The state fields that a node reads; a map reads what its body reads from outside."""
    fields = {name.removeprefix("state.") for name in names_read(node) if name.startswith("state.")}
    if isinstance(node, MapNode):
        inner = {name for each in node.body.nodes for name in fields_read(each)}
        fields |= inner - set(node.body.state)
    return frozenset(fields)
