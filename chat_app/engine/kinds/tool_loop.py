"""Rounds of tool calls of an `llm` node: the model asks for tools until it answers or its rounds are used up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from chat_app.chat_models.protocol import ChatMessage, ChatModel, ChatRequest, Finished, ToolRequest, ToolSpec
from chat_app.engine.answered import Telling
from chat_app.engine.asking import ask
from chat_app.engine.kinds.results import called
from chat_app.engine.level import Step
from chat_app.engine.problems import problem_of_tool
from chat_app.engine.spending import Spending
from chat_app.engine.turns import Turn
from chat_app.events.value import replace
from chat_app.tools.catalog import Catalog
from chat_app.tools.errors import ToolError
from chat_app.tools.mcp.servers import split_name
from chat_app.workflow.nodes import LlmNode

MAX_TURNS = 8
"""Rounds of tool calls where the node does not say."""
TOOL_SECONDS = 60.0
LONGEST_RESULT = 20_000
"""How many characters of a tool's result the model gets to read."""


def tool_turn(node: LlmNode) -> Turn:
    """Calls the tools that the model asks for, and asks again with their results."""
    names = node.tools or []
    turns = node.max_turns or MAX_TURNS

    async def turn(step: Step, model: ChatModel, request: ChatRequest, stream: bool) -> tuple[ChatRequest, Finished]:
        tools = step.run.outside.reach.catalog()
        wire = {wire_name(name): name for name in names}
        specs = await _specs(step, tools, names, model)
        # Providers differ on tools together with a schema, so the schema waits for the answer's repair.
        talk = replace(request, tools=specs, schema=None)
        for _ in range(turns):
            finished = await ask(step, model, talk, stream=stream)
            if not finished.tool_requests:
                return replace(talk, tools=(), schema=request.schema), finished
            asked_for = [replace(asked, name=wire.get(asked.name, asked.name)) for asked in finished.tool_requests]
            results = [await _result(step, tools, names, asked) for asked in asked_for]
            said = ChatMessage("assistant", finished.text, tool_requests=finished.tool_requests)
            talk = replace(talk, messages=(*talk.messages, said, *results))
        enough = ChatMessage("user", "No more tools can be called. Answer now with what you have found.")
        last = replace(talk, messages=(*talk.messages, enough), tools=(), schema=request.schema)
        return last, await ask(step, model, last, stream=stream)

    return turn


async def _specs(step: Step, tools: Catalog, names: list[str], model: ChatModel) -> tuple[ToolSpec, ...]:
    """The tools as the model is told of them; what a server's tools take is asked of the server."""
    sessions = None if model.simulated else step.run.outside.mcp
    try:
        for name in names:
            server = split_name(name)
            if server is not None and sessions is not None:
                await sessions.tools(tools.mcp.server(server[0]))
        # A simulated model calls nothing, so that a server need not be declared for it.
        found = [tools.get(name) for name in names if not (model.simulated and split_name(name))]
    except ToolError as error:
        raise problem_of_tool(error) from error
    return tuple(ToolSpec(wire_name(tool.name), tool.description, dict(tool.parameters)) for tool in found)


def wire_name(name: str) -> str:
    """A tool's name as providers take it: they know no colons and slashes."""
    return name.replace(":", "_").replace("/", "_")


async def _result(step: Step, tools: Catalog, names: list[str], asked: ToolRequest) -> ChatMessage:
    """What a tool says to the model; its errors too, so that the model can mend its call."""
    text = await _called(step, tools, names, asked)
    if len(text) > LONGEST_RESULT:
        text = f"{text[:LONGEST_RESULT]}… (cut: {len(text):,} characters in all)"
    return ChatMessage("tool", text, tool_call_id=asked.id)


async def _called(step: Step, tools: Catalog, names: list[str], asked: ToolRequest) -> str:
    arguments = _arguments(asked)
    if asked.name not in names or arguments is None:
        error = (
            f"There is no tool `{asked.name}` here; there are: {', '.join(names)}."
            if asked.name not in names
            else "The arguments are no JSON object."
        )
        step.run.emit(called(step, asked.name, arguments or {}, error=error))
        return f"Error: {error}"
    # By what is asked: asked again, a model may ask for other calls in another order.
    what = f"{step.idempotency_key}/{asked.name}/{json.dumps(arguments, sort_keys=True)}"
    key = hashlib.sha256(what.encode()).hexdigest()[:32]
    telling = Telling(step, "tool", asked.name, {"arguments": dict(arguments)})
    try:
        with Spending(step) as spending:
            result = await tools.call(asked.name, arguments, spending.tool_context(TOOL_SECONDS, key))
    except ToolError as failed:
        telling.failed(failed)
        step.run.emit(called(step, asked.name, arguments, error=failed.message))
        return f"Error: {failed.message} {failed.help}"
    telling.answer({"result": result})
    step.run.emit(called(step, asked.name, arguments, result=result))
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)


def _arguments(asked: ToolRequest) -> Mapping[str, Any] | None:
    try:
        found = json.loads(asked.arguments or "{}")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
