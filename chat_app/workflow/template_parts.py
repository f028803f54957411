"""Small questions about Jinja2's tree, and what a refused piece is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jinja2 import nodes

from chat_app.workflow.names import nearest
from chat_app.workflow.typed import TextProblem


def dotted_name(part: nodes.Node) -> str | None:
    """`state.a.b` as text; None for anything but a name with attributes."""
    names: list[str] = []
    while isinstance(part, nodes.Getattr):
        names.append(part.attr)
        part = part.node
    if isinstance(part, nodes.Getitem) and isinstance(part.arg, nodes.Const) and isinstance(part.arg.value, str):
        inner = dotted_name(part.node)
        return None if inner is None else ".".join([inner, part.arg.value, *reversed(names)])
    if not isinstance(part, nodes.Name):
        return None
    return ".".join([part.name, *reversed(names)])


def written(part: nodes.Node) -> str:
    """An expression as a person would write it, as far as messages need it."""
    match part:
        case nodes.Name():
            return part.name
        case nodes.Getattr():
            return f"{written(part.node)}.{part.attr}"
        case nodes.Getitem():
            return f"{written(part.node)}[{written(part.arg)}]"
        case nodes.Const():
            return repr(part.value)
        case nodes.Filter():
            return f"{written(part.node)} | {part.name}" if part.node is not None else part.name
        case _:
            return "the value"


def defined_in(test: nodes.Node) -> frozenset[str]:
    """The names that are certainly set where a condition holds: `x is defined`, alone or joined by `and`."""
    if isinstance(test, nodes.And):
        return defined_in(test.left) | defined_in(test.right)
    if isinstance(test, nodes.Test) and test.name == "defined":
        dotted = dotted_name(test.node)
        return frozenset([".".join(dotted.split(".")[:2])]) if dotted else frozenset()
    return frozenset()


def loop_names(target: nodes.Node) -> tuple[str, ...]:
    """The names that a loop binds."""
    if isinstance(target, nodes.Tuple):
        return tuple(each.name for each in target.items if isinstance(each, nodes.Name))
    return (target.name,) if isinstance(target, nodes.Name) else ()


def bind(scope: dict[str, Any], names: Sequence[str], item: Any) -> None:
    """Binds a loop's names to one item."""
    if len(names) == 1:
        scope[names[0]] = item
        return
    parts = item if isinstance(item, list | tuple) else ()
    for position, name in enumerate(names):
        scope[name] = parts[position] if position < len(parts) else None


def loop_parts(position: int, length: int) -> Mapping[str, Any]:
    """What `loop` holds inside a loop."""
    return {
        "index": position + 1,
        "index0": position,
        "first": position == 0,
        "last": position == length - 1,
        "length": length,
        "revindex": length - position,
        "revindex0": length - position - 1,
    }


LOOP_PARTS = frozenset(loop_parts(0, 1))

_INSTEAD: dict[type[nodes.Node], tuple[str, str]] = {
    nodes.Call: ("Calls are not allowed in templates.", "Use a filter: `{{ state.name | upper }}`."),
    nodes.Assign: ("`set` is not allowed in templates.", "Write the value where it is used."),
    nodes.AssignBlock: ("`set` is not allowed in templates.", "Write the value where it is used."),
    nodes.Macro: (
        "Macros are not allowed in templates.",
        "Use a node of kind `template` for a text used twice.",
    ),
    nodes.CallBlock: ("Calls are not allowed in templates.", "Use a filter: `{{ state.name | upper }}`."),
    nodes.FilterBlock: ("Filter blocks are not allowed in templates.", "Use `{{ value | filter }}`."),
    nodes.Include: ("Templates can't include files.", "Write the text into the workflow."),
    nodes.Import: ("Templates can't import files.", "Write the text into the workflow."),
    nodes.FromImport: ("Templates can't import files.", "Write the text into the workflow."),
    nodes.Extends: ("Templates can't extend files.", "Write the text into the workflow."),
    nodes.Dict: ("Objects can't be written in templates.", "Look up a field of `type: object`."),
}
_ARITHMETIC = (
    nodes.Add,
    nodes.Sub,
    nodes.Mul,
    nodes.Div,
    nodes.FloorDiv,
    nodes.Mod,
    nodes.Pow,
    nodes.Pos,
    nodes.Neg,
)


def not_allowed(part: nodes.Node) -> TextProblem:
    """The problem of a node that the allow-list does not have, with the allowed way."""
    if isinstance(part, _ARITHMETIC):
        return TextProblem(
            "template-not-allowed",
            "Arithmetic is not allowed in templates.",
            "Let a `code` node compute the value, and look up its field.",
            _sum(part),
        )
    if isinstance(part, nodes.Call) and isinstance(part.node, nodes.Getattr):
        called = f"{written(part.node)}("
        return TextProblem(
            "template-not-allowed",
            f"`{called})` is a call; calls are not allowed in templates.",
            f"Use a filter, such as `{written(part.node.node)} | {_AS_FILTER.get(part.node.attr, part.node.attr)}`.",
            called,
        )
    message, help = _INSTEAD.get(
        type(part),
        (
            f"`{type(part).__name__.lower()}` is not allowed in templates.",
            "Templates have look-ups, filters, `if` and `for`.",
        ),
    )
    if isinstance(part, nodes.Call) and isinstance(part.node, nodes.Name) and part.node.name == "range":
        help = "Go through a list of the state: `{% for x in state.items %}`."
    return TextProblem("template-not-allowed", message, help)


_AS_FILTER = {"strip": "trim", "keys": "items", "values": "items", "format": "replace", "get": "default"}


def unknown(what: str, name: str, offered: Iterable[str]) -> TextProblem:
    """The problem of a filter or test that is not listed."""
    names = sorted(offered)
    near = nearest(name, names)
    help = f"Did you mean `{near}`?" if near else f"There are: {', '.join(names)}."
    return TextProblem("template-not-allowed", f"Templates have no {what} `{name}`.", help, name, instead=near)


def _sum(part: nodes.Node) -> str | None:
    """An arithmetic expression as it most likely stands in the text."""
    if not isinstance(part, nodes.BinExpr):
        return None
    return f"{written(part.left)} {part.operator} {written(part.right)}"
