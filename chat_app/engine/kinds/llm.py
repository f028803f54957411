"""`llm`: asks a chat model; one written string field streams as text, anything else is structured output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_app.chat_models.protocol import ChatMessage, ChatRequest
from chat_app.engine.attachments import Attached, attached
from chat_app.engine.kinds.tool_loop import tool_turn
from chat_app.engine.level import Runner, Step
from chat_app.engine.structured import ask_structured, ask_text
from chat_app.engine.text import rendered_text
from chat_app.engine.turns import plain_turn
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import LlmNode
from chat_app.workflow.templates import Template, compile_template

NOTHING = Attached()


def compile_node(node: LlmNode, fields: Mapping[str, FieldType]) -> Runner:
    """Makes the node ready to run."""
    prompt = compile_template(node.prompt)
    system = None if node.system is None else compile_template(node.system)
    text_field = _text_field(fields)
    turn = tool_turn(node) if node.tools else plain_turn
    images = [compile_template(one) for one in node.images or ()]
    files = [compile_template(one) for one in node.files or ()]

    async def run(step: Step) -> dict[str, Any]:
        model = step.model(node.model)
        beside = await attached(step, model, images, files) if images or files else NOTHING
        request = _request(step, node, prompt, system, beside)
        if text_field is not None:
            return await ask_text(step, model, request, text_field, fields[text_field], turn)
        return await ask_structured(step, model, request, fields, turn)

    return run


def _text_field(fields: Mapping[str, FieldType]) -> str | None:
    """The one written string field, if the answer is plain text."""
    if len(fields) != 1:
        return None
    ((name, field),) = fields.items()
    return name if field.type == "string" and field.enum is None else None


def _request(step: Step, node: LlmNode, prompt: Template, system: Template | None, beside: Attached) -> ChatRequest:
    said = rendered_text(prompt, step, "prompt") + beside.text
    messages = [ChatMessage("user", said, images=beside.images, files=beside.files)]
    if system is not None:
        messages.insert(0, ChatMessage("system", rendered_text(system, step, "system")))
    return ChatRequest(
        tuple(messages),
        temperature=node.temperature,
        max_tokens=node.max_tokens,
        timeout_seconds=node.timeout_seconds,
        purpose=f"node:{step.name}",
    )
