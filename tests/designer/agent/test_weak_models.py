"""What small models really write: made valid without a further call, and each repair told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.designer.agent.conftest import Talk
from tests.designer.agent.samples import DRAFT, edit

MakeTalk = Callable[..., Talk]
TOPIC = {"op": "add_input", "name": "topic", "type": {"type": "string"}}


def llm(id: str, prompt: str, *writes: str, **more: Any) -> dict[str, Any]:
    return {"op": "add_node", "node": {"id": id, "kind": "llm", "prompt": prompt, "writes": list(writes)}, **more}


def outputs(*names: str) -> dict[str, Any]:
    return {"op": "set_outputs", "outputs": list(names)}


CASES = {
    "names with blanks, kind and type by other names": (
        edit(
            {"op": "add_input", "name": "email", "type": "str"},
            {
                "op": "add_node",
                "node": {"id": "Judge Mail", "kind": "LLM", "prompt": "Judge {{email}}", "writes": "mood"},
            },
            llm("reply", "Reply to {{ email }} as {{ mood }}", "answer"),
            outputs("answer"),
        ),
        ["judge_mail", "reply"],
    ),
    "keys of the node beside the operation": (
        edit(
            {"op": "add_input", "id": "email"},
            {
                "op": "add_node",
                "id": "reply",
                "kind": "llm",
                "prompt": "Reply to {{ inputs.email }}",
                "output": "answer",
            },
            {"op": "set_outputs", "outputs": {"answer": "{{ state.answer }}"}},
        ),
        ["reply"],
    ),
    "an input that nobody declared": (
        edit(llm("draft", "Draft {{ state.topic }}", "text"), outputs("text")),
        ["draft"],
    ),
    "an edge back without a bound": (
        edit(
            TOPIC,
            llm("write", "Write {{ state.topic }}", "text"),
            llm("judge", "Judge {{ state.text }}", "score", fields={"score": {"type": "number"}}),
            {"op": "connect", "from": "judge", "to": "write", "condition": "score < 7"},
            outputs("text"),
        ),
        ["write", "judge"],
    ),
    "feedback that the loop reads before it is there": (
        edit(
            TOPIC,
            llm("write", "Write {{ state.topic }}. Mind: {{ state.feedback }}", "text"),
            llm("judge", "Judge {{ state.text }}", "score", "feedback", fields={"score": {"type": "number"}}),
            {"op": "loop", "first": "write", "last": "judge", "until": "score >= 8"},
            outputs("text"),
        ),
        ["write", "judge"],
    ),
    "a node that writes nothing, no outputs": (edit(TOPIC, llm("draft", "Draft {{ state.topic }}")), ["draft"]),
    "a map with its nodes beside the body": (
        edit(
            {"op": "add_input", "name": "files", "type": {"type": "array"}},
            {
                "op": "add_node",
                "node": {
                    "id": "each",
                    "kind": "map",
                    "over": "files",
                    "item": "file",
                    "nodes": [{"id": "short", "kind": "llm", "prompt": "Sum up {{ file }}", "writes": ["summary"]}],
                    "writes": ["summaries"],
                },
            },
            outputs("summaries"),
        ),
        ["each"],
    ),
    "labels as a list, kind router": (
        edit(
            TOPIC,
            {
                "op": "add_node",
                "node": {
                    "id": "route",
                    "kind": "router",
                    "text": "{{ state.topic }}",
                    "labels": ["sport", "news"],
                    "writes": ["label"],
                },
            },
            outputs("label"),
        ),
        ["route"],
    ),
}


FOLLOW_UPS = {
    "a bare word that is a value": (
        edit(
            {
                "op": "branch",
                "after": "reply",
                "condition": "mood == angry",
                "then": "approve",
                "add": [{"id": "approve", "kind": "human", "ask": "Well? {{ state.answer }}", "writes": ["ok"]}],
            }
        ),
        "state.mood == 'angry'",
    ),
    "a person who writes nothing": (
        edit(
            {
                "op": "add_node",
                "node": {"id": "approve", "kind": "human", "ask": "Well? {{ state.answer }}"},
                "after": "reply",
            }
        ),
        "writes: [approve_answer]",
    ),
    "one more output": (edit({"op": "add_output", "name": "mood"}), "outputs: [answer, mood]"),
    "a patch by index": (
        edit({"op": "replace", "path": "/nodes/0/prompt", "value": "Calm? {{ state.email }}"}),
        "Calm? {{ state.email }}",
    ),
    "an update of some keys": (
        edit({"op": "update_node", "id": "judge", "changes": {"temperature": 0.1}}),
        "temperature: 0.1",
    ),
    "a node that is only half replaced": (
        edit({"op": "replace_node", "id": "judge", "node": {"prompt": "Calm? {{ state.email }}"}}),
        "Calm? {{ state.email }}",
    ),
}


@pytest.mark.parametrize("name", FOLLOW_UPS)
async def test_a_follow_up_is_mended_without_a_further_call(talk: MakeTalk, name: str) -> None:
    decision, text = FOLLOW_UPS[name]
    it = talk(decision, draft=DRAFT)
    await it.say("Change it")
    assert it.checked.valid, it.said
    assert text in it.draft
    assert "# People wrote this comment by hand." in it.draft


@pytest.mark.parametrize("name", CASES)
async def test_mended_without_a_further_call(talk: MakeTalk, name: str) -> None:
    decision, ids = CASES[name]
    it = talk(decision)
    await it.say("Build it")
    assert it.checked.valid, it.said
    assert it.node_ids == ids
    assert it.checked.workflow is not None
    assert it.checked.workflow.outputs
    assert it.edited is not None
    assert it.edited.repaired


async def test_what_is_given_again_takes_the_place_of_its_first_version(talk: MakeTalk) -> None:
    wrong = edit(TOPIC, llm("draft", "Draft {{ state.topik }}", "text"), outputs("text"))
    right = edit(TOPIC, llm("draft", "Draft {{ state.topic }}", "text"), outputs("text"))
    it = talk(wrong, right)
    await it.say("Build it")
    assert it.checked.valid
    assert it.node_ids == ["draft"]


async def test_a_new_loop_gets_limits_and_an_old_one_is_left_alone(talk: MakeTalk) -> None:
    loop = edit(
        {"op": "add_field", "name": "score", "type": {"type": "number"}},
        {"op": "set_key", "id": "reply", "key": "writes", "value": ["answer", "score"]},
        {"op": "loop", "first": "judge", "last": "reply", "until": "state.score > 7", "max_times": 2},
    )
    it = talk(loop, edit({"op": "set_prompt", "id": "judge", "prompt": "Calm? {{ state.email }}"}), draft=DRAFT)
    await it.say("Repeat until it is good")
    assert "limits:" in it.draft
    it.conversation.draft = "\n".join(line for line in it.draft.splitlines() if not line.startswith("limits")) + "\n"
    without = it.draft
    await it.say("Shorter prompt")
    assert "limits:" not in it.draft
    assert it.draft != without


async def test_nodes_that_stood_before_are_not_mended(talk: MakeTalk) -> None:
    broken = DRAFT.replace("{{ state.mood }}", "{{ state.weather }}")
    it = talk(edit({"op": "set_limits", "limits": {"steps": 9}}), draft=broken, forever=True)
    await it.say("At most nine steps")
    assert "weather: " not in it.draft
