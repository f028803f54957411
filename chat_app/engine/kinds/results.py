"""How what came from outside becomes the written fields, and what events show of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chat_app.engine.errors import StepProblem
from chat_app.engine.fit import fitted
from chat_app.engine.level import Step
from chat_app.events.run import ToolCalled
from chat_app.workflow.fields import FieldType
from chat_app.workflow.values import problems_of

SHOWN = 4_000
"""How many characters an event shows of one argument, or of the result."""


def spread(value: Any, writes: Sequence[str], fields: Mapping[str, FieldType], what: str) -> dict[str, Any]:
    """One field takes the whole value, or the part of its name; several take the parts of their names."""
    if len(writes) == 1:
        (name,) = writes
        # What is a file itself has a `name` and a `size` too.
        whole = fields[name].type == "object" or (
            fields[name].type == "file" and not problems_of(value, fields[name])
        )
        is_part = isinstance(value, Mapping) and name in value and not whole
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


def called(step: Step, tool: str, arguments: Mapping[str, Any], **outcome: Any) -> ToolCalled:
    """The event of a tool call, with its `result` or its `error`."""
    shown = {name: _short(value) for name, value in arguments.items()}
    if "result" in outcome:
        outcome["result"] = _short(outcome["result"])
    return ToolCalled(step.id, step.name, tool, shown, **outcome)


def _short(value: Any) -> Any:
    """The value, or how it begins: what is whole stands in the state."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= SHOWN:
        return value
    return f"{text[:SHOWN]}… ({len(text):,} characters)"
