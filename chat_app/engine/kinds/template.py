"""`template`: renders a template; no model is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_app.engine.level import AtOnce, Runner, Step
from chat_app.engine.text import rendered
from chat_app.workflow.nodes import TemplateNode
from chat_app.workflow.templates import compile_template


def at_once(node: TemplateNode) -> AtOnce:
    """What the node does, without waiting for anything."""
    template = compile_template(node.template)

    def render(step: Step) -> dict[str, Any]:
        return dict.fromkeys(node.writes, rendered(template, step, "template"))

    return render


def compile_node(node: TemplateNode) -> Runner:
    """Makes the node ready to run."""
    render = at_once(node)

    async def run(step: Step) -> Mapping[str, Any]:
        return render(step)

    return run
