"""Templates of a node, rendered with the step's names."""

from __future__ import annotations

import json
from typing import Any

from chat_app.engine.errors import StepProblem
from chat_app.engine.level import Names, Step
from chat_app.workflow.templates import Template, TemplateFailed


def rendered(template: Template, step: Step, key: str) -> Any:
    """The value of a template; `key` is where it stands in the node."""
    return rendered_from(template, step.names, step.name, key)


def rendered_from(template: Template, names: Names, node: str, key: str) -> Any:
    """The same, of a node of this name."""
    try:
        return template.render(names)
    except TemplateFailed as failed:
        raise unrendered(node, key, failed) from failed


def rendered_text(template: Template, step: Step, key: str) -> str:
    """The same as text; what is no text is written as JSON."""
    try:
        value = template.render(step.names)
    except TemplateFailed as failed:
        raise unrendered(step.name, key, failed) from failed
    return value if type(value) is str else as_text(value)


def unrendered(name: str, key: str, failed: TemplateFailed) -> StepProblem:
    """What it means for a node that one of its templates failed."""
    return StepProblem(
        f"The {key} of {name} could not be rendered: {failed}",
        help="Make sure that every field it reads is written before this node runs.",
    )


def as_text(value: Any) -> str:
    """A value as text, as prompts and text fields hold it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
