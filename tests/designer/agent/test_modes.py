"""What is learnt of a model outlives the process; small models get smaller steps and less to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_app.app import surroundings
from chat_app.chat_models.errors import KeyRefused
from chat_app.designer.agent.context import system_prompt
from chat_app.designer.agent.designer import AgentDesigner
from chat_app.designer.agent.modes import Modes, looks_small
from chat_app.designer.agent.probe import probe
from chat_app.designer.conversation import Conversation
from chat_app.workflow.check import check
from tests.designer.agent.conftest import Talk
from tests.designer.agent.samples import DRAFT, answer, edit
from tests.designer.agent.scripted import ScriptedModel

KNOWN = surroundings(None)
SUMMARY = edit(
    {"op": "add_input", "name": "text", "type": {"type": "string"}},
    {"op": "add_node", "node": {"id": "shorten", "kind": "llm", "prompt": "{{ state.text }}", "writes": ["summary"]}},
    {"op": "set_outputs", "outputs": ["summary"]},
)
GERMAN = edit(
    {"op": "add_node", "after": "reply",
     "node": {"id": "translate", "kind": "llm", "prompt": "In German: {{ state.answer }}", "writes": ["german"]}},
    {"op": "set_outputs", "outputs": ["german"]},
)  # fmt: skip
APPROVE = edit(
    {"op": "branch", "after": "reply", "condition": "size(state.answer) > 500", "then": "approve",
     "add": [{"id": "approve", "kind": "human", "ask": "{{ state.answer }}", "writes": ["ok"]}]}
)  # fmt: skip


def test_what_was_learnt_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    first = Modes(path)
    first.refused("a/b")
    first.worked("a/b")
    first.thinks("c/d")
    again = Modes(path)
    assert again.of("a/b").mode == "tools" and again.of("a/b").proven
    assert again.of("c/d").thinks
    other = Modes(path)
    other.judged("e/f", "good", "It did.")
    again.worked("g/h")  # two processes do not lose each other's knowledge
    assert Modes(path).of("e/f").fitness == "good" and Modes(path).of("a/b").mode == "tools"


@pytest.mark.parametrize("content", ["", "[]", '{"a/b": 3, "c/d": {"mode": "psychic"}}', "{"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "models.json"
    path.write_text(content)
    assert Modes(path).of("a/b") == Modes().of("a/b")
    Modes(path).worked("a/b")
    assert Modes(path).of("a/b").proven


@pytest.mark.parametrize(
    ("name", "small"),
    [("ollama_chat/qwen3:8b", True), ("ollama_chat/qwen3", True), ("ollama_chat/qwen3:235b", False),
     ("together_ai/Qwen/Qwen3-14B", True), ("openai/gpt-4.1-mini", False), ("anthropic/claude-sonnet-4-5", False),
     ("hosted_vllm/Qwen3-Coder-480B-A35B", False), ("openai/Llama-3.1-70B-Instruct", False)],
)  # fmt: skip
def test_small_models_are_known_by_their_names(name: str, small: bool) -> None:
    assert looks_small(name) is small
    assert Modes().is_weak(name) is small


def test_a_small_model_is_given_less_to_read() -> None:
    whole, few = system_prompt(KNOWN, "Sort mails"), system_prompt(KNOWN, "Sort mails", few=True)
    assert len(few) < len(whole) - 1_000
    assert "labels*" in few and "subtasks*" not in few and "- parallel:" in few


async def test_a_small_model_gets_one_edit_at_a_time() -> None:
    more = edit({"op": "set_prompt", "id": "judge", "prompt": "Strictly: {{ state.email }}"}, more=True)
    last = edit({"op": "set_prompt", "id": "reply", "prompt": "Kindly {{ state.mood }}: {{ state.email }}"})
    model = ScriptedModel(more, last, name="ollama_chat/small:8b")
    talk = Talk(AgentDesigner(model, check), model, Conversation("c", draft=DRAFT))
    await talk.say("Be strict and kind")
    assert "Strictly" in talk.draft and "Kindly" in talk.draft
    assert "Give one edit in this answer" in talk.model.asked(0)
    schema = model.requests[0].schema
    assert schema is not None and schema["properties"]["edits"]["maxItems"] == 1


async def test_a_strong_model_is_asked_for_all_at_once() -> None:
    model = ScriptedModel(answer("Fine."), name="openai/gpt-5.1")
    talk = Talk(AgentDesigner(model, check), model, Conversation("c", draft=DRAFT))
    await talk.say("Is it fine?")
    assert "in this answer. Set" not in talk.model.asked(0)


async def test_a_probe_tells_good_from_weak_and_unfit() -> None:
    modes = Modes()
    good = await probe(ScriptedModel(SUMMARY, GERMAN, APPROVE, name="a/good"), modes, check, KNOWN)
    assert good.fitness == "good" and not good.warns and "3 of 3" in good.why
    weak = await probe(ScriptedModel(SUMMARY, answer("Done!"), answer("Done!"), name="a/weak"), modes, check, KNOWN)
    assert weak.fitness == "weak" and weak.warns and "1 of 3" in weak.why
    unfit = await probe(ScriptedModel("I am a poem.", name="a/poet", forever=True), modes, check, KNOWN)
    assert unfit.fitness == "unfit" and "another model" in unfit.how and modes.probed("a/poet")
    assert modes.is_weak("a/weak") and not modes.is_weak("a/good")


async def test_a_probe_of_a_model_that_is_not_there_says_so() -> None:
    modes = Modes()
    with pytest.raises(KeyRefused):
        await probe(ScriptedModel(KeyRefused("No.", help="Give one."), name="a/b", forever=True), modes, check, KNOWN)
    assert modes.of("a/b").fitness == "unknown"
