"""Nodes that run other files: the file, what is given to it, and what it gives back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat_app.workflow.diagnostics import Diagnostic, Path
from chat_app.workflow.document import Workflow
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import WorkflowNode
from chat_app.workflow.result import CheckResult
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.rules.field_faults import faults_of
from chat_app.workflow.rules.writes import fits
from chat_app.workflow.templates import compile_template
from chat_app.workflow.typed import Known, array_of, near, object_of, simple
from chat_app.workflow.used_files import Unusable, output_of
from chat_app.workflow.values import describe, problems_of

_KIND = "workflow"


def check_used_files(context: Context) -> Iterator[Diagnostic]:
    """used-file, file-cycle, workflow-arguments."""
    for level, node, path in _nodes(context):
        match context.used.get(node.uses):
            case Unusable(code=code, message=message, help=help):
                yield context.error(code, message, (*path, "uses"), help)
            case CheckResult(workflow=Workflow() as used):
                yield from _arguments(context, level, node, used, path)


def check_used_writes(context: Context) -> Iterator[Diagnostic]:
    """wrong-writes: a node writes what the file returns."""
    for level, node, path in _nodes(context):
        found = context.used.get(node.uses)
        if isinstance(found, CheckResult) and found.workflow is not None:
            yield from _writes(context, level, node, found.workflow, path)


def _nodes(context: Context) -> Iterator[tuple[LevelView, WorkflowNode, Path]]:
    if _KIND not in context.surroundings.runnable_kinds:
        return
    for level in context.levels:
        for node, path in level.node_paths():
            if isinstance(node, WorkflowNode):
                yield level, node, path


def _arguments(
    context: Context, level: LevelView, node: WorkflowNode, used: Workflow, path: Path
) -> Iterator[Diagnostic]:
    code = "workflow-arguments"
    meant: set[str | None] = set()
    for name, value in node.arguments.items():
        place = (*path, "arguments", name)
        if name not in used.inputs:
            closest = near(name, used.inputs)
            meant.add(closest)
            help = f"Did you mean `{closest}`?" if closest else f"It takes: {', '.join(used.inputs) or 'nothing'}."
            yield context.error(code, f"`{node.uses}` has no input `{name}`.", place, help, key=True)
            continue
        wanted = used.inputs[name]
        problem = _misfit(name, value, wanted, level)
        if problem:
            yield context.error(code, problem, place, f"The input of `{node.uses}` is {describe(wanted)}.")
    needed = [name for name, field in used.inputs.items() if not field.has_default and name not in meant]
    missing = [name for name in needed if name not in node.arguments]
    for name in missing:
        place = (*path, "arguments") if node.arguments else (*path, "uses")
        help = f"Add it: `arguments: {{{name}: …}}`. {used.inputs[name].description or ''}".rstrip()
        message = f"`{node.uses}` needs a value for its input `{name}`."
        yield context.error(code, message, place, help, key=bool(node.arguments))


def _misfit(name: str, value: Any, wanted: FieldType, level: LevelView) -> str | None:
    """Why an argument does not fit the input; None where it does, or where that can't be said."""
    known = _type_of(value, level)
    if known is None:
        if _is_literal(value):
            problems = problems_of(value, wanted, (name,))
            return f"{problems[0][0].upper()}{problems[0][1:]}." if problems else None
        return None
    return None if fits(known, wanted) else f"`{name}` is given {describe(known)}."


def _type_of(value: Any, level: LevelView) -> Known:
    """The type of a value in which there are look-ups; None where there are none, or nothing is known."""
    if _is_literal(value):
        return None
    if isinstance(value, dict):
        return object_of({})
    if isinstance(value, list):
        return array_of(None)
    template = compile_template(value)
    if template.problems:
        return None
    known, problems = template.type_problems(level.names)
    if problems:
        return None
    return known if template.is_value else simple("string")


def _is_literal(value: Any) -> bool:
    if isinstance(value, str):
        return "{{" not in value and "{%" not in value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(_is_literal(part) for part in parts)


def _writes(
    context: Context, level: LevelView, node: WorkflowNode, used: Workflow, path: Path
) -> Iterator[Diagnostic]:
    types: dict[str, FieldType] = {**used.inputs, **used.state}
    for index, name in enumerate(node.writes):
        place = (*path, "writes", index)
        output = output_of(name, node, used)
        if output not in used.outputs:
            closest = near(name, used.outputs)
            offered = f"It returns: {', '.join(used.outputs) or 'nothing'}; name its `outputs` in the file."
            help = f"Did you mean `{closest}`?" if closest else offered
            yield context.error("wrong-writes", f"`{node.uses}` does not return `{name}`.", place, help)
            continue
        given, kind = types.get(output), None if name in level.doubtful else level.own.get(name)
        if given is None or kind is None or any(faults_of(given, output)):
            continue
        if not fits(given, kind):
            message = f"`{node.uses}` returns {describe(given)} as `{output}`, but `{name}` is {describe(kind)}."
            yield context.error("wrong-writes", message, place, f"Declare `{name}` with that type.")
