"""The values of what conditions ask about, cut into the few regions that the conditions tell apart.

A condition that compares `state.score` with 5 and 8 can't tell 6 from 7: it is enough to try one value of each
region. What it asks that regions can't answer (`startsWith`, arithmetic, loops) may be either way.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from typing import Any

from chat_app.workflow.cel_tree import Tree
from chat_app.workflow.fields import FieldType
from chat_app.workflow.typed import Known, TextProblem, part_of, simple
from chat_app.workflow.values import problems_of


class Truth(Enum):
    """What can be said of a condition for one choice of regions."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"
    FAILS = "fails"
    """It asks for the value of a field that is not set."""


class Mark(Enum):
    """Regions that are no single value."""

    UNSET = "unset"
    OTHER = "other"
    """Any text that no condition names."""


Region = Any
"""A value that stands for its region, or a mark."""

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "_==_": operator.eq, "_!=_": operator.ne, "_<_": operator.lt, "_<=_": operator.le,
    "_>_": operator.gt, "_>=_": operator.ge,
}  # fmt: skip
_TURNED = {"_==_": "_==_", "_!=_": "_!=_", "_<_": "_>_", "_<=_": "_>=_", "_>_": "_<_", "_>=_": "_<=_"}
_SIZE = "size:"
_ITEM = "item:"
_MOST_CONSTANTS = 40


@dataclass(frozen=True)
class Atom:
    """One question that regions answer: a comparison of a variable with constants, or whether it is set."""

    variable: str
    sign: str
    constants: tuple[Any, ...]

    def answer(self, region: Region) -> Truth:
        """The answer where the variable lies in a region."""
        if self.sign == "has":
            return Truth.NO if region is Mark.UNSET else Truth.YES
        if region is Mark.UNSET:
            return Truth.FAILS
        if self.sign == "in":
            holds = any(equal(region, each) for each in self.constants)
        elif self.sign in ("_==_", "_!=_"):
            holds = equal(region, self.constants[0]) is (self.sign == "_==_")
        else:
            holds = _ORDER[self.sign](region, self.constants[0])
        return _said(holds)


def _said(holds: bool) -> Truth:
    return Truth.YES if holds else Truth.NO


