"""Values that mean the right thing in the wrong clothes: `"0.9"` for a number, `3.0` for a whole one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chat_app.workflow.fields import FieldType

_TRUE, _FALSE = {"true", "yes"}, {"false", "no"}


def fitted(value: Any, field: FieldType) -> Any:
    """The value in the type's own clothes where that is beyond doubt; else as it is, for the check to refuse."""
    if field.enum is not None:
        return _enum(value, field.enum)
    match field.type:
        case "integer" | "number":
            return _number(value, field.type == "integer")
        case "boolean":
            return _boolean(value)
        case "array" if isinstance(value, list) and field.items is not None:
            if field.items.type == "string" and field.items.enum is None:
                return list(value)
            return [fitted(item, field.items) for item in value]
        case "object" if isinstance(value, Mapping) and field.properties is not None:
            return {
                name: fitted(part, field.properties[name]) for name, part in value.items() if name in field.properties
            }
        case _:
            return value


def _enum(value: Any, allowed: list[Any]) -> Any:
    if isinstance(value, str) and value not in allowed:
        said = value.strip().strip(".'\"`").casefold()
        meant = [choice for choice in allowed if str(choice).casefold() == said]
        return meant[0] if len(meant) == 1 else value
    return value


def _number(value: Any, whole: bool) -> Any:
    if isinstance(value, str):
        try:
            number = float(value.strip())
        except ValueError:
            return value
        if not math.isfinite(number):
            return value
        value, whole = number, whole or number.is_integer()
    if whole and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _boolean(value: Any) -> Any:
    if isinstance(value, str):
        word = value.strip().casefold()
        if word in _TRUE | _FALSE:
            return word in _TRUE
    return value
