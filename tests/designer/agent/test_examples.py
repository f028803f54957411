"""The examples in the prompt do what they say: a prompt that teaches mistakes would be worse than none."""

from __future__ import annotations

import json

from chat_app.designer.agent.prompts import prompt_text
from tests.designer.agent.conftest import Talk
from tests.designer.agent.test_designer import MakeTalk


async def test_the_examples_build_what_they_name(talk: MakeTalk) -> None:
    lines = prompt_text("designer_system").splitlines()
    examples = [json.loads(line) for line in lines if line.startswith('{"thought"')]
    assert len(examples) == 4
    it: Talk = talk(*examples)
    await it.say("Answer mails")
    assert it.checked.valid
    assert it.node_ids == ["judge", "reply"]
    await it.say("Let me approve answers to angry people")
    assert it.checked.valid
    assert it.node_ids == ["judge", "reply", "approve"]
    assert it.edited is not None
    assert it.edited.repaired == ()
    await it.say("Improve the answer until a reviewer gives it 8 of 10, three tries at most")
    assert it.checked.valid
    assert it.edited is not None
    assert it.edited.repaired == ()
    assert it.node_ids == ["judge", "reply", "review", "approve"]
    await it.say("Look into each point first")
    assert it.checked.valid
    assert it.edited is not None
    assert it.edited.repaired == ()
    assert it.node_ids == ["judge", "each_point", "reply", "review", "approve"]
    assert len(it.model.requests) == 4