def equal(one: Any, other: Any) -> bool:
    """Whether conditions take two plain values for the same."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def atom_of(tree: Tree) -> Atom | None:
    """The question that an expression asks by itself; None where it is made of others or is none of these."""
    if tree.kind == "select" and tree.has:
        return Atom(name, "has", ()) if (name := _path(tree)) and name.count(".") == 1 else None
    if tree.kind in ("select", "name"):
        return Atom(name, "_==_", (True,)) if (name := _path(tree)) else None
    if tree.kind == "loop":
        return _item_atom(tree)
    if tree.kind != "call" or len(tree.args) != 2:
        return None
    left, right = tree.args
    if tree.name == "@in" and left.kind == "const" and _is_plain(left.value, "_==_") and (name := _path(right)):
        return Atom(_item_variable(name, left.value), "_==_", (True,))
    if tree.name == "@in" and right.kind == "list" and all(each.kind == "const" for each in right.args):
        return Atom(name, "in", tuple(each.value for each in right.args)) if (name := variable_of(left)) else None
    if tree.name not in _ORDER:
        return None
    for part, other, sign in ((left, right, tree.name), (right, left, _TURNED[tree.name])):
        name = variable_of(part)
        if name and other.kind == "const" and _is_plain(other.value, sign):
            return Atom(name, sign, (other.value,))
    return None


def _item_atom(tree: Tree) -> Atom | None:
    """`list.exists(x, x == 'a')`: whether a value is among the items of a list."""
    name = _path(tree.target) if tree.target is not None else None
    start, step, _, result = tree.args
    if name is None or start.value is not False or step.name != "_||_" or result.name != tree.bound:
        return None
    grown, asked = step.args
    if grown.name != tree.bound or asked.kind != "call" or asked.name != "_==_":
        return None
    for part, other in (asked.args, reversed(asked.args)):
        plain = other.kind == "const" and _is_plain(other.value, "_==_")
        if plain and part.kind == "name" and part.name == tree.name:
            return Atom(_item_variable(name, other.value), "_==_", (True,))
    return None


def _item_variable(path: str, value: Any) -> str:
    return f"{_ITEM}{path}:{json.dumps(value)}"


def item_in(variable: str) -> tuple[str, Any] | None:
    """The list and the value, where a variable is whether the value is among its items."""
    if not variable.startswith(_ITEM):
        return None
    path, _, value = variable.removeprefix(_ITEM).partition(":")
    return path, json.loads(value)


def path_of(variable: str) -> str:
    """What a variable is, or is the length of, or is a question about: `state.a.b`."""
    item = item_in(variable)
    return item[0] if item is not None else variable.removeprefix(_SIZE)


def _is_plain(value: Any, sign: str) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number or (sign in ("_==_", "_!=_") and isinstance(value, str | bool))


def variable_of(tree: Tree) -> str | None:
    """`state.a.b`, `index` or `size:state.a`; None for any other expression, also for questions about items."""
    if tree.kind == "call" and tree.name == "size":
        inner = tree.target if tree.target is not None else tree.args[0] if tree.args else None
        path = _path(inner) if inner is not None else None
        return f"{_SIZE}{path}" if path else None
    return None if tree.kind == "select" and tree.has else _path(tree)


def _path(tree: Tree) -> str | None:
    if tree.kind == "name":
        return tree.name
    if tree.kind == "select" and tree.target is not None and not tree.target.has:
        above = _path(tree.target)
        return f"{above}.{tree.name}" if above else None
    return None


def is_size(variable: str) -> bool:
    """Whether a variable is the length of something."""
    return variable.startswith(_SIZE)


def field_of(variable: str) -> str | None:
    """The field of the state that a variable is, or is a part of."""
    root, _, rest = path_of(variable).partition(".")
    return rest.partition(".")[0] if root == "state" and rest else None


def atoms_in(tree: Tree) -> Iterator[Atom]:
    """Every question in an expression that regions answer."""
    found = atom_of(tree)
    if found is not None:
        yield found
    elif tree.kind == "call":
        for part in tree.args:
            yield from atoms_in(part)


def truth(tree: Tree, regions: Mapping[str, Region]) -> Truth:
    """What an expression comes to where each variable lies in one region; variables left out may be anywhere."""
    if tree.kind == "const" and isinstance(tree.value, bool):
        return Truth.YES if tree.value else Truth.NO
    found = atom_of(tree)
    if found is not None:
        return found.answer(regions[found.variable]) if found.variable in regions else Truth.MAYBE
    if tree.kind != "call":
        return Truth.MAYBE
    if tree.name in _ORDER and all(part.kind == "const" and _is_plain(part.value, tree.name) for part in tree.args):
        left, right = (part.value for part in tree.args)
        alike = isinstance(left, str) == isinstance(right, str) and isinstance(left, bool) == isinstance(right, bool)
        return _said(_ORDER[tree.name](left, right)) if alike else Truth.MAYBE
    if tree.name == "!_":
        inner = truth(tree.args[0], regions)
        return {Truth.YES: Truth.NO, Truth.NO: Truth.YES}.get(inner, inner)
    if tree.name in ("_&&_", "_||_"):
        parts = {truth(part, regions) for part in tree.args}
        decides, other = (Truth.NO, Truth.YES) if tree.name == "_&&_" else (Truth.YES, Truth.NO)
        if decides in parts:
            return decides
        return Truth.MAYBE if Truth.MAYBE in parts else Truth.FAILS if Truth.FAILS in parts else other
    if tree.name == "_?_:_":
        asked = truth(tree.args[0], regions)
        if asked in (Truth.YES, Truth.NO):
            return truth(tree.args[1 if asked is Truth.YES else 2], regions)
        return asked
    return Truth.MAYBE


@dataclass
class Domain:
    """The regions of one variable: a value for each, in order."""

    kind: FieldType
    regions: tuple[Region, ...]
    least: float | None = None
    most: float | None = None
    constants: tuple[float, ...] = field(default=())

    def of_value(self, value: Any) -> frozenset[Region]:
        """The region in which a value lies; all of them where that can't be said."""
        if value in self.regions and any(equal(value, each) for each in self.regions):
            return frozenset({value})
        if self.kind.type == "string":
            return frozenset({Mark.OTHER}) & frozenset(self.regions) or self.set_ones
        if isinstance(value, int | float) and not isinstance(value, bool):
            near = [each for each in self.set_ones if self._interval(each) == self._interval(value)]
            return frozenset(near) or self.set_ones
        return self.set_ones

    def of_length(self, least: int) -> frozenset[Region]:
        """The regions of texts that are at least so long; of numbers that are lengths, those from there on."""
        if self.kind.type == "string":
            return frozenset(each for each in self.set_ones if not isinstance(each, str) or len(each) >= least)
        first = self._interval(least)[0]
        return frozenset(each for each in self.set_ones if each >= least or self._interval(each) == (first, False))

    def _interval(self, value: float) -> tuple[int, bool]:
        return sum(each < value for each in self.constants), value in self.constants

    @property
    def set_ones(self) -> frozenset[Region]:
        """All regions but that of being unset."""
        return frozenset(each for each in self.regions if each is not Mark.UNSET)

    @property
    def all(self) -> frozenset[Region]:
        return frozenset(self.regions)

    def told(self, regions: frozenset[Region]) -> str:
        """Some of its regions in words: `less than 5, or 8 or more`."""
        there = [each for each in self.regions if each in regions and not isinstance(each, Mark)]
        words = (
            self._numbers(there) if self.kind.type in ("integer", "number") else [_literal(each) for each in there]
        )
        if Mark.OTHER in regions:
            named = [each for each in self.regions if not isinstance(each, Mark) and each not in regions]
            words.append(f"a text other than {' or '.join(map(_literal, named))}" if named else "another text")
        if Mark.UNSET in regions:
            words.append("unset")
        return " or ".join(words) or "nothing at all"

    def _numbers(self, there: list[Any]) -> list[str]:
        """Neighbouring regions as one span of numbers."""
        spans: list[list[Any]] = []
        order = [each for each in self.regions if not isinstance(each, Mark)]
        for each in there:
            if spans and order.index(spans[-1][-1]) + 1 == order.index(each):
                spans[-1].append(each)
            else:
                spans.append([each])
        return [self._span(span[0], span[-1]) for span in spans]

    def _span(self, low: float, high: float) -> str:
        if low == high and low in self.constants:
            return _plain(low)
        below, above = self._beside(low, -1), self._beside(high, 1)
        start = f"at least {_plain(low)}" if low in self.constants else f"more than {_plain(below)}"
        end = f"at most {_plain(high)}" if high in self.constants else f"less than {_plain(above)}"
        parts = [
            start if below is not None and low != self.least else "",
            end if above is not None and high != self.most else "",
        ]
        return " and ".join(words for words in parts if words) or "any number"

    def _beside(self, value: float, way: int) -> float | None:
        """The value itself where conditions name it, else the nearest that they name on one side."""
        if value in self.constants:
            return value
        return min(
            (each for each in self.constants if (each - value) * way > 0),
            key=lambda each: abs(each - value),
            default=None,
        )


