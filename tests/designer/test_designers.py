"""The right designer for a model, and what is learnt of a model stays."""

from __future__ import annotations

import subprocess
import sys

from chat_app.chat_models.simulated import SimulatedChatModel
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.conversation import Conversation
from chat_app.designer.designers import Designers
from chat_app.designer.guided.designer import GuidedDesigner
from chat_app.designer.takeover import within
from chat_app.workflow.check import check
from tests.designer.agent.samples import DRAFT, answer
from tests.designer.agent.scripted import ScriptedModel


def test_the_guided_one_serves_where_there_is_no_real_model() -> None:
    designers = Designers(check)
    assert isinstance(within(designers.of(None)), GuidedDesigner)
    assert isinstance(within(designers.of(SimulatedChatModel())), GuidedDesigner)
    assert isinstance(within(designers.of(ScriptedModel())), AgentDesigner)
    assert designers.of(ScriptedModel(name="a/b")).name == "a/b"


async def test_what_one_conversation_learns_of_a_model_the_next_one_knows() -> None:
    designers = Designers(check)
    model = ScriptedModel(answer("one"), answer("two"), refuses=["schema", "tools"])
    for name in ("a", "b"):
        conversation = Conversation(name, draft=DRAFT)
        assert [event async for event in designers.of(model).turn(conversation, "What is it?")]
    assert len(model.requests) == 4


def test_importing_designers_loads_nothing_heavy() -> None:
    code = (
        "import sys, chat_app.designer.designers; "
        "print([n for n in ('langgraph', 'litellm', 'gradio', 'mlflow', 'pandas') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
