"""What is declared but does nothing: unused inputs, unread fields, requirements that nothing meets."""

from __future__ import annotations

from collections.abc import Iterator

from chat_app.workflow.diagnostics import Diagnostic, Fix
from chat_app.workflow.expressions import Condition, compile_in
from chat_app.workflow.nodes import CodeNode, MapNode
from chat_app.workflow.reads import code_reads, names_read
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.typed_edits import RemoveField


def check_usage(context: Context) -> Iterator[Diagnostic]:
    """unused-input and unread-field: a field that is neither read nor returned."""
    workflow = context.workflow
    if any(isinstance(node, CodeNode) and code_reads(node.code).reads_all for level in context.levels
           for node in level.level.nodes):  # fmt: skip
        return
    read = {level.path: _read_in(level) for level in context.levels}
    everywhere = set().union(*read.values()) | set(workflow.outputs) | _read_by_tests(context)
    for name in workflow.inputs:
        if name not in everywhere:
            yield context.warning(
                "unused-input",
                f"The input `{name}` is never used.",
                ("inputs", name),
                f"Use it in a prompt as `{{{{ state.{name} }}}}`, or remove it.",
                key=True,
                fix=Fix(f"Remove `{name}`", (RemoveField(name=name),)),
            )
    for name in workflow.state:
        if name not in everywhere:
            yield from _unread(context, context.top, name)
    for level in context.levels[1:]:
        inner = set().union(*(names for path, names in read.items() if path[: len(level.path)] == level.path))
        assert level.owner is not None
        returns = level.owner.body.returns
        inner |= {returns} if isinstance(returns, str) else set(returns)
        for name in level.own:
            if name not in inner:
                yield from _unread(context, level, name)


def _read_in(level: LevelView) -> set[str]:
    names = {name for node in level.level.nodes for name in names_read(node)}
    for condition in level.conditions.values():
        names |= condition.reads
    if "state" in names:
        names |= level.fields.keys()
    return {name.removeprefix("state.") for name in names}


def _read_by_tests(context: Context) -> set[str]:
    names: set[str] = set()
    for test in context.workflow.tests:
        for text in test.expect:
            compiled = compile_in(text, context.top.names)
            if isinstance(compiled, Condition):
                names |= {name.removeprefix("state.") for name in compiled.reads}
    return names


def _unread(context: Context, level: LevelView, name: str) -> Iterator[Diagnostic]:
    writers = [node.id for node in level.level.nodes if name in node.writes]
    where = "outputs" if level.parent is None else "the body's `returns`"
    by = f"; `{writers[0]}` writes it for nothing" if writers else ""
    yield context.warning(
        "unread-field",
        f"The field `{name}` is never read{by}.",
        (*level.path, "state", name),
        f"Read it in a prompt or condition, add it to {where}, or remove it.",
        key=True,
        fix=None if writers or level.parent is not None else Fix(f"Remove `{name}`", (RemoveField(name=name),)),
    )


def check_requirements(context: Context) -> Iterator[Diagnostic]:
    """unmet-requirement: what was wanted, but no node does."""
    for number, requirement in enumerate(context.workflow.requirements):
        if not requirement.met_by:
            yield context.warning(
                "unmet-requirement",
                f"No node meets the requirement `{requirement.id}`: {requirement.text}.",
                ("requirements", number, "id"),
                "Name the nodes that meet it in `met_by`, or remove it.",
            )


_ = MapNode
