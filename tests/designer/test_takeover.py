"""A workflow pasted into the chat becomes the draft, and designing goes on."""

from __future__ import annotations

from pathlib import Path

from chat_app.designer.conversation import Conversation
from chat_app.designer.designers import Designers
from chat_app.designer.takeover import pasted
from chat_app.events.design import DesignEvent, Edited, Said, TurnFinished
from chat_app.workflow.check import check
from tests.designer.agent.samples import DRAFT, edit
from tests.designer.agent.scripted import ScriptedModel

FOLDER = Path(__file__).parent.parent / "workflow/foreign/samples"
DIFY, N8N = ((FOLDER / name).read_text(encoding="utf-8") for name in ("dify_batch.yml", "n8n_leads.json"))


async def say(
    designers: Designers, conversation: Conversation, message: str, model: ScriptedModel | None = None
) -> list[DesignEvent]:
    events = [event async for event in designers.of(model).turn(conversation, message)]
    assert isinstance(events[-1], TurnFinished)
    return events


async def test_a_pasted_workflow_is_taken_over_without_a_model() -> None:
    conversation = Conversation("c")
    for message in (DIFY, f"Take this over:\n\n{N8N}", f"Here:\n```yaml\n{DIFY}```"):
        events = await say(Designers(check), conversation, message)
        edited = next(event for event in events if isinstance(event, Edited))
        assert edited.valid
        assert conversation.draft == edited.text
        assert check(conversation.draft).valid
        assert edited.summary
    assert len(conversation.messages) == 6


async def test_what_is_wanted_beside_it_is_done_next() -> None:
    model = ScriptedModel(edit({"op": "set_prompt", "id": "llm", "prompt": "Translate to French:\n{{ item }}"}))
    conversation = Conversation("c")
    words = "Please take over the workflow below and let it translate every single part into the French language"
    events = await say(Designers(check), conversation, f"{words}\n\n{DIFY}", model)
    assert "to French" in conversation.draft
    assert len([event for event in events if isinstance(event, Edited)]) == 2
    assert DIFY not in model.requests[0].messages[-1].content


async def test_a_broken_one_leaves_the_draft_alone() -> None:
    conversation = Conversation("c", draft=DRAFT)
    broken = (
        "app: {name: x}\nkind: app\nworkflow:\n  graph:\n    nodes: [{id: a, data: {type: start}}]\n    edges: []\n"
    )
    events = await say(Designers(check), conversation, broken)
    assert conversation.draft == DRAFT
    assert any("no step" in event.text for event in events if isinstance(event, Said))


def test_words_about_nodes_are_no_workflow() -> None:
    assert pasted("Please write down which nodes there are, and why the nodes: are named so.") is None
    assert pasted("version 1 of my nodes: a, b and c, all of them in one long line of text") is None
