"""Jinja2's tree, node by node, into closures: what is not named here is refused with the allowed way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes

from chat_app.workflow.filters import FILTERS, FilterFailed, Missing, to_text
from chat_app.workflow.template_parts import (
    bind,
    defined_in,
    dotted_name,
    loop_names,
    loop_parts,
    not_allowed,
    unknown,
    written,
)
from chat_app.workflow.template_run import (
    COMPARE,
    TESTS,
    Output,
    Piece,
    Scope,
    TemplateFailed,
    Value,
    Write,
    lookup,
    present,
)
from chat_app.workflow.typed import TextProblem

_ENVIRONMENT = Environment(keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True, autoescape=False)


@dataclass(slots=True)
class Reads:
    """What is looked up, and what of it can't be missing."""

    all: set[str] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)


class _Refused(Exception):
    def __init__(self, problem: TextProblem) -> None:
        self.problem = problem


def build(text: str) -> tuple[tuple[str | Piece, ...], Reads, list[TextProblem], Any]:
    """A template's pieces, reads, problems and Jinja2 tree."""
    builder = _Builder()
    try:
        tree = _ENVIRONMENT.parse(text)
        pieces = builder.body(tree.body, outermost=True)
    except TemplateSyntaxError as error:
        return (), Reads(), [_syntax(error, text)], None
    except RecursionError:
        too_deep = TextProblem("template-syntax", "The template nests too deep.", "Make it flatter.")
        return (), Reads(), [too_deep], None
    return tuple(pieces), builder.reads, builder.problems, None if builder.problems else tree


def _syntax(error: TemplateSyntaxError, text: str) -> TextProblem:
    lines = text.splitlines() or [""]
    line = lines[min(max(error.lineno, 1), len(lines)) - 1].strip()
    message = str(error.message or "unreadable").rstrip(".")
    unknown_tag = _UNKNOWN_TAG.search(message)
    if unknown_tag:
        inner = _INNERMOST.search(message)
        closing = f"`{inner.group(1)}` is closed by `{{% end{inner.group(1)} %}}`." if inner else ""
        return TextProblem(
            "template-not-allowed",
            f"Templates have no block `{unknown_tag.group(1)}`.",
            closing or "Blocks are `if` and `for`.",
            line,
        )
    return TextProblem(
        "template-syntax",
        f"The template can't be read: {message}.",
        "A look-up is `{{ state.name }}`, a choice `{% if … %}…{% endif %}`, a loop `{% for x in … %}…{% endfor %}`.",
        line or None,
    )


_UNKNOWN_TAG = re.compile(r"unknown tag '([^']*)'")
_INNERMOST = re.compile(r"innermost block that needs to be closed is '([^']*)'")


