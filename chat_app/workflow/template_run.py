"""How a compiled template runs: bounded output, look-ups, comparisons and tests."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat_app.workflow.filters import MAX_TEXT, Missing, to_text

MAX_STEPS = 200_000
"""The most rounds of all loops of one rendering."""

Scope = dict[str, Any]
Value = Callable[[Scope], Any]
Write = Callable[[Scope, "Output"], None]


class TemplateFailed(Exception):
    """A template could not be rendered."""


class Output:
    """Text while it is made: bounded, and the loops with it."""

    __slots__ = ("parts", "size", "steps")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = 0
        self.steps = 0

    def write(self, text: str) -> None:
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise TemplateFailed(f"the text is longer than {MAX_TEXT:,} characters")
        self.parts.append(text)

    def step(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TemplateFailed(f"the loops take more than {MAX_STEPS:,} rounds")

    def text(self) -> str:
        return "".join(self.parts)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a template that is no plain text."""

    write: Write
    value: Value
    is_value: bool

    @classmethod
    def of_value(cls, value: Value) -> Piece:
        """A `{{ … }}`."""

        def write(scope: Scope, output: Output) -> None:
            output.write(to_text(present(value(scope))))

        return cls(write, value, True)

    @classmethod
    def of_block(cls, write: Write) -> Piece:
        """A `{% … %}`."""
        return cls(write, lambda scope: None, False)


def write_all(pieces: Sequence[str | Piece], names: Mapping[str, Any]) -> str:
    """The text of a template of several parts, or of one that is no value."""
    output = Output()
    scope = dict(names)
    for part in pieces:
        if isinstance(part, str):
            output.write(part)
        else:
            part.write(scope, output)
    return output.text()


def value_alone(value: Value) -> Callable[[Mapping[str, Any]], Any]:
    """Renders a template that is exactly one value."""

    def render(names: Mapping[str, Any]) -> Any:
        found = value(names if type(names) is dict else dict(names))
        # Text is what nearly all come to, and is never missing.
        return found if type(found) is str else present(found)

    return render


def name_alone(name: str) -> Callable[[Mapping[str, Any]], Any]:
    """The same of a bare name, as the item of a map is looked up."""

    def render(names: Mapping[str, Any]) -> Any:
        found = names.get(name, _ABSENT)
        return found if type(found) is str else present(Missing(name) if found is _ABSENT else found)

    return render


def refuse(message: str, names: Mapping[str, Any]) -> Any:
    """What a template with problems comes to."""
    raise TemplateFailed(message)


def present(value: Any) -> Any:
    """The value; raises TemplateFailed when there is none."""
    if type(value) is not str and isinstance(value, Missing):
        raise TemplateFailed(f"`{value.text}` is not set")
    return value


def lookup(parts: tuple[str, ...]) -> Value:
    """A dotted name as a closure; a name that is not set gives Missing."""
    root, rest = parts[0], parts[1:]
    dotted = ".".join(parts)

    def value(scope: Scope) -> Any:
        found = scope.get(root, _ABSENT)
        for part in rest:
            # Asked first what nearly all are: `Mapping` is asked for through two calls.
            if type(found) is dict or isinstance(found, Mapping):
                found = found.get(part, _ABSENT)
            else:
                return Missing(dotted)
        return Missing(dotted) if found is _ABSENT else found

    def alone(scope: Scope) -> Any:
        found = scope.get(root, _ABSENT)
        return Missing(dotted) if found is _ABSENT else found

    if len(rest) != 1:
        return value if rest else alone
    (part,) = rest

    def of_state(scope: Scope) -> Any:
        inside = scope.get(root)
        # What most templates look up; asked for in one piece.
        if type(inside) is dict and (found := inside.get(part, _ABSENT)) is not _ABSENT:
            return found
        return value(scope)

    return of_state


_ABSENT = object()
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda one, other: one in other,
    "notin": lambda one, other: one not in other,
}
TESTS: dict[str, Callable[[Any], bool]] = {
    "defined": lambda value: not isinstance(value, Missing),
    "undefined": lambda value: isinstance(value, Missing),
    "none": lambda value: value is None,
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "mapping": lambda value: isinstance(value, Mapping),
    "sequence": lambda value: isinstance(value, list | tuple),
    "even": lambda value: isinstance(value, int) and value % 2 == 0,
    "odd": lambda value: isinstance(value, int) and value % 2 == 1,
}
