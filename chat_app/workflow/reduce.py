"""How writes become state: values are replaced, or joined by the field's reducer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_app.workflow.fields import FieldType, Reducer, StateField


def reducer_of(field: FieldType | None) -> Reducer | None:
    """How writes to a field are joined; None where they replace what is there."""
    return field.reduce if isinstance(field, StateField) else None


def reduced(state: Mapping[str, Any], fields: Mapping[str, FieldType], writes: Mapping[str, Any]) -> dict[str, Any]:
    """The state after one node's writes; nothing of the old state is changed in place."""
    new = {**state, **writes}
    for name, value in writes.items():
        how = reducer_of(fields[name])
        if how is not None:
            new[name] = _joined(state, fields[name], how, name, value)
    return new


def _joined(state: Mapping[str, Any], field: FieldType, how: Reducer, name: str, value: Any) -> Any:
    if how == "append":
        return [*state.get(name, ()), *_items(field, value)]
    if how == "merge" and isinstance(value, Mapping):
        return {**state.get(name, {}), **value}
    return value


def _items(field: FieldType, value: Any) -> list[Any]:
    """An array is joined, a single value added; in an array of arrays, one flat array is a single value."""
    if not isinstance(value, list):
        return [value]
    nested = field.items is not None and field.items.type == "array"
    if nested and not all(isinstance(item, list) for item in value):
        return [value]
    return value
