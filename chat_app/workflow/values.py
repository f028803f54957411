"""Values of fields: whether they fit a type, as JSON Schema, from text, and what a run starts with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from chat_app.workflow.fields import FieldType, InputField, StateField, TypeName

FILE_PARTS: Mapping[str, TypeName] = {
    "name": "string",
    "media_type": "string",
    "sha256": "string",
    "size": "integer",
}
"""What a reference to a file consists of; `size` is in bytes."""

_SAYS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "file": "a file",
}
_LISTS = {
    "string": "a list of texts",
    "integer": "a list of whole numbers",
    "number": "a list of numbers",
    "boolean": "a list of true or false",
    "object": "a list of objects",
    "array": "a list of lists",
    "file": "a list of files",
}
"""Written out: what many of a kind are called is no matter of an ending in every language."""
_SHOWN = 60
_TEXT = {str}


class ValueProblem(ValueError):
    """A text that can't be read as a value of a type."""


def describe(field: FieldType) -> str:
    """A type in words: `a list of texts`."""
    if field.type != "array" or field.items is None:
        return _SAYS[field.type]
    if field.items.type == "array" and field.items.items is not None:
        return f"a list of lists, each {describe(field.items)}"
    return _LISTS[field.items.type]


def found(value: Any) -> str:
    """A value in words: `the text 'abc'`."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the value {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {_short(value)}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, Mapping):
        return f"an object with {', '.join(f'`{key}`' for key in list(value)[:4])}" if value else "an empty object"
    return f"a value of type {type(value).__name__}"


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def problems_of(value: Any, field: FieldType, path: tuple[str | int, ...] = ()) -> list[str]:
    """Why a value does not fit a type, in words; empty when it does. `path` names the value."""
    if type(value) is str and takes_any_text(field):
        # Most values are such texts, and every step checks what it writes.
        return []
    name = f"`{_dotted(path)}`" if path else "the value"
    if not _has_type(value, field):
        return [f"{name} must be {describe(field)}, found {found(value)}"]
    if field.enum is not None and not any(_same(value, allowed) for allowed in field.enum):
        choices = ", ".join(_literal(allowed) for allowed in field.enum)
        return [f"{name} must be one of {choices}, found {found(value)}"]
    problems = [f"{name} {text}" for text in _outside(value, field)]
    if field.items is not None and isinstance(value, list | tuple) and not _texts(value, field.items):
        for index, item in enumerate(value):
            problems += problems_of(item, field.items, (*path, index))
    if field.properties is not None and isinstance(value, Mapping):
        problems += _parts(value, field, path, name)
    return problems


def _texts(values: list[Any] | tuple[Any, ...], field: FieldType) -> bool:
    """Whether they are what nearly all long lists are: texts, where any text fits."""
    return takes_any_text(field) and set(map(type, values)) <= _TEXT


def takes_any_text(field: FieldType) -> bool:
    """Whether every text fits the type."""
    return field.type == "string" and field.enum is None and field.min_length is None and field.max_length is None


def _dotted(path: tuple[str | int, ...]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _has_type(value: Any, field: FieldType) -> bool:
    match field.type:
        case "string":
            return isinstance(value, str)
        case "integer":
            if isinstance(value, float):
                return value.is_integer()
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool) and value == value
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list | tuple)
        case "object":
            return isinstance(value, Mapping)
        case "file":
            return isinstance(value, Mapping) and _is_reference(value)


def _is_reference(value: Mapping[str, Any]) -> bool:
    *texts, size = (value.get(key) for key in FILE_PARTS)
    return all(isinstance(text, str) for text in texts) and isinstance(size, int) and not isinstance(size, bool)


def _outside(value: Any, field: FieldType) -> Iterable[str]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if field.minimum is not None and value < field.minimum:
            yield f"must be at least {_plain(field.minimum)}, found {value}"
        if field.maximum is not None and value > field.maximum:
            yield f"must be at most {_plain(field.maximum)}, found {value}"
    if isinstance(value, str):
        yield from _length(len(value), field.min_length, field.max_length, "characters")
    if isinstance(value, list | tuple):
        yield from _length(len(value), field.min_items, field.max_items, "items")


def _length(size: int, least: int | None, most: int | None, what: str) -> Iterable[str]:
    if least is not None and size < least:
        yield f"must have at least {least} {what}, found {size}"
    if most is not None and size > most:
        yield f"must have at most {most} {what}, found {size}"


def _plain(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)


def _parts(value: Mapping[str, Any], field: FieldType, path: tuple[str | int, ...], name: str) -> list[str]:
    properties = field.properties or {}
    required = properties if field.required is None else field.required
    problems = [f"{name} lacks `{part}`" for part in required if part not in value]
    for part, inner in value.items():
        if part in properties:
            problems += problems_of(inner, properties[part], (*path, part))
        else:
            problems.append(f"{name} has the unknown part `{part}`; it has {', '.join(properties)}")
    return problems


def value_schema(field: FieldType) -> dict[str, Any]:
    """One field as JSON Schema, strict enough for structured output."""
    if field.type == "file":
        return _described(field, _file_schema())
    schema: dict[str, Any] = {"type": field.type}
    for key, value in (
        ("enum", field.enum),
        ("minimum", field.minimum),
        ("maximum", field.maximum),
        ("minLength", field.min_length),
        ("maxLength", field.max_length),
        ("minItems", field.min_items),
        ("maxItems", field.max_items),
    ):
        if value is not None:
            schema[key] = _number(value) if isinstance(value, float) else value
    if field.items is not None:
        schema["items"] = value_schema(field.items)
    if field.properties is not None:
        required = list(field.properties) if field.required is None else list(field.required)
        schema |= {
            "properties": {name: value_schema(part) for name, part in field.properties.items()},
            "required": required,
            "additionalProperties": False,
        }
    return _described(field, schema)


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _described(field: FieldType, schema: dict[str, Any]) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if field.description:
        extra["description"] = field.description
    if field.has_default:
        extra["default"] = field.default
    if isinstance(field, InputField) and field.examples:
        extra["examples"] = field.examples
    return schema | extra


def _file_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "format": "file",
        "properties": {key: {"type": kind} for key, kind in FILE_PARTS.items()},
        "required": list(FILE_PARTS),
        "additionalProperties": False,
    }


def object_schema(fields: Mapping[str, FieldType]) -> dict[str, Any]:
    """Several fields as the schema of one object that has them all."""
    return {
        "type": "object",
        "properties": {name: value_schema(field) for name, field in fields.items()},
        "required": list(fields),
        "additionalProperties": False,
    }


def initial_state(fields: Mapping[str, FieldType]) -> dict[str, Any]:
    """What the fields hold when a run starts: defaults; `append` starts as [], `merge` as {}; the rest is unset."""
    state: dict[str, Any] = {}
    for name, field in fields.items():
        if field.has_default:
            state[name] = field.default
        elif isinstance(field, StateField) and field.reduce in ("append", "merge"):
            state[name] = [] if field.reduce == "append" else {}
    return state


def starts_set(field: FieldType) -> bool:
    """Whether a field holds a value before any node ran."""
    return field.has_default or (isinstance(field, StateField) and field.reduce in ("append", "merge"))


def parse_text(text: str, field: FieldType) -> Any:
    """The value that a text (of a form, of the command line) means; raises ValueProblem."""
    value = _read_text(text, field)
    problems = problems_of(value, field)
    if problems:
        raise ValueProblem("; ".join(problems))
    return value


def _read_text(text: str, field: FieldType) -> Any:
    word = text.strip()
    match field.type:
        case "string":
            return text
        case "boolean":
            if word.lower() in ("true", "yes", "on", "1"):
                return True
            if word.lower() in ("false", "no", "off", "0"):
                return False
            raise ValueProblem(f"must be true or false, found {found(text)}")
        case "integer" | "number":
            try:
                return int(word) if field.type == "integer" or word.lstrip("+-").isdigit() else float(word)
            except ValueError:
                raise ValueProblem(f"must be {describe(field)}, found {found(text)}") from None
        case "array" if not word.startswith("["):
            inner = field.items
            return [_read_text(line, inner) if inner else line for line in text.splitlines() if line.strip()]
        case _:
            try:
                return json.loads(word)
            except (ValueError, RecursionError):
                raise ValueProblem(f"must be {describe(field)} in JSON, found {found(text)}") from None
