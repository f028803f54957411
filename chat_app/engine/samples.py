"""Values to try in a dry run: ordinary ones first, then those at the borders that conditions draw."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from chat_app.workflow.expressions import Condition, ConditionFailed
from chat_app.workflow.fields import FieldType, InputField
from chat_app.workflow.values import problems_of

MOST_TRIED = 4_000
"""Combinations of values that are tried for one route."""
MOST_SOLUTIONS = 40
"""Ways to take one route that are weighed against each other."""
LONGEST_LIST = 40
NOTHING: Mapping[str, Any] = {}

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")
_TEXT = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_FILE = {"name": "sample.txt", "media_type": "text/plain", "sha256": "0" * 64, "size": 0}


@dataclass(frozen=True)
class Hints:
    """The numbers and texts that stand in conditions."""

    numbers: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()

    @classmethod
    def of(cls, conditions: Iterable[str]) -> Hints:
        """The hints in these conditions."""
        joined = "\n".join(conditions)
        texts = [one or other for one, other in _TEXT.findall(joined)]
        numbers = [float(number) for number in _NUMBER.findall(_TEXT.sub("", joined))]
        return cls(tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(texts)))


def candidates(field: FieldType, hints: Hints = Hints()) -> list[Any]:
    """Different values that fit the type; the first is the most ordinary. Never empty."""
    found: list[Any] = []
    for value in _proposed(field, hints):
        if not problems_of(value, field) and not any(
            value == other and type(value) is type(other) for other in found
        ):
            found.append(value)
    return found or [field.default if field.has_default else None]


def _proposed(field: FieldType, hints: Hints) -> Iterator[Any]:
    if isinstance(field, InputField) and field.examples:
        yield from field.examples
    if field.enum is not None:
        yield from field.enum
        return
    if field.has_default:
        yield field.default
    match field.type:
        case "string":
            yield from _texts(field, hints)
        case "integer" | "number":
            yield from _numbers(field, hints)
        case "boolean":
            yield from (True, False)
        case "array":
            yield from _lists(field, hints)
        case "object":
            yield from _objects(field, hints)
        case "file":
            yield _FILE


def _texts(field: FieldType, hints: Hints) -> Iterator[str]:
    for text in ("sample", *hints.texts, ""):
        least = field.min_length or 0
        padded = text + "." * max(0, least - len(text))
        yield padded if field.max_length is None else padded[: field.max_length]
    for number in hints.numbers:
        for length in (number - 1, number, number + 1):
            if 0 <= length <= 10_000:
                yield "x" * int(length)


def _numbers(field: FieldType, hints: Hints) -> Iterator[float | int]:
    whole = field.type == "integer"
    step = 1.0 if whole else 0.01
    bounds = [bound for bound in (field.minimum, field.maximum) if bound is not None]
    near = [number + delta for number in hints.numbers for delta in (0.0, step, -step, 1.0, -1.0)]
    for number in (1.0, *near, *bounds, 0.0, 0.5, 100.0):
        yield int(number) if whole else round(number, 6)


def _lists(field: FieldType, hints: Hints) -> Iterator[list[Any]]:
    items = ["sample", *hints.texts] if field.items is None else candidates(field.items, hints)
    least, lengths = field.min_items or 0, [2, 1, 0, 3]
    lengths += [int(number) + delta for number in hints.numbers for delta in (0, 1, -1)]
    for length in (max(least, 2), *lengths):
        if 0 <= length <= LONGEST_LIST:
            yield [items[index % len(items)] for index in range(length)]
    for item in items:
        yield [item] * max(least, 1)


def _objects(field: FieldType, hints: Hints) -> Iterator[dict[str, Any]]:
    parts = {name: candidates(part, hints) for name, part in (field.properties or {}).items()}
    first = {name: values[0] for name, values in parts.items()}
    yield first
    for name, values in parts.items():
        for value in values[1:]:
            yield {**first, name: value}


@dataclass
class RouteSolver:
    """Finds values for the fields that a choice reads, so that one of its routes is taken."""

    conditions: list[Condition | None]
    """Of the routes, in their order."""
    fields: Mapping[str, FieldType]
    hints: Hints
    _solved: dict[tuple[int, frozenset[int], str], list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def reads(self) -> list[str]:
        """The fields that decide."""
        names = {name for condition in self.conditions if condition is not None for name in condition.reads}
        return sorted(name.removeprefix("state.") for name in names if name.startswith("state."))

    def solutions(
        self, route: int, exhausted: frozenset[int], fixed: Mapping[str, Any] = NOTHING
    ) -> list[dict[str, Any]]:
        """Values that lead to the route when these others are used up; `fixed` ones are kept."""
        kept = {name: fixed[name] for name in self.reads if name in fixed}
        key = (route, exhausted, json.dumps(kept, sort_keys=True))
        if key not in self._solved:
            self._solved[key] = list(islice(self._search(route, exhausted, kept), MOST_SOLUTIONS))
        return self._solved[key]

    def _search(self, route: int, exhausted: frozenset[int], kept: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        names = [name for name in self.reads if name in self.fields]
        pools = [[kept[name]] if name in kept else candidates(self.fields[name], self.hints) for name in names]
        for values in islice(product(*pools), MOST_TRIED):
            state = dict(zip(names, values, strict=True))
            if self._taken(state, exhausted) == route:
                yield state

    def _taken(self, state: Mapping[str, Any], exhausted: frozenset[int]) -> int | None:
        for index, condition in enumerate(self.conditions):
            if index in exhausted:
                continue
            try:
                if condition is None or condition.evaluate(state):
                    return index
            except ConditionFailed:
                return None
        return None
