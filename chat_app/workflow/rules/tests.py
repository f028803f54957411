"""test-value: what a test gives must fit the fields it is given for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chat_app.workflow.diagnostics import Diagnostic, Path
from chat_app.workflow.document import Workflow
from chat_app.workflow.fields import FieldType
from chat_app.workflow.files_in_tests import STANDS_IN, beside, found_in, leads_away, named_files, with_files, written
from chat_app.workflow.nodes import HumanNode, MapBody, MapNode, WorkflowNode
from chat_app.workflow.result import CheckResult
from chat_app.workflow.rules.context import Context
from chat_app.workflow.values import problems_of


def check_tests(context: Context) -> Iterator[Diagnostic]:
    """Inputs, what nodes are said to return, and what people are said to answer."""
    workflow = context.workflow
    for number, test in enumerate(workflow.tests):
        path: Path = ("tests", number)
        yield from _values(context, test.inputs, workflow.inputs, (*path, "inputs"))
        for name, field in workflow.inputs.items():
            if name not in test.inputs and not field.has_default:
                message = f"The test gives no value for the input `{name}`."
                yield context.error("test-value", message, (*path, "name"), f"Add it: `inputs: {{{name}: …}}`.")
        for key, given in (("given", test.given), ("answers", test.answers)):
            for node, values in given.items():
                yield from _node(context, node, values, (*path, key, node), key == "answers")
        first: dict[str, int] = {}
        first.setdefault(test.name, number)


def _node(context: Context, name: str, values: Mapping[str, Any], path: Path, answers: bool) -> Iterator[Diagnostic]:
    level = context.levels_by_node.get(name)
    if level is None:
        return
    node = level.flow.by_id[name]
    if answers and isinstance(node, WorkflowNode):
        yield from _within(context, node, values, path)
        return
    if answers and not isinstance(node, HumanNode):
        message = f"`{name}` is no `human` node; nobody answers there."
        yield context.error("test-value", message, path, "What other nodes return stands under `given`.", key=True)
        return
    for field, value in values.items():
        if field not in node.writes:
            writes = ", ".join(f"`{each}`" for each in node.writes) or "nothing"
            message = f"`{name}` does not write `{field}`."
            yield context.error("test-value", message, (*path, field), f"It writes {writes}.", key=True)
        elif field in level.own:
            yield from _values(context, {field: value}, level.own, path)


def _within(context: Context, node: WorkflowNode, answers: Mapping[str, Any], path: Path) -> Iterator[Diagnostic]:
    """Answers for the people in a used workflow: by its own human nodes."""
    used = context.used.get(node.uses)
    if not isinstance(used, CheckResult):
        return
    inner = _people_in(used)
    for name, values in answers.items():
        if name not in inner or not isinstance(values, Mapping):
            people = ", ".join(f"`{each}`" for each in inner) or "nobody"
            message = f"`{name}` is no `human` node of `{node.uses}`, with its answers by field."
            help = f"It asks in: {people}. Write `answers: {{{node.id}: {{node: {{field: value}}}}}}`."
            yield context.error("test-value", message, (*path, name), help, key=True)
        else:
            yield from _values(context, values, inner[name], (*path, name))


def _people_in(used: CheckResult) -> dict[str, Mapping[str, FieldType]]:
    """What each node of a used workflow asks people for; one that uses a further file takes what it likes."""
    found: dict[str, Mapping[str, FieldType]] = {}
    todo: list[Workflow | MapBody] = [used.workflow] if used.workflow else []
    while todo:
        level = todo.pop()
        for node in level.nodes:
            if isinstance(node, HumanNode):
                found[node.id] = {name: level.state[name] for name in node.writes if name in level.state}
            elif isinstance(node, WorkflowNode):
                found[node.id] = {}
            elif isinstance(node, MapNode):
                todo.append(node.body)
    return found


def _values(
    context: Context, values: Mapping[str, Any], fields: Mapping[str, FieldType], path: Path
) -> Iterator[Diagnostic]:
    for name, value in values.items():
        if name in fields:
            whole = with_files(value, fields[name], _form)
            for problem in problems_of(whole, fields[name], (name,))[:1]:
                yield context.error("test-value", f"{problem[0].upper()}{problem[1:]}.", (*path, name),
                                    "Make it fit the field's type.")  # fmt: skip
            for file in named_files(value, fields[name]):
                yield from _named_file(context, file, (*path, name))


def _form(value: Any) -> Any:
    """What a test says for a file, as a value of the right form."""
    return STANDS_IN if beside(value) or written(value) else value


def _named_file(context: Context, name: str, path: Path) -> Iterator[Diagnostic]:
    folder = context.surroundings.folder
    if leads_away(name):
        message = f"The file `{name}` is not in the workflow's folder."
        yield context.error("test-value", message, path, "Put it beside the workflow and name it from there.")
    elif folder is not None and found_in(folder, name) is None:
        message = f"There is no file `{name}` beside the workflow."
        help = "Put it there, or write the file into the test: `{name: notes.md, text: …}`."
        yield context.error("test-value", message, path, help)
