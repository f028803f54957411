"""`template`: renders a template; no model is asked."""

from __future__ import annotations

from typing import Any

from chat_app.engine.level import AtOnce, Names, Runner, Step
from chat_app.engine.text import rendered_from
from chat_app.workflow.nodes import TemplateNode
from chat_app.workflow.templates import compile_template


def at_once(node: TemplateNode) -> AtOnce | None:
    """What the node does, without waiting for anything; None where it may hand on the state itself, not a part."""
    return None if "state" in compile_template(node.template).reads else _render(node)


def compile_node(node: TemplateNode) -> Runner:
    """Makes the node ready to run."""
    render = _render(node)

    async def run(step: Step) -> dict[str, Any]:
        return render(step.names, step.name)

    return run


def _render(node: TemplateNode) -> AtOnce:
    template, writes = compile_template(node.template), tuple(node.writes)

    def render(names: Names, name: str) -> dict[str, Any]:
        return dict.fromkeys(writes, rendered_from(template, names, name, "template"))

    return render
