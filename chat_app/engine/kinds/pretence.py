"""Whether a step really does what it does outside, or pretends to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_app.engine.level import Step
from chat_app.engine.reach import Act
from chat_app.files.samples import Sample, sample_file
from chat_app.workflow.files_in_tests import with_files


def pretended(
    step: Step, *, contacts: bool, likely: Mapping[str, Any] | None = None, makes: Sample = "text"
) -> dict[str, Any] | None:
    """The made-up writes of a step; None: it is to be done. Files among them are small ones that are really there."""
    node = step.node
    topic = node.spec.description or node.id.replace("_", " ")
    made = step.run.outside.pretend(Act(step.id, step.name, topic, node.fields, contacts, likely or {}))
    step.simulated = step.simulated or made is not None
    if made is None:
        return None

    def stand_in(value: Any) -> dict[str, Any]:
        return step.run.outside.reach.files.put(*sample_file(makes)).as_value()

    return {name: with_files(value, node.fields[name], stand_in) for name, value in made.items()}
