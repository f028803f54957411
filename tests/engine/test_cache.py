"""`cache: true`: what is reused, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from chat_app.events.run import Logged, StepFinished
from tests.engine.conftest import Make, ToldModel, of_type, run

TEXT = """
inputs: {topic: {type: string, default: bees}, other: {type: string, default: x}}
state: {text: {type: string}, note: {type: string}}
outputs: [text, note]
nodes:
  - {id: write, kind: llm, prompt: "About {{ state.topic }}", writes: [text], cache: true}
  - {id: show, kind: template, template: "{{ state.other }}: {{ state.text }}", writes: [note]}
"""


async def test_an_equal_call_is_not_made_again_in_another_run_or_process(make: Make) -> None:
    model = ToldModel(["first", "second"])
    await run(make(model), TEXT)
    again = await run(make(model), TEXT, {"other": "y"})
    assert again[-1].outputs == {"text": "first", "note": "y: first"}
    assert len(model.asked) == 1
    assert "Reused" in of_type(again, Logged)[0].text
    assert [event.node for event in of_type(again, StepFinished)] == ["write", "show"]


@pytest.mark.parametrize(
    ("text", "inputs", "owner", "name"),
    [
        (TEXT, {"topic": "ants"}, "local", "told"),
        (TEXT.replace("About", "On"), {}, "local", "told"),
        (TEXT, {}, "somebody else", "told"),
        (TEXT, {}, "local", "another model"),
    ],
    ids=["input", "prompt", "owner", "model"],
)
async def test_what_differs_is_asked_anew(
    make: Make, text: str, inputs: dict[str, Any], owner: str, name: str
) -> None:
    await run(make(ToldModel(["first"])), TEXT)
    second = ToldModel(["second"], name=name)
    events = await run(make(second), text, inputs, owner=owner)
    assert events[-1].outputs["text"] == "second"
    assert len(second.asked) == 1


async def test_without_cache_nothing_is_kept(make: Make) -> None:
    model = ToldModel(["first", "second"])
    for _ in range(2):
        await run(make(model), TEXT.replace(", cache: true", ""))
    assert len(model.asked) == 2


@pytest.mark.parametrize("damage", ["replace(writes, 'first', 'thirst')", "substr(writes, 1, 9)", "x'7bff22'"])
async def test_a_result_whose_bytes_have_changed_is_asked_anew_and_kept_again(make: Make, damage: str) -> None:
    model = ToldModel(["first", "second"])
    manager = make(model)
    await run(manager, TEXT)
    await manager._store.do(lambda one: one.execute(f"UPDATE cache SET writes = {damage}"))
    for _ in range(2):
        assert (await run(manager, TEXT))[-1].outputs["text"] == "second"
    assert len(model.asked) == 2


async def test_a_result_that_an_earlier_version_kept_is_reused(make: Make) -> None:
    manager = make(ToldModel(["first"]))
    await run(manager, TEXT)
    await manager._store.do(
        lambda one: one.execute("UPDATE cache SET writes = substr(writes, 1, length(writes) - 9)")
    )
    assert (await run(manager, TEXT))[-1].outputs["text"] == "first"
