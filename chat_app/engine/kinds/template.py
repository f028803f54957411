"""`template`: renders a template; no model is asked."""

from __future__ import annotations

from typing import Any

from chat_app.engine.level import Runner, Step
from chat_app.engine.text import rendered
from chat_app.workflow.nodes import TemplateNode
from chat_app.workflow.templates import compile_template


def compile_node(node: TemplateNode) -> Runner:
    """Makes the node ready to run."""
    template = compile_template(node.template)

    async def run(step: Step) -> dict[str, Any]:
        value = rendered(template, step, "template")
        return dict.fromkeys(node.writes, value)

    return run
