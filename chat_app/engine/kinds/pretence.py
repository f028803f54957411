"""Whether a step really does what it does outside, or pretends to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_app.engine.level import Step
from chat_app.engine.reach import Act


def pretended(step: Step, *, contacts: bool, likely: Mapping[str, Any] | None = None) -> Mapping[str, Any] | None:
    """The made-up writes of a step; None: it is to be done."""
    node = step.node
    topic = node.spec.description or node.id.replace("_", " ")
    made = step.run.outside.pretend(Act(step.id, step.name, topic, node.fields, contacts, likely or {}))
    step.simulated = step.simulated or made is not None
    return made
