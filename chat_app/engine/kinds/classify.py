"""`classify`: a chat model chooses one of the labels for a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_app.chat_models.protocol import ChatMessage, ChatRequest
from chat_app.engine.level import Runner, Step
from chat_app.engine.structured import ask_structured
from chat_app.engine.text import rendered_text
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import ClassifyNode
from chat_app.workflow.templates import compile_template


def compile_node(node: ClassifyNode, fields: Mapping[str, FieldType]) -> Runner:
    """Makes the node ready to run."""
    text = compile_template(node.text)
    labels = FieldType(type="string", enum=list(node.labels))
    wanted = dict.fromkeys(fields, labels)
    system = "Judge the text you are given. Choose the one label that fits it best:\n" + "\n".join(
        f"- {label}: {meaning}" for label, meaning in node.labels.items()
    )

    async def run(step: Step) -> dict[str, Any]:
        request = ChatRequest(
            (ChatMessage("system", system), ChatMessage("user", rendered_text(text, step, "text"))),
            timeout_seconds=node.timeout_seconds,
            purpose=f"node:{step.name}",
        )
        return await ask_structured(step, step.model(node.model), request, wanted)

    return run
