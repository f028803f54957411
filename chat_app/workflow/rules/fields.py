"""field-type: the types of fields must make sense in themselves."""

from __future__ import annotations

from collections.abc import Iterator

from chat_app.workflow.diagnostics import Diagnostic, Fix, Path
from chat_app.workflow.edits.model import RemoveKey, ReplaceValue
from chat_app.workflow.fields import FieldType, InputField, StateField
from chat_app.workflow.rules.context import Context
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


def check_fields(context: Context) -> Iterator[Diagnostic]:
    """Every declared field, down to items and parts."""
    workflow = context.workflow
    for name, field in workflow.inputs.items():
        yield from _field(context, field, ("inputs", name), name)
        yield from _examples(context, field, ("inputs", name, "examples"))
    for level in context.levels:
        for name, kind in level.level.state.items():
            yield from _field(context, kind, (*level.path, "state", name), name)
            yield from _reducer(context, kind, (*level.path, "state", name, "reduce"), name)


def _field(context: Context, field: FieldType, path: Path, name: str) -> Iterator[Diagnostic]:
    for attribute, types in _ONLY_FOR.items():
        if getattr(field, attribute) is not None and field.type not in types:
            key = _alias(attribute)
            yield context.error(
                "field-type",
                f"`{key}` has no meaning for `{name}`: it is {describe(field)}.",
                (*path, key),
                f"`{key}` belongs to {' and '.join(types)}.",
                key=True,
                fix=Fix(f"Take `{key}` away", (RemoveKey(path=[*path, key]),)),
            )
    for least, most in _PAIRS:
        low, high = getattr(field, least), getattr(field, most)
        if low is not None and high is not None and low > high:
            message = f"`{_alias(least)}` of `{name}` is greater than its `{_alias(most)}`."
            yield context.error("field-type", message, (*path, _alias(least)), "Swap the two.")
    yield from _enum(context, field, path, name)
    yield from _default(context, field, path)
    for part in field.required or ():
        if field.properties is not None and part not in field.properties:
            message = f"`{name}` requires the part `{part}`, which it does not have."
            yield context.error("field-type", message, (*path, "required"), "Name parts that stand in `properties`.")
    if field.items is not None:
        yield from _field(context, field.items, (*path, "items"), f"{name}[…]")
    for part, inner in (field.properties or {}).items():
        yield from _field(context, inner, (*path, "properties", part), f"{name}.{part}")


def _enum(context: Context, field: FieldType, path: Path, name: str) -> Iterator[Diagnostic]:
    bare = simple(field.type)
    for index, value in enumerate(field.enum or ()):
        if field.type in _ONLY_FOR["enum"] and problems_of(value, bare):
            place = (*path, "enum", index)
            fix = None
            help = f"Every value of the enum is {describe(bare)}."
            if field.type == "string":
                text = str(value).lower() if isinstance(value, bool) else str(value)
                help = f'Put quotes around it: "{text}".'
                fix = Fix("Put quotes around it", (ReplaceValue(path=list(place), value=text),))
            shown = str(value).lower() if isinstance(value, bool) else value
            yield context.error(
                "field-type", f"`{shown}` in the enum of `{name}` is not {describe(bare)}.", place, help, fix=fix
            )


def _default(context: Context, field: FieldType, path: Path) -> Iterator[Diagnostic]:
    if field.has_default:
        for problem in problems_of(field.default, field, ("default",))[:1]:
            yield context.error("field-type", f"The {problem}.", (*path, "default"), "Make it fit the type.")


def _examples(context: Context, field: InputField, path: Path) -> Iterator[Diagnostic]:
    for index, example in enumerate(field.examples or ()):
        for problem in problems_of(example, field, ("example",))[:1]:
            yield context.error("field-type", f"The {problem}.", (*path, index), "Make it fit the type.")


def _reducer(context: Context, field: StateField, path: Path, name: str) -> Iterator[Diagnostic]:
    wanted = {"append": "array", "merge": "object"}.get(field.reduce or "")
    if wanted is not None and field.type != wanted:
        yield context.error(
            "field-type",
            f"`reduce: {field.reduce}` joins {wanted}s; `{name}` is {describe(field)}.",
            path,
            f"Declare `{name}` as `type: {wanted}`, or use `reduce: last`.",
        )


def _alias(attribute: str) -> str:
    head, *rest = attribute.split("_")
    return head + "".join(word.capitalize() for word in rest)
