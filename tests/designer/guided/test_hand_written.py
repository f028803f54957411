"""Commands on workflows that somebody wrote by hand, which no pattern has shaped."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_app.events.design import Edited
from tests.designer.guided.conftest import Talk

EXAMPLES = Path(__file__).parents[3] / "generated_configs" / "examples"
COMMANDS = {
    "write_and_review: at most 5 rounds": "max_times: 5",
    "write_and_review: set the number of rounds to seven": "max_times: 7",
    "write_and_review: set the limit to 1 dollar": "cost_usd: 1",
    "write_and_review: change the prompt of write to: Write a limerick on {{ state.topic }}": "Write a limerick on",
    "research_angles: add an angle: environment": "id: look_at_environment",
    "support_triage: rename draft to reply": "id: reply",
}


@pytest.mark.parametrize(("said", "expected"), COMMANDS.items(), ids=COMMANDS)
async def test_a_command_is_carried_out(talk: Talk, said: str, expected: str) -> None:
    name, _, command = said.partition(": ")
    talk.conversation.draft = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
    await talk.say(command)
    assert talk.one(Edited).valid
    assert expected in talk.draft
    assert f"name: {name}\n" in talk.draft
    assert talk.checked().faults == ()


async def test_rounds_without_a_loop_are_no_change(talk: Talk) -> None:
    talk.conversation.draft = (EXAMPLES / "research_angles.yaml").read_text(encoding="utf-8")
    await talk.say("at most 5 rounds")
    assert talk.found(Edited) == []
