"""Templates against the types of what they look up: unknown fields and parts, filters that do not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from jinja2 import nodes

from chat_app.workflow.filters import FILTERS
from chat_app.workflow.names import nearest
from chat_app.workflow.template_parts import loop_names, written
from chat_app.workflow.typed import Known, TextProblem, array_of, item_of, object_of, of_constant, part_of, simple
from chat_app.workflow.values import describe

_LOOP = object_of(
    {name: simple("integer") for name in ("index", "index0", "length", "revindex", "revindex0")}
    | {name: simple("boolean") for name in ("first", "last")}
)


def judge_lookups(names: Iterable[str], types: Mapping[str, Known]) -> tuple[Known, list[TextProblem]]:
    """The type of the last of some dotted names, and what is wrong with them."""
    judged = _Judge(types)
    known: Known = None
    for dotted in names:
        known = judged.dotted(dotted)
    return known, judged.problems


def judge_tree(tree: nodes.Template, types: Mapping[str, Known]) -> tuple[Known, list[TextProblem]]:
    """The type of the last value of a template, and what does not fit; no cascade from what is unknown already."""
    judged = _Judge(types)
    judged.body(tree.body, dict(types))
    return judged.last, judged.problems


class _Judge:
    def __init__(self, types: Mapping[str, Known]) -> None:
        self.types = types
        self.problems: list[TextProblem] = []
        self.last: Known = None

    def told(self, found: Known | TextProblem) -> Known:
        """The type; a problem is noted once and then counts as unknown."""
        if isinstance(found, TextProblem):
            if found not in self.problems:
                self.problems.append(found)
            return None
        return found

    def root(self, name: str, scope: Mapping[str, Known], dotted: str = "") -> Known:
        if name in scope:
            return scope[name]
        text, instead = name, None
        state = self.types.get("state")
        fields = state.properties if state is not None and state.properties else {}
        if name in fields:
            help, instead = f"Fields are read as `state.{name}`.", f"state.{name}"
        elif dotted.rpartition(".")[2] in fields:
            text, instead = dotted, f"state.{dotted.rpartition('.')[2]}"
            help = f"Fields are read as `{instead}`, whoever writes them."
        elif name == "secret":
            help = "Only the `headers` and `query` of an `http` node take secrets."
            return self.told(TextProblem("secret-misplaced", "Secrets can't be looked up here.", help, name))
        else:
            instead = nearest(name, scope)
            help = (
                f"Did you mean `{instead}`?"
                if instead
                else f"Names here: {', '.join(f'`{each}`' for each in scope)}."
            )
        return self.told(TextProblem("unknown-name", f"`{text}` is no name here.", help, text, instead=instead))

    def part(self, whole: Known, part: str, text: str) -> Known:
        """A part of a value; a local name that stands behind `state.` is told as such."""
        found = part_of(whole, part, text)
        if isinstance(found, TextProblem) and text == "state" and part in self.types:
            help = f"`{part}` is no field but a name of its own: read it as `{part}`."
            found = replace(found, help=help, instead=part)
        return self.told(found)

    def dotted(self, dotted: str) -> Known:
        root, *rest = dotted.split(".")
        known, text = self.root(root, self.types, dotted), root
        for part in rest:
            known = self.part(known, part, text)
            text = f"{text}.{part}"
            if known is None:
                return None
        return known

    def body(self, parts: list[Any], scope: dict[str, Known]) -> None:
        for part in parts:
            if isinstance(part, nodes.Output):
                for inner in part.nodes:
                    if not isinstance(inner, nodes.TemplateData):
                        self.last = self.of(inner, scope)
            elif isinstance(part, nodes.If):
                for branch in (part, *part.elif_):
                    self.of(branch.test, scope)
                    self.body(branch.body, scope)
                self.body(part.else_, scope)
            elif isinstance(part, nodes.For):
                self.loop(part, scope)

    def loop(self, part: nodes.For, scope: dict[str, Known]) -> None:
        over = self.of(part.iter, scope)
        names = loop_names(part.target)
        item = None if len(names) > 1 else self.told(item_of(over, written(part.iter)))
        inner = {**scope, **dict.fromkeys(names, item), "loop": _LOOP}
        if part.test is not None:
            self.of(part.test, inner)
        self.body(part.body, inner)
        self.body(part.else_, scope)

    def of(self, part: Any, scope: Mapping[str, Known]) -> Known:
        rule = _RULES.get(type(part))
        if rule is not None:
            return rule(self, part, scope)
        for inner in part.iter_child_nodes():
            self.of(inner, scope)
        return None

    def constant(self, part: nodes.Const, scope: Mapping[str, Known]) -> Known:
        return of_constant(part.value)

    def name(self, part: nodes.Name, scope: Mapping[str, Known]) -> Known:
        return self.root(part.name, scope)

    def attribute(self, part: nodes.Getattr, scope: Mapping[str, Known]) -> Known:
        if isinstance(part.node, nodes.Name):
            return self.part(self.root(part.node.name, scope, written(part)), part.attr, written(part.node))
        return self.part(self.of(part.node, scope), part.attr, written(part.node))

    def item(self, part: nodes.Getitem, scope: Mapping[str, Known]) -> Known:
        whole, key = self.of(part.node, scope), part.arg
        if isinstance(key, nodes.Const) and isinstance(key.value, str):
            return self.told(part_of(whole, key.value, written(part.node)))
        self.of(key, scope)
        if whole is None or whole.type in ("object", "string"):
            return whole if whole is not None and whole.type == "string" else None
        return self.told(item_of(whole, written(part.node)))

    def filtered(self, part: nodes.Filter, scope: Mapping[str, Known]) -> Known:
        assert part.node is not None
        known = self.of(part.node, scope)
        arguments = [self.of(each, scope) for each in part.args]
        used = FILTERS[part.name]
        if known is not None and used.takes and known.type not in used.takes:
            text = written(part.node)
            return self.told(
                TextProblem(
                    "filter-type",
                    f"The filter `{part.name}` works on {_either(used.takes)}; `{text}` is {describe(known)}.",
                    "Take the filter away, or give it a field of that type.",
                    f"{text} | {part.name}",
                )
            )
        if part.name in ("default", "d"):
            return known if arguments and known == arguments[0] else None
        if part.name == "map" and known is not None and known.items is not None:
            return self.mapped(part, known)
        return used.result(known)

    def mapped(self, part: nodes.Filter, known: Known) -> Known:
        assert known is not None and part.node is not None
        for pair in part.kwargs:
            if isinstance(pair.value, nodes.Const) and isinstance(pair.value.value, str):
                inner: Known = known.items
                for name in pair.value.value.split("."):
                    inner = self.told(part_of(inner, name, f"{written(part.node)}[0]"))
                return array_of(inner)
        return None

    def judged_bool(self, part: nodes.Node, scope: Mapping[str, Known]) -> Known:
        for inner in part.iter_child_nodes():
            self.of(inner, scope)
        return simple("boolean")

    def compared(self, part: nodes.Compare, scope: Mapping[str, Known]) -> Known:
        left = self.of(part.expr, scope)
        for each in part.ops:
            right = self.of(each.expr, scope)
            if each.op in ("eq", "ne"):
                self.enum_value(part.expr, left, each.expr)
                self.enum_value(each.expr, right, part.expr)
            left = right
        return simple("boolean")

    def enum_value(self, part: nodes.Node, known: Known, other: nodes.Node) -> None:
        if known is None or known.enum is None or not isinstance(other, nodes.Const) or other.value is None:
            return
        if other.value not in known.enum:
            self.told(impossible(written(part), known, other.value))

    def conditional(self, part: nodes.CondExpr, scope: Mapping[str, Known]) -> Known:
        self.of(part.test, scope)
        yes = self.of(part.expr1, scope)
        no = self.of(part.expr2, scope) if part.expr2 is not None else simple("string")
        return yes if yes == no else None

    def joined(self, part: nodes.Concat, scope: Mapping[str, Known]) -> Known:
        for inner in part.nodes:
            self.of(inner, scope)
        return simple("string")


def impossible(text: str, known: Known, value: Any) -> TextProblem:
    """The problem of a comparison with a value that an enum can't have."""
    assert known is not None and known.enum is not None
    near = nearest(str(value), [str(each) for each in known.enum])
    values = ", ".join(f"'{each}'" for each in known.enum)
    help = f"Did you mean '{near}'? " if near else ""
    message = f"`{text}` is never '{value}'."
    return TextProblem("impossible-value", message, f"{help}It is one of {values}.", f"{value}", instead=near)


def _either(types: tuple[str, ...]) -> str:
    words = {"array": "a list", "string": "a text", "object": "an object", "file": "a file",
             "number": "a number", "integer": "a whole number"}  # fmt: skip
    return " or ".join(words[name] for name in types)


_RULES: dict[type[nodes.Node], Callable[[_Judge, Any, Mapping[str, Known]], Known]] = {
    nodes.Const: _Judge.constant,
    nodes.Name: _Judge.name,
    nodes.Getattr: _Judge.attribute,
    nodes.Getitem: _Judge.item,
    nodes.Filter: _Judge.filtered,
    nodes.Test: _Judge.judged_bool,
    nodes.And: _Judge.judged_bool,
    nodes.Or: _Judge.judged_bool,
    nodes.Not: _Judge.judged_bool,
    nodes.Compare: _Judge.compared,
    nodes.CondExpr: _Judge.conditional,
    nodes.Concat: _Judge.joined,
}