class _Builder:
    """Walks the tree; a refused node becomes a problem and the walk goes on beside it."""

    def __init__(self) -> None:
        self.reads = Reads()
        self.problems: list[TextProblem] = []
        self.bound: list[frozenset[str]] = []
        self.guards: list[frozenset[str]] = []

    def body(self, parts: list[nodes.Node], outermost: bool = False) -> list[str | Piece]:
        pieces: list[str | Piece] = []
        for part in parts:
            try:
                pieces += self.statement(part)
            except _Refused as refused:
                self.problems.append(refused.problem)
        if outermost:
            solid = [piece for piece in pieces if not isinstance(piece, str) or piece.strip()]
            if len(solid) == 1 and not isinstance(solid[0], str) and solid[0].is_value:
                return list(solid)
        return pieces

    def statement(self, part: nodes.Node) -> list[str | Piece]:
        if isinstance(part, nodes.Output):
            pieces: list[str | Piece] = []
            for inner in part.nodes:
                if isinstance(inner, nodes.TemplateData):
                    pieces.append(inner.data)
                else:
                    pieces.append(Piece.of_value(self.value(inner)))
            return pieces
        if isinstance(part, nodes.If):
            return [Piece.of_block(self.choice(part))]
        if isinstance(part, nodes.For):
            return [Piece.of_block(self.loop(part))]
        raise _Refused(not_allowed(part))

    def choice(self, part: nodes.If) -> Write:
        branches: list[tuple[Value, Write]] = []
        for test in (part, *part.elif_):
            condition = self.value(test.test)
            self.guards.append(defined_in(test.test))
            branches.append((condition, _all(self.body(test.body))))
            self.guards.pop()
        otherwise = _all(self.body(part.else_))

        def write(scope: Scope, output: Output) -> None:
            for condition, block in branches:
                if present(condition(scope)):
                    return block(scope, output)
            return otherwise(scope, output)

        return write

    def loop(self, part: nodes.For) -> Write:
        if part.recursive:
            raise _Refused(TextProblem("template-not-allowed", "Loops can't be recursive.", "Leave `recursive` out."))
        over, names = self.value(part.iter), loop_names(part.target)
        self.bound.append(frozenset([*names, "loop"]))
        keep = self.value(part.test) if part.test is not None else None
        block, otherwise = _all(self.body(part.body)), _all(self.body(part.else_))
        self.bound.pop()

        def write(scope: Scope, output: Output) -> None:
            items = _sequence(present(over(scope)))
            inner = dict(scope)
            if keep is not None:
                items = [item for item in items if _kept(inner, names, item, keep, output)]
            if not items:
                return otherwise(scope, output)
            for position, item in enumerate(items):
                output.step()
                bind(inner, names, item)
                inner["loop"] = loop_parts(position, len(items))
                block(inner, output)
            return None

        return write

    def value(self, part: nodes.Node) -> Value:
        build = _VALUES.get(type(part))
        if build is None:
            raise _Refused(not_allowed(part))
        return build(self, part)

    def constant(self, part: Any) -> Value:
        constant = part.value
        if not isinstance(constant, str | int | float | bool | None):
            raise _Refused(not_allowed(part))
        return lambda scope: constant

    def negative(self, part: Any) -> Value:
        if isinstance(part.node, nodes.Const) and isinstance(part.node.value, int | float):
            number = -part.node.value
            return lambda scope: number
        raise _Refused(not_allowed(part))

    def name(self, part: Any) -> Value:
        self.note(part.name)
        return lookup((part.name,))

    def attribute(self, part: Any) -> Value:
        dotted = dotted_name(part)
        if dotted is not None:
            self.note(dotted)
            return lookup(tuple(dotted.split(".")))
        whole, name, text = self.value(part.node), part.attr, written(part)

        def value(scope: Scope) -> Any:
            found = present(whole(scope))
            return found[name] if isinstance(found, Mapping) and name in found else Missing(text)

        return value

    def item(self, part: Any) -> Value:
        key = part.arg
        dotted = dotted_name(part)
        if dotted is not None:
            self.note(dotted)
            return lookup(tuple(dotted.split(".")))
        if isinstance(key, nodes.Slice):
            raise _Refused(
                TextProblem("template-not-allowed", "Slices are not allowed in templates.",
                            "Cut a text with `| truncate(100)`; loop with `{% if loop.index <= 3 %}`.")
            )  # fmt: skip
        whole, index, text = self.value(part.node), self.value(key), written(part)

        def value(scope: Scope) -> Any:
            found, at = present(whole(scope)), present(index(scope))
            try:
                if (isinstance(found, list | tuple | str) and isinstance(at, int)) or isinstance(found, Mapping):
                    return found[at]
            except (KeyError, IndexError, TypeError):
                pass
            return Missing(text)

        return value

    def filtered(self, part: Any) -> Value:
        known = FILTERS.get(part.name)
        if known is None or part.node is None:
            raise _Refused(unknown("filter", part.name, FILTERS))
        guarded = part.name in ("default", "d")
        inner = self.guarded(part.node) if guarded else self.value(part.node)
        arguments, keywords = self.arguments(part, known.arguments, known.keywords, f"`{part.name}`")
        name, run = part.name, known.run

        def value(scope: Scope) -> Any:
            whole = inner(scope) if guarded else present(inner(scope))
            given = [present(argument(scope)) for argument in arguments]
            named = {key: present(argument(scope)) for key, argument in keywords.items()}
            try:
                return run(whole, *given, **named)
            except (FilterFailed, TypeError, ValueError, OverflowError) as error:
                raise TemplateFailed(f"the filter `{name}`: {error}") from None

        return value

    def guarded(self, part: nodes.Node) -> Value:
        dotted = dotted_name(part)
        if dotted is None:
            return self.value(part)
        self.note(dotted, guarded=True)
        return lookup(tuple(dotted.split(".")))

    def arguments(
        self, part: Any, most: int, allowed: frozenset[str], what: str
    ) -> tuple[list[Value], dict[str, Value]]:
        if part.dyn_args is not None or part.dyn_kwargs is not None:
            raise _Refused(TextProblem("template-not-allowed", f"{what} takes no `*` arguments.", None))
        if len(part.args) > most:
            raise _Refused(TextProblem("template-not-allowed", f"{what} takes at most {most} arguments.", None))
        for pair in part.kwargs:
            if pair.key not in allowed:
                raise _Refused(TextProblem("template-not-allowed", f"{what} has no argument `{pair.key}`.", None))
        return [self.value(each) for each in part.args], {pair.key: self.value(pair.value) for pair in part.kwargs}

    def test(self, part: Any) -> Value:
        test = TESTS.get(part.name)
        if test is None:
            raise _Refused(unknown("test", part.name, TESTS))
        inner = self.guarded(part.node) if part.name in ("defined", "undefined") else self.value(part.node)
        return lambda scope: test(inner(scope))

    def compared(self, part: Any) -> Value:
        first = self.value(part.expr)
        rest = [(COMPARE[each.op], self.value(each.expr)) for each in part.ops]

        def value(scope: Scope) -> Any:
            left = present(first(scope))
            for compare, other in rest:
                right = present(other(scope))
                try:
                    if not compare(left, right):
                        return False
                except TypeError:
                    raise TemplateFailed(
                        f"can't compare {to_text(left)[:40]!r} with {to_text(right)[:40]!r}"
                    ) from None
                left = right
            return True

        return value

    def both(self, part: Any) -> Value:
        left = self.value(part.left)
        self.guards.append(defined_in(part.left))
        right = self.value(part.right)
        self.guards.pop()
        return lambda scope: present(left(scope)) and present(right(scope))

    def either(self, part: Any) -> Value:
        left, right = self.value(part.left), self.value(part.right)
        return lambda scope: present(left(scope)) or present(right(scope))

    def negated(self, part: Any) -> Value:
        inner = self.value(part.node)
        return lambda scope: not present(inner(scope))

    def conditional(self, part: Any) -> Value:
        test = self.value(part.test)
        self.guards.append(defined_in(part.test))
        yes = self.value(part.expr1)
        self.guards.pop()
        no = self.value(part.expr2) if part.expr2 is not None else (lambda scope: "")
        return lambda scope: yes(scope) if present(test(scope)) else no(scope)

    def joined(self, part: Any) -> Value:
        parts = [self.value(each) for each in part.nodes]

        def value(scope: Scope) -> str:
            output = Output()
            for each in parts:
                output.write(to_text(present(each(scope))))
            return output.text()

        return value

    def several(self, part: Any) -> Value:
        items = [self.value(item) for item in part.items]
        return lambda scope: [present(item(scope)) for item in items]

    def note(self, dotted: str, guarded: bool = False) -> None:
        root, _, rest = dotted.partition(".")
        if any(root in names for names in self.bound):
            return
        name = f"{root}.{rest.split('.')[0]}" if rest and root in ("state", "secret") else root
        self.reads.all.add(name)
        if not guarded and not any(name in names for names in self.guards):
            self.reads.needed.add(name)


