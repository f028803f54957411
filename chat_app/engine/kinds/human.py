"""`human`: the run waits until a person has answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_app.engine.errors import Waiting
from chat_app.engine.level import Runner, Step
from chat_app.engine.text import rendered_text
from chat_app.events.run import Question
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import HumanNode
from chat_app.workflow.templates import compile_template
from chat_app.workflow.values import value_schema


def compile_node(node: HumanNode, fields: Mapping[str, FieldType]) -> Runner:
    """Makes the node ready to run."""
    ask = compile_template(node.ask)
    schemas = {name: value_schema(field) for name, field in fields.items()}

    async def run(step: Step) -> dict[str, Any]:
        # The text is rendered for a known answer too: what is wrong with it must show in a test.
        text = rendered_text(ask, step, "ask")
        answer = step.run.answer(step.id, step.name)
        if answer is None:
            raise Waiting([Question(step.id, step.name, text, schemas)])
        return answer

    return run
