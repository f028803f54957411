"""`llm`: asks a chat model; one written string field streams as text, anything else is structured output."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from functools import partial
from typing import Any

from chat_app.chat_models.protocol import ChatMessage, ChatRequest
from chat_app.engine.attachments import Attached, attached
from chat_app.engine.kinds.tool_loop import tool_turn
from chat_app.engine.level import Runner, Step
from chat_app.engine.structured import Asker, ask_structured, text_asker
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
    ask: Asker = partial(ask_structured, fields=fields, turn=turn)
    if text_field is not None:
        ask = text_asker(text_field, fields[text_field], turn)
    images = [compile_template(one) for one in node.images or ()]
    files = [compile_template(one) for one in node.files or ()]

    # Read once: to look up a part of a pydantic model costs as much as to make an event.
    named, temperature, max_tokens, seconds = node.model, node.temperature, node.max_tokens, node.timeout_seconds

    def asking(step: Step, beside: Attached = NOTHING) -> Awaitable[dict[str, Any]]:
        model = step.model(named)
        said = rendered_text(prompt, step, "prompt") + beside.text
        messages: tuple[ChatMessage, ...] = (ChatMessage("user", said, beside.images, beside.files),)
        if system is not None:
            messages = (ChatMessage("system", rendered_text(system, step, "system")), *messages)
        request = ChatRequest(
            messages,
            temperature=temperature,
            max_tokens=max_tokens,
            timeout_seconds=seconds,
            purpose="node:" + step.name,
        )
        return ask(step, model, request)

    async def asking_with_files(step: Step) -> dict[str, Any]:
        return await asking(step, await attached(step, step.model(named), images, files))

    return asking_with_files if images or files else asking


def _text_field(fields: Mapping[str, FieldType]) -> str | None:
    """The one written string field, if the answer is plain text."""
    if len(fields) != 1:
        return None
    ((name, field),) = fields.items()
    return name if field.type == "string" and field.enum is None else None
