"""`llm`: asks a chat model; one written string field streams as text, anything else is structured output."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

from chat_app.chat_models.protocol import ChatMessage, ChatModel, ChatRequest
from chat_app.engine.attachments import Attached, attached
from chat_app.engine.kinds.tool_loop import tool_turn
from chat_app.engine.level import Runner, Step
from chat_app.engine.structured import ask_structured, ask_text
from chat_app.engine.text import rendered_text
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import LlmNode
from chat_app.workflow.templates import compile_template

NOTHING = Attached()


def compile_node(node: LlmNode, fields: Mapping[str, FieldType]) -> Runner:
    """Makes the node ready to run."""
    prompt = compile_template(node.prompt)
    system = None if node.system is None else compile_template(node.system)
    text_field = _text_field(fields)
    turn = tool_turn(node) if node.tools else None
    images = [compile_template(one) for one in node.images or ()]
    files = [compile_template(one) for one in node.files or ()]

    # Read once: to look up a part of a pydantic model costs as much as to make an event.
    named, temperature, max_tokens, seconds = node.model, node.temperature, node.max_tokens, node.timeout_seconds

    def asking(step: Step, model: ChatModel, beside: Attached) -> Awaitable[dict[str, Any]]:
        said = rendered_text(prompt, step, "prompt") + beside.text
        asked = ChatMessage("user", said, beside.images, beside.files)
        first = () if system is None else (ChatMessage("system", rendered_text(system, step, "system")),)
        request = ChatRequest(
            (*first, asked),
            temperature=temperature,
            max_tokens=max_tokens,
            timeout_seconds=seconds,
            purpose=f"node:{step.name}",
        )
        if text_field is not None:
            return ask_text(step, model, request, text_field, fields[text_field], turn)
        return ask_structured(step, model, request, fields, turn)

    def run(step: Step) -> Awaitable[dict[str, Any]]:
        return asking(step, step.model(named), NOTHING)

    async def run_with_files(step: Step) -> dict[str, Any]:
        model = step.model(named)
        return await asking(step, model, await attached(step, model, images, files))

    return run_with_files if images or files else run


def _text_field(fields: Mapping[str, FieldType]) -> str | None:
    """The one written string field, if the answer is plain text."""
    if len(fields) != 1:
        return None
    ((name, field),) = fields.items()
    return name if field.type == "string" and field.enum is None else None