def _all(pieces: list[str | Piece]) -> Write:
    def write(scope: Scope, output: Output) -> None:
        for piece in pieces:
            if isinstance(piece, str):
                output.write(piece)
            else:
                piece.write(scope, output)

    return write


def _sequence(value: Any) -> Sequence[Any]:
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, Mapping):
        return list(value)
    raise TemplateFailed(f"a loop needs a list, found {to_text(value)[:40]!r}")


def _kept(scope: Scope, names: Sequence[str], item: Any, keep: Value, output: Output) -> bool:
    output.step()
    bind(scope, names, item)
    return bool(present(keep(scope)))


_VALUES: dict[type[nodes.Node], Callable[[_Builder, Any], Value]] = {
    nodes.Const: _Builder.constant,
    nodes.Neg: _Builder.negative,
    nodes.Name: _Builder.name,
    nodes.Getattr: _Builder.attribute,
    nodes.Getitem: _Builder.item,
    nodes.Filter: _Builder.filtered,
    nodes.Test: _Builder.test,
    nodes.Compare: _Builder.compared,
    nodes.And: _Builder.both,
    nodes.Or: _Builder.either,
    nodes.Not: _Builder.negated,
    nodes.CondExpr: _Builder.conditional,
    nodes.Concat: _Builder.joined,
    nodes.List: _Builder.several,
    nodes.Tuple: _Builder.several,
}
