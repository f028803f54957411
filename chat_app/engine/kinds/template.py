"""`template`: renders a template; no model is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_app.engine.level import Runner
from chat_app.engine.step import Step
from chat_app.engine.text import as_text, rendered
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import TemplateNode
from chat_app.workflow.templates import compile_template


def compile_node(node: TemplateNode, fields: Mapping[str, FieldType]) -> Runner:
    """Makes the node ready to run."""
    template = compile_template(node.template)

    async def run(step: Step) -> dict[str, Any]:
        value = rendered(template, step, "template")
        return {name: _worn(value, fields[name]) for name in node.writes}

    return run


def _worn(value: Any, field: FieldType) -> Any:
    """A number or a truth value that goes into a text field is its text."""
    plain = isinstance(value, bool | int | float)
    return as_text(value) if plain and field.type == "string" else value
