"""What nodes write: the right number and types of fields for their kind, and only what may be written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chat_app.workflow.diagnostics import Diagnostic, Fix, Path
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import (
    ClassifyNode,
    HttpNode,
    HumanNode,
    LlmNode,
    MapNode,
    NodeBase,
    ParallelNode,
    TemplateNode,
)
from chat_app.workflow.rules.context import Context, LevelView
from chat_app.workflow.rules.field_faults import faults_of
from chat_app.workflow.templates import compile_template
from chat_app.workflow.typed import Known, array_of, object_of
from chat_app.workflow.typed_edits import ReplaceValue
from chat_app.workflow.values import describe

Problem = tuple[str, Path, str | None]
"""A headline, the path below the node, and help."""

_ANSWERS = "A model answers with text and data; a file comes from an input, a tool or a person."


def check_writes(context: Context) -> Iterator[Diagnostic]:
    """wrong-writes: each kind writes what it can make."""
    for level in context.levels:
        for node, path in level.node_paths():
            rule = _RULES.get(type(node))
            for message, below, help in rule(node, level) if rule else ():
                yield context.error("wrong-writes", message, (*path, *below), help)
            yield from _twice(context, node, path)


def _twice(context: Context, node: NodeBase, path: Path) -> Iterator[Diagnostic]:
    for index, name in enumerate(node.writes):
        if name in node.writes[:index]:
            message = f"`{node.id}` names `{name}` twice in `writes`."
            yield context.error("wrong-writes", message, (*path, "writes", index), "Name it once.")


def _at(index: int) -> Path:
    return ("writes", index)


def _some(node: NodeBase, what: str) -> Iterator[Problem]:
    if not node.writes:
        help = f"Add `writes: [field]` with a field declared under `state`; {what} goes there."
        yield f"`{node.id}` writes nothing.", ("writes",), help


def _one(node: NodeBase, what: str) -> Iterator[Problem]:
    yield from _some(node, what)
    if len(node.writes) > 1:
        kind = getattr(node, "kind", "")
        yield f"A `{kind}` node writes one field; `{node.id}` names {len(node.writes)}.", _at(1), "Keep one of them."


def _of(level: LevelView, node: NodeBase, index: int = 0) -> FieldType | None:
    """The type of a written field; None where it is unknown or contradicts itself."""
    name = node.writes[index] if len(node.writes) > index else ""
    return None if name in level.doubtful else level.own.get(name)


def _llm(node: NodeBase, level: LevelView) -> Iterator[Problem]:
    yield from _some(node, "the answer")
    for index, name in enumerate(node.writes):
        kind = level.own.get(name)
        if kind is not None and kind.type == "file":
            yield f"`{name}` is a file; an `llm` node can't write one.", _at(index), _ANSWERS


def _human(node: NodeBase, level: LevelView) -> Iterator[Problem]:
    yield from _some(node, "the person's answer")


def _classify(node: NodeBase, level: LevelView) -> Iterator[Problem]:
    assert isinstance(node, ClassifyNode)
    yield from _one(node, "the label")
    kind = _of(level, node)
    if kind is None or len(node.writes) != 1:
        return
    name, labels = node.writes[0], list(node.labels)
    if kind.type != "string":
        help = f"Declare `{name}: {{type: string, enum: [{', '.join(labels)}]}}`."
        yield f"`{name}` is {describe(kind)}; a label is text.", _at(0), help
    elif kind.enum is None:
        help = f"Declare `{name}: {{type: string, enum: [{', '.join(labels)}]}}`."
        yield f"`{name}` must be an enum of the labels.", _at(0), help
    else:
        missing = [label for label in labels if label not in kind.enum]
        extra = [str(value) for value in kind.enum if value not in node.labels]
        if missing:
            names = ", ".join(f"`{label}`" for label in missing)
            help = f"Make the enum of `{name}` `[{', '.join(labels)}]`, or change the labels."
            yield f"The label {names} is no value of `{name}`.", ("labels", missing[0]), help
        elif extra:
            names = ", ".join(f"`{value}`" for value in extra)
            help = f"Add a label for {names}, or take the value out of the enum."
            yield f"`{name}` can be {names}, but no label says so.", ("labels",), help


def _template(node: NodeBase, level: LevelView) -> Iterator[Problem]:
    assert isinstance(node, TemplateNode)
    yield from _one(node, "the text")
    kind = _of(level, node)
    if kind is None:
        return
    template = compile_template(node.template)
    if template.problems:
        return
    known, problems = template.type_problems(level.names)
    if known is not None and not problems and not fits(known, kind):
        name = node.writes[0]
        help = f"Declare `{name}` with that type."
        if not template.is_value and kind.type != "string":
            help = "Only a template that is exactly one `{{ … }}` keeps a value's type; anything else is text."
        yield f"The template gives {describe(known)}, but `{name}` is {describe(kind)}.", _at(0), help


def fits(known: FieldType, kind: FieldType) -> bool:
    """Whether values of the one type have the other, as far as types tell."""
    if known.type != kind.type and not (known.type == "integer" and kind.type == "number"):
        return False
    if known.type == "array" and known.items is not None and kind.items is not None:
        return fits(known.items, kind.items)
    return True


def _map(node: NodeBase, level: LevelView) -> Iterator[Problem]:
    assert isinstance(node, MapNode)
    yield from _one(node, "the list of what the body returns")
    kind = _of(level, node)
    if kind is None:
        return
    name, body = node.writes[0], node.body
    if kind.type != "array":
        help = f"Declare `{name}: {{type: array, items: …}}`; it holds one entry for each item."
        yield f"A map collects a list; `{name}` is {describe(kind)}.", _at(0), help
        return
    returned: Known = None
    if isinstance(body.returns, str):
        returned = body.state.get(body.returns)
        if returned is not None and any(faults_of(returned, body.returns)):
            returned = None
    elif all(each in body.state for each in body.returns):
        returned = object_of({each: body.state[each] for each in body.returns})
    judged = kind.items is not None and node.on_item_error != "collect"
    if judged and returned is not None and kind.items is not None and not fits(returned, kind.items):
        help = f"Declare `{name}` as {describe(array_of(returned))}, or return another field."
        yield f"The body returns {describe(returned)}, but `{name}` is {describe(kind)}.", _at(0), help


def _parallel(node: NodeBase, level: LevelView) -> Iterator[Problem]:
    if node.writes:
        help = "Its subtasks write for themselves; take `writes` away."
        yield f"A `parallel` node writes nothing itself; `{node.id}` names {len(node.writes)}.", ("writes",), help


def _http(node: NodeBase, level: LevelView) -> Iterator[Problem]:
    assert isinstance(node, HttpNode)
    yield from _some(node, "the answer")
    if node.body is not None and node.json_body is not None:
        yield f"`{node.id}` has both `json` and `body`; a request has one.", ("body",), "Keep one of them."


def _other(node: NodeBase, level: LevelView) -> Iterator[Problem]:
    yield from ()


_RULES: dict[type[NodeBase], Callable[[NodeBase, LevelView], Iterator[Problem]]] = {
    LlmNode: _llm,
    HumanNode: _human,
    ClassifyNode: _classify,
    TemplateNode: _template,
    MapNode: _map,
    ParallelNode: _parallel,
    HttpNode: _http,
}


def check_writable(context: Context) -> Iterator[Diagnostic]:
    """not-writable: inputs belong to the user."""
    inputs = context.workflow.inputs
    for node, path in context.top.node_paths():
        for index, name in enumerate(node.writes):
            if name in inputs and name not in context.workflow.state:
                yield context.error(
                    "not-writable",
                    f"`{name}` is an input; nodes write only fields of `state`.",
                    (*path, "writes", index),
                    f"Declare another field under `state`, such as `new_{name}`, and write that.",
                )


def check_outputs(context: Context) -> Iterator[Diagnostic]:
    """unwritten-output: what a run returns must be written by some node."""
    workflow = context.workflow
    written = {name for node in workflow.nodes for name in node.writes}
    if not context.top.writes_known or not context.top.sound:
        return
    for index, name in enumerate(workflow.outputs):
        if name in workflow.state and name not in written and not workflow.state[name].has_default:
            yield context.error(
                "unwritten-output",
                f"The output `{name}` is never written.",
                ("outputs", index),
                f"Add `{name}` to the `writes` of a node, or take it out of `outputs`.",
                fix=Fix(
                    f"Take `{name}` out of `outputs`",
                    (ReplaceValue(path=["outputs"], value=[each for each in workflow.outputs if each != name]),),
                )
                if len(workflow.outputs) > 1
                else None,
            )
