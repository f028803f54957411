"""Code nodes: their Python must be Python, fit their sandbox, read what is there and assign what they write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from chat_app.workflow.code_lines import location_in_code
from chat_app.workflow.diagnostics import Diagnostic, Path
from chat_app.workflow.nodes import CodeNode
from chat_app.workflow.python_code import CodeFault, mini_faults
from chat_app.workflow.reads import code_reads
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.typed import near


def check_code_syntax(context: Context) -> Iterator[Diagnostic]:
    """code-syntax: what is no Python, or misses what code nodes are: `return`, writing into `state`."""
    for _, node, path in _code_nodes(context):
        for fault in code_reads(node.code).faults:
            yield _at(context, "code-syntax", fault, path, node.code)


def check_code_runtime(context: Context) -> Iterator[Diagnostic]:
    """code-not-supported: a sandbox that is not here, and what `runtime: mini` does not know."""
    for _, node, path in _code_nodes(context):
        if node.runtime not in context.surroundings.code_runtimes:
            there = ", ".join(f"`{name}`" for name in sorted(context.surroundings.code_runtimes)) or "none"
            message = f"There is no sandbox here for `runtime: {node.runtime}`."
            help = f"Use one that is here: {there}. `workflow-chat doctor` says what `full` needs."
            yield context.error("code-not-supported", message, (*path, "runtime"), help)
        faults = code_reads(node.code).faults
        if node.runtime == "mini" and not faults:
            for fault in mini_faults(node.code):
                yield _at(context, "code-not-supported", fault, path, node.code)


def check_code_assigns(context: Context) -> Iterator[Diagnostic]:
    """code-leaves-unwritten: a written field that no line of the code assigns."""
    for _, node, path in _code_nodes(context):
        code = code_reads(node.code)
        if code.faults:
            continue
        for index, name in enumerate(node.writes):
            if name not in code.assigned:
                yield context.error(
                    "code-leaves-unwritten",
                    f"No line of the code assigns `{name}`, which `{node.id}` writes.",
                    (*path, "writes", index),
                    _instead(name, code.assigned, f"Assign it at the top level: `{name} = ...`."),
                )


def check_code_names(context: Context) -> Iterator[Diagnostic]:
    """unknown-name: fields and names that the code reads and that are not there."""
    for level, node, path in _code_nodes(context):
        code = code_reads(node.code)
        if code.faults:
            continue
        for name in sorted((code.reads | code.reads_maybe) - level.fields.keys()):
            help = _instead(name, level.fields, "Declare it under `inputs` or `state`.", "state.")
            yield context.error(
                "unknown-name", f"`state.{name}` names no field.", (*path, "code"), help, snippet=f"state.{name}"
            )
        for name in sorted(code.free - level.names.keys()):
            if name in level.fields:
                help = f"Fields are read as `state.{name}`."
            else:
                help = _instead(name, level.names, "Assign it before it is read.")
            yield context.error("unknown-name", f"`{name}` is not defined.", (*path, "code"), help, snippet=name)


def _code_nodes(context: Context) -> Iterator[tuple[LevelView, CodeNode, Path]]:
    for level in context.levels:
        for node, path in level.node_paths():
            if isinstance(node, CodeNode):
                yield level, node, path


def _at(context: Context, code: str, fault: CodeFault, path: Path, text: str) -> Diagnostic:
    place = (*path, "code")
    found = context.error(code, f"{fault.message}.", place, fault.help)
    return replace(found, location=location_in_code(context.source, place, text, fault.line, fault.column))


def _instead(name: str, offered: Iterable[str], otherwise: str, prefix: str = "") -> str:
    closest = near(name, list(offered))
    return f"Did you mean `{prefix}{closest}`?" if closest else otherwise
