"""Whatever a model answers, a turn ends, and a valid draft stays valid."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.agent.language import edit_models, op_of
from chat_app.designer.conversation import Conversation
from chat_app.events.design import Edited, TurnFinished
from chat_app.workflow.check import check
from chat_app.workflow.nodes import NODE_KINDS
from tests.designer.agent.samples import DRAFT
from tests.designer.agent.scripted import ScriptedModel

IDS = ["judge", "reply", "email", "mood", "answer", "new_one", "START", "END", "", "Ünï cödé", "x" * 80]
WORDS = [
    "{{ state.email }}",
    "{{ state.nothing }}",
    "{{ nope",
    "{% for x in state.answer %}{{ x }}{% endfor %}",
    "state.mood == 'angry'",
    "state.answer >",
    "true",
    "string",
    "- a\n- b",
    "a: b: c",
    "# x",
    "\t",
    "\x00",
]
NAMES, TEXTS = st.sampled_from(IDS), st.sampled_from(WORDS)
PLAIN = st.one_of(NAMES, TEXTS, st.integers(-5, 5), st.booleans(), st.none(), st.floats(allow_nan=False))
VALUES: st.SearchStrategy[Any] = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=5
)
KEYS = sorted({info.alias or name for model in edit_models() for name, info in model.model_fields.items()} - {"op"})
NODE_KEYS = sorted({info.alias or name for model in NODE_KINDS.values() for name, info in model.model_fields.items()})
NODES = st.builds(
    lambda id, kind, rest: {"id": id, "kind": kind} | rest,
    NAMES,
    st.sampled_from([*NODE_KINDS, "agent"]),
    st.dictionaries(st.sampled_from(NODE_KEYS), VALUES, max_size=4),
)
FIELDS = st.dictionaries(NAMES, st.fixed_dictionaries({"type": st.sampled_from(["string", "number", "array", "?"])}))
ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={key: NODES if key == "node" else FIELDS if key == "fields" else VALUES for key in KEYS},
)
EDITS = st.builds(
    lambda op, rest: {"op": op} | rest,
    st.sampled_from([*map(op_of, edit_models()), "replace", "add_output"]),
    ARGUMENTS,
)
DECISIONS = st.builds(
    lambda edits, more: {"thought": "", "action": "edit", "say": "", "edits": edits, "more": more},
    st.lists(EDITS, min_size=1, max_size=4),
    st.booleans(),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(decisions=st.lists(DECISIONS, min_size=1, max_size=3), start=st.sampled_from(["", DRAFT]))
def test_random_edits_leave_a_valid_draft_valid(decisions: list[Any], start: str) -> None:
    asyncio.run(_turn([json.dumps(decision) for decision in decisions], start))


@settings(max_examples=25, deadline=None)
@given(answers=st.lists(st.text(max_size=60), min_size=1, max_size=3), start=st.sampled_from(["", DRAFT]))
def test_random_text_leaves_a_valid_draft_valid(answers: list[str], start: str) -> None:
    asyncio.run(_turn(answers, start))


async def _turn(answers: list[str], start: str) -> None:
    model = ScriptedModel(*answers, forever=True)
    conversation = Conversation("c", draft=start)
    events = [event async for event in AgentDesigner(model, check).turn(conversation, "Change something")]
    assert isinstance(events[-1], TurnFinished)
    assert not conversation.draft or check(conversation.draft).valid
    edited = [event for event in events if isinstance(event, Edited)]
    assert (conversation.draft != start) == bool(edited)
    assert len(model.requests) <= 8
    json.dumps(conversation.memory)
