"""Conditions: CEL, typed against the state before any run, free of side effects, bounded in time.

The library parses and evaluates; the types are judged by `cel_types`, as our fields know more than CEL's
types do (enums, parts of objects). An error *value* of the library is turned into an exception here: a
condition that fails must never count as true or fall through to another route.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cel_expr_python import cel

from chat_app.workflow.cel_tree import Parsed, Tree, parse, written
from chat_app.workflow.cel_types import Judge, truth_help
from chat_app.workflow.fields import FieldType
from chat_app.workflow.typed import Known, TextProblem, object_of
from chat_app.workflow.values import describe

_WHOLE = re.compile(r"-?\d+")
_MISSING_KEY = re.compile(r'Key not found in map : "?([\w]+)"?')


class ConditionFailed(Exception):
    """A condition could not be evaluated; it is neither true nor false."""


@dataclass(frozen=True)
class Condition:
    """A compiled condition."""

    text: str
    reads: frozenset[str]
    """What it looks up: `state.score`, `index`."""
    needs: frozenset[str]
    """Those of them that it does not ask for by `has()` first."""
    set_when_true: frozenset[str]
    """Fields that are certainly set where it holds."""
    set_when_false: frozenset[str]
    """Fields that are certainly set where it does not hold."""
    program: Any = field(repr=False, compare=False, default=None)
    prepare: Mapping[str, Callable[[Any], Any]] = field(repr=False, compare=False, default_factory=dict)
    """How values of fields that hold numbers become what CEL expects."""

    def evaluate(self, state: Mapping[str, Any], locals: Mapping[str, Any] | None = None) -> bool:
        """Whether it holds; raises ConditionFailed when that can't be said."""
        fields, data = {}, {}
        for name in self.reads:
            if name.startswith("state."):
                key = name[6:]
                if key in state:
                    value = state[key]
                    fields[key] = self.prepare[key](value) if key in self.prepare else value
            elif locals is not None and name in locals:
                data[name] = locals[name]
        data["state"] = fields
        try:
            result = self.program.eval(data=data)
            value = result.value()
        except (RuntimeError, TypeError, ValueError, OverflowError) as error:
            raise ConditionFailed(f"`{self.text}`: {_plain(str(error))}") from None
        if result.type() != cel.Type.BOOL:
            raise ConditionFailed(f"`{self.text}`: {_plain(str(value))}")
        return bool(value)


def _plain(error: str) -> str:
    missing = _MISSING_KEY.search(error)
    if missing:
        return f"`{missing.group(1)}` is not set"
    if "Iteration budget exceeded" in error:
        return "it takes too many steps"
    return re.sub(r"^[A-Z_]+: |\s*\[[A-Z_]+\]$", "", error).strip().rstrip(".")


def compile_condition(
    text: str, fields: Mapping[str, FieldType], locals: Mapping[str, Known] | None = None
) -> Condition | list[TextProblem]:
    """Compiles a condition over the fields (`state.x`) and local names (a map's item, `index`)."""
    return compile_in(text, {"state": object_of(fields), **(locals or {})})


def compile_in(text: str, names: Mapping[str, Known]) -> Condition | list[TextProblem]:
    """Compiles a condition over names whose types are given; `state` is one of them."""
    parsed = parse(text)
    if isinstance(parsed, TextProblem):
        return [parsed]
    judge = Judge(names, text)
    known = judge.of(parsed.tree)
    if judge.problems:
        return list(dict.fromkeys(judge.problems))
    if known is not None and known.type != "boolean":
        message = f"The condition gives {describe(known)}, not true or false."
        return [TextProblem("condition-type", message, truth_help(parsed.tree, known))]
    if judge.promoted:
        parsed = _promoted(text, judge.promoted)
    return _condition(text, parsed, names)


def _promoted(text: str, offsets: list[int]) -> Parsed:
    """The expression with these whole-number literals written as numbers (`2` as `2.0`)."""
    for offset in sorted(set(offsets), reverse=True):
        digits = _WHOLE.match(text, offset)
        assert digits is not None
        text = f"{text[: digits.end()]}.0{text[digits.end() :]}"
    parsed = parse(text)
    assert isinstance(parsed, Parsed)
    return parsed


def _condition(text: str, parsed: Parsed, names: Mapping[str, Known]) -> Condition:
    state = names.get("state")
    reads: set[str] = set()
    asked: set[str] = set()
    _collect(parsed.tree, frozenset(), reads, asked)
    prepare: dict[str, Callable[[Any], Any]] = {}
    for name in reads:
        known = (state.properties or {}).get(name[6:]) if state and name.startswith("state.") else None
        convert = _conversion(known)
        if convert is not None:
            prepare[name[6:]] = convert
    return Condition(
        text,
        frozenset(reads),
        frozenset(reads - asked),
        frozenset(_conjuncts(parsed.tree, positive=True)),
        frozenset(_conjuncts(parsed.tree, positive=False)),
        parsed.program,
        prepare,
    )


def _collect(tree: Tree, bound: frozenset[str], reads: set[str], asked: set[str]) -> None:
    if tree.kind == "name":
        if tree.name not in bound:
            reads.add(tree.name)
        return
    dotted = _field(tree)
    if dotted is not None and "state" not in bound:
        reads.add(dotted)
        if tree.has:
            asked.add(dotted)
        return
    if tree.kind == "loop":
        assert tree.target is not None
        _collect(tree.target, bound, reads, asked)
        bound = bound | {tree.name, tree.bound}
    elif tree.target is not None:
        _collect(tree.target, bound, reads, asked)
    for part in tree.args:
        _collect(part, bound, reads, asked)


def _field(tree: Tree) -> str | None:
    """`state.x` (or `state['x']`) as a dotted name."""
    if tree.kind == "select" and tree.target and tree.target.kind == "name" and tree.target.name == "state":
        return f"state.{tree.name}"
    if tree.kind == "call" and tree.name == "_[_]" and tree.args[0].kind == "name" and tree.args[0].name == "state":
        key = tree.args[1].value
        return f"state.{key}" if isinstance(key, str) else None
    return None


def _conjuncts(tree: Tree, positive: bool) -> Iterator[str]:
    """Fields whose being set follows from the expression being true (or, when not positive, false)."""
    if tree.kind == "call" and tree.name == ("_&&_" if positive else "_||_"):
        for part in tree.args:
            yield from _conjuncts(part, positive)
    elif tree.kind == "call" and tree.name == "!_":
        yield from _conjuncts(tree.args[0], not positive)
    elif positive and tree.kind == "select" and tree.has:
        dotted = _field(tree)
        if dotted:
            yield dotted


def _conversion(known: Known) -> Callable[[Any], Any] | None:
    """How a value becomes what CEL expects: numbers as floats, whole numbers as ints; None: as it is."""
    if known is None:
        return None
    if known.type == "number":
        return _to_float
    if known.type == "integer":
        return _to_int
    if known.type == "array" and known.items is not None:
        inner = _conversion(known.items)
        return (
            (lambda value: [inner(item) for item in value] if isinstance(value, list) else value) if inner else None
        )
    if known.type == "object" and known.properties:
        parts = {name: convert for name, part in known.properties.items() if (convert := _conversion(part))}
        return (lambda value: _converted(value, parts)) if parts else None
    return None


def _to_float(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _to_int(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _converted(value: Any, parts: Mapping[str, Callable[[Any], Any]]) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: parts[name](item) if name in parts else item for name, item in value.items()}


__all__ = ["Condition", "ConditionFailed", "compile_condition", "compile_in", "written"]
