"""What contradicts itself in the type of a field, told without a place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from chat_app.workflow.diagnostics import Path
from chat_app.workflow.fields import FieldType, InputField, StateField
from chat_app.workflow.typed import simple
from chat_app.workflow.values import describe, problems_of

_ONLY_FOR: dict[str, tuple[str, ...]] = {
    "minimum": ("integer", "number"),
    "maximum": ("integer", "number"),
    "min_length": ("string",),
    "max_length": ("string",),
    "min_items": ("array",),
    "max_items": ("array",),
    "items": ("array",),
    "properties": ("object",),
    "required": ("object",),
    "enum": ("string", "integer", "number", "boolean"),
}
_PAIRS = (("minimum", "maximum"), ("min_length", "max_length"), ("min_items", "max_items"))


class Fault(NamedTuple):
    """One contradiction; `below` is the path from the field down."""

    message: str
    below: Path
    help: str
    at_key: bool = False
    instead: str | None = None
    """The text that would be right in the place of the value."""


def faults_of(field: FieldType, name: str) -> Iterator[Fault]:
    """Everything that contradicts itself in a declared field, down to items and parts."""
    yield from _faults(field, (), name)
    if isinstance(field, InputField):
        for index, example in enumerate(field.examples or ()):
            for problem in problems_of(example, field, ("example",))[:1]:
                yield Fault(f"The {problem}.", ("examples", index), "Make it fit the type.")
    if isinstance(field, StateField):
        yield from _reducer(field, name)


def _faults(field: FieldType, below: Path, name: str) -> Iterator[Fault]:
    misplaced = [attribute for attribute, types in _ONLY_FOR.items() if _is_set(field, attribute, types)]
    for attribute in misplaced:
        key, types = _alias(attribute), " and ".join(f"`{each}`" for each in _ONLY_FOR[attribute])
        message = f"`{key}` has no meaning for `{name}`: it is {describe(field)}."
        yield Fault(message, (*below, key), f"`{key}` belongs to {types}.", at_key=True)
    for least, most in _PAIRS:
        low, high = getattr(field, least), getattr(field, most)
        if low is not None and high is not None and low > high:
            message = f"`{_alias(least)}` of `{name}` is greater than its `{_alias(most)}`."
            yield Fault(message, (*below, _alias(least)), "Swap the two.")
    yield from _enum(field, below, name)
    if field.has_default and not misplaced:
        for problem in problems_of(field.default, field, ("default",))[:1]:
            yield Fault(f"The {problem}.", (*below, "default"), "Make it fit the type.")
    for part in field.required or ():
        if field.properties is not None and part not in field.properties:
            message = f"`{name}` requires the part `{part}`, which it does not have."
            yield Fault(message, (*below, "required"), "Name parts that stand in `properties`.")
    if field.items is not None and field.type == "array":
        yield from _faults(field.items, (*below, "items"), f"{name}[…]")
    if field.type == "object":
        for part, inner in (field.properties or {}).items():
            yield from _faults(inner, (*below, "properties", part), f"{name}.{part}")


def _is_set(field: FieldType, attribute: str, types: tuple[str, ...]) -> bool:
    return field.type not in types and getattr(field, attribute) is not None


def _enum(field: FieldType, below: Path, name: str) -> Iterator[Fault]:
    if field.type not in _ONLY_FOR["enum"]:
        return
    bare = simple(field.type)
    for index, value in enumerate(field.enum or ()):
        if problems_of(value, bare):
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            message = f"`{shown}` in the enum of `{name}` is not {describe(bare)}."
            is_text = field.type == "string"
            help = f'Put quotes around it: "{shown}".' if is_text else f"Every value of the enum is {describe(bare)}."
            yield Fault(message, (*below, "enum", index), help, instead=shown if is_text else None)


def _reducer(field: StateField, name: str) -> Iterator[Fault]:
    wanted = {"append": "array", "merge": "object"}.get(field.reduce or "")
    if wanted is not None and field.type != wanted:
        message = f"`reduce: {field.reduce}` joins {wanted}s; `{name}` is {describe(field)}."
        yield Fault(message, ("reduce",), f"Declare `{name}` as `type: {wanted}`, or use `reduce: last`.")


def _alias(attribute: str) -> str:
    head, *rest = attribute.split("_")
    return head + "".join(word.capitalize() for word in rest)
