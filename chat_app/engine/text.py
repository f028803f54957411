"""Templates of a node, rendered with the step's names."""

from __future__ import annotations

import json
from typing import Any

from chat_app.engine.errors import StepProblem
from chat_app.engine.level import Step
from chat_app.workflow.templates import Template, TemplateFailed


def rendered(template: Template, step: Step, key: str) -> Any:
    """The value of a template; `key` is where it stands in the node."""
    try:
        return template.render(step.names)
    except TemplateFailed as failed:
        raise StepProblem(
            f"The {key} of {step.name} could not be rendered: {failed}",
            help="Make sure that every field it reads is written before this node runs.",
        ) from failed


def rendered_text(template: Template, step: Step, key: str) -> str:
    """The same as text; what is no text is written as JSON."""
    return as_text(rendered(template, step, key))


def as_text(value: Any) -> str:
    """A value as text, as prompts and text fields hold it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