def between(kind: FieldType) -> str:
    """The bounds of a number in words."""
    if kind.minimum is None:
        return f"at most {_plain(kind.maximum)}"
    return f"at least {_plain(kind.minimum)}" + (
        "" if kind.maximum is None else f" and at most {_plain(kind.maximum)}"
    )


def _plain(number: float | None) -> str:
    if number is None:
        return ""
    return str(int(number)) if float(number).is_integer() else str(number)


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def type_of(variable: str, names: Mapping[str, Known]) -> Known:
    """The type of a variable among the names that can be read; None where it is not known."""
    sized = variable.startswith(_SIZE)
    root, *parts = path_of(variable).split(".")
    known: Known = names.get(root)
    for part in parts:
        found = part_of(known, part, root)
        if found is None or isinstance(found, TextProblem):
            return None
        known = found
    if item_in(variable) is not None:
        return simple("boolean") if known is not None and known.type == "array" else None
    return _size_type(known) if sized and known is not None else known


def _size_type(known: FieldType) -> Known:
    if known.type == "string":
        least, most = known.min_length, known.max_length
    elif known.type == "array":
        least, most = known.min_items, known.max_items
    else:
        return None
    return simple("integer").model_copy(update={"minimum": float(least or 0), "maximum": most})


def domain_of(kind: FieldType, atoms: list[Atom], unset: bool) -> Domain | None:
    """The regions that the questions about a variable tell apart; None where they can't be known."""
    ends = (Mark.UNSET,) if unset else ()
    constants = list(dict.fromkeys(value for atom in atoms for value in atom.constants))
    if len(constants) > _MOST_CONSTANTS:
        return None
    if kind.enum is not None:
        return Domain(kind, (*kind.enum, *ends))
    if kind.type == "boolean":
        return Domain(kind, (False, True, *ends))
    if kind.type == "string":
        texts = [value for value in constants if isinstance(value, str) and not problems_of(value, kind)]
        return Domain(kind, (*texts, Mark.OTHER, *ends))
    if kind.type in ("integer", "number"):
        numbers = sorted({float(each) for each in constants if isinstance(each, int | float)})
        return _numeric(kind, numbers, ends)
    # Of anything else only whether it is set is asked.
    return Domain(kind, (Mark.OTHER, *ends)) if not constants else None


def _numeric(kind: FieldType, numbers: list[float], ends: tuple[Mark, ...]) -> Domain:
    least, most = kind.minimum, kind.maximum
    inner = [each for each in numbers if (least is None or each >= least) and (most is None or each <= most)]
    marks = sorted({*inner, *(bound for bound in (least, most) if bound is not None)})
    whole = kind.type == "integer"
    found: list[float] = []
    if not marks:
        return Domain(kind, (0.0, *ends), least, most)
    if least is None:
        found.append(float(math.ceil(marks[0]) - 1))
    for low, high in pairwise([*marks, marks[-1]]):
        found.append(low)
        between = _between(low, high, whole)
        if between is not None:
            found.append(between)
    if most is None:
        found.append(float(math.floor(marks[-1]) + 1))
    fitting = [each for each in found if not whole or float(each).is_integer()]
    return Domain(kind, (*fitting, *ends), least, most, tuple(marks))


def _between(low: float, high: float, whole: bool) -> float | None:
    if low >= high:
        return None
    if not whole:
        return (low + high) / 2
    following = float(math.floor(low) + 1)
    return following if following < high else None
