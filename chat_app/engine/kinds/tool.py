"""`tool`: calls one tool of the catalog; the call is an event with its arguments and its result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_app.engine.answered import Telling
from chat_app.engine.kinds.pretence import pretended
from chat_app.engine.kinds.results import called, spread
from chat_app.engine.level import Runner, Step
from chat_app.engine.nested import nested
from chat_app.engine.problems import problem_of_tool
from chat_app.engine.spending import Spending
from chat_app.tools.errors import ToolError
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import ToolNode

SECONDS = 60.0


def compile_node(node: ToolNode, fields: Mapping[str, FieldType]) -> Runner:
    """Makes the node ready to run."""
    parts = nested(node.arguments, "arguments")

    async def run(step: Step) -> dict[str, Any]:
        tools = step.run.outside.reach.catalog()
        try:
            networked = tools.contacts(node.tool, node.arguments)
            makes = tools.makes(node.tool)
        except ToolError as error:
            raise problem_of_tool(error) from error
        made = pretended(step, contacts=networked, makes=makes)
        if made is not None:
            return made
        arguments = parts.render(step)
        seconds = node.timeout_seconds or SECONDS
        telling = Telling(step, "tool", node.tool, {"arguments": arguments})
        try:
            with Spending(step) as spending:
                context = spending.tool_context(seconds, step.idempotency_key)
                result = await tools.call(node.tool, arguments, context)
        except ToolError as error:
            telling.failed(error)
            step.run.emit(called(step, node.tool, arguments, error=error.message))
            raise problem_of_tool(error) from error
        telling.answer({"result": result})
        step.run.emit(called(step, node.tool, arguments, result=result))
        return spread(result, node.writes, fields, f"What `{node.tool}` returns")

    return run
