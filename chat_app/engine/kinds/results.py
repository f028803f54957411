"""How what came from outside becomes the written fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chat_app.engine.errors import StepProblem
from chat_app.engine.fit import fitted
from chat_app.workflow.fields import FieldType


def spread(value: Any, writes: Sequence[str], fields: Mapping[str, FieldType], what: str) -> dict[str, Any]:
    """One field takes the whole value, or the part of its name; several take the parts of their names."""
    if len(writes) == 1:
        (name,) = writes
        is_part = isinstance(value, Mapping) and name in value and fields[name].type != "object"
        return {name: fitted(value[name] if is_part else value, fields[name])}
    if not writes:
        return {}
    parts = value if isinstance(value, Mapping) else {}
    missing = [f"`{name}`" for name in writes if name not in parts]
    if missing:
        there = ", ".join(f"`{name}`" for name in list(parts)[:20]) or "none"
        raise StepProblem(
            f"{what} has no {', '.join(missing)}.",
            help=f"Its parts are: {there}. Write fields of these names, or one field for all of it.",
            cause="invalid_output",
        )
    return {name: fitted(parts[name], fields[name]) for name in writes}
