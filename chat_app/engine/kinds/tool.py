"""`tool`: calls one tool of the catalog; the call is an event with its arguments and its result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chat_app.engine.kinds.results import spread
from chat_app.engine.level import Runner
from chat_app.engine.nested import nested
from chat_app.engine.problems import problem_of_tool
from chat_app.engine.step import Step
from chat_app.events.run import ToolCalled
from chat_app.tools.errors import ToolError
from chat_app.tools.tool import ToolContext
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import ToolNode

SECONDS = 60.0
SHOWN = 4_000
"""How many characters an event shows of one argument, or of the result."""


def compile_node(node: ToolNode, fields: Mapping[str, FieldType]) -> Runner:
    """Makes the node ready to run."""
    parts = nested(node.arguments, "arguments")

    async def run(step: Step) -> Mapping[str, Any]:
        outside = step.run.outside
        tools = outside.reach.catalog()
        try:
            networked = tools.get(node.tool).networked
        except ToolError as error:
            raise problem_of_tool(error) from error
        pretended = outside.pretend(step, networked)
        if pretended is not None:
            return pretended
        arguments = parts.render(step)
        context = ToolContext(outside.reach.network, node.timeout_seconds or SECONDS)
        try:
            result = await tools.call(node.tool, arguments, context)
        except ToolError as error:
            step.run.emit(_called(step, node, arguments, error=error.message))
            raise problem_of_tool(error) from error
        step.run.emit(_called(step, node, arguments, result=result))
        return spread(result, node.writes, fields, f"What `{node.tool}` returns")

    return run


def _called(step: Step, node: ToolNode, arguments: Mapping[str, Any], **outcome: Any) -> ToolCalled:
    shown = {name: _short(value) for name, value in arguments.items()}
    if "result" in outcome:
        outcome["result"] = _short(outcome["result"])
    return ToolCalled(step.id, node.id, node.tool, shown, **outcome)


def _short(value: Any) -> Any:
    """The value, or how it begins: what is whole stands in the state."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= SHOWN:
        return value
    return f"{text[:SHOWN]}… ({len(text):,} characters)"
