"""The fold over a run's events, and how it is drawn."""

from __future__ import annotations

import asyncio
from typing import Any, get_args

from chat_app.events.run import (
    ENDINGS,
    ItemProgress,
    LimitReached,
    Question,
    Recorded,
    RouteTaken,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
    RunWaiting,
    StepFailed,
    StepFinished,
    StepRetried,
    StepSkipped,
    StepStarted,
    Token,
    ToolCalled,
    UsageReported,
)
from chat_app.translation import speaking
from chat_app.ui.run_html import RunDrawing, head_block
from chat_app.ui.run_view import FOLDS, RunView
from chat_app.workflow.check import check
from tests.ui.house import House

STARTED = RunStarted("w", "0" * 64, "simulated", True, {"topic": "x"})
EVIL = "<img src=x onerror=alert(1)>"


def seen(*events: RunEvent) -> RunView:
    view = RunView("r")
    for offset, event in enumerate(events):
        view.fold([Recorded(offset, 100.0 + offset, event, "r")])
    return view


def drawn(view: RunView, **more: Any) -> str:
    return "".join(block["html"] for block in RunDrawing(view).blocks(1.0, **more))


def test_no_kind_of_event_is_forgotten() -> None:
    assert set(FOLDS) == set(get_args(RunEvent))


def test_a_step_streams_and_ends_with_what_it_wrote() -> None:
    view = seen(STARTED, StepStarted("a#0", "a", "llm"), Token("a#0", "a", "Hel"), Token("a#0", "a", "lo"))
    drawing = RunDrawing(view)
    block = next(block for block in drawing.blocks(0.5) if block["key"] == "step:a#0")
    assert block["text"] == "Hello"
    assert 'data-status="running"' in block["html"]
    view.fold([Recorded(4, 104.0, StepFinished("a#0", "a", {"text": "Hello"}, 0.5, simulated=True), "r")])
    block = next(block for block in drawing.blocks(0.5) if block["key"] == "step:a#0")
    assert "text" not in block
    assert "SIMULATED" in block["html"]
    assert view.node_status() == {"a": {"status": "done", "note": "0.5 s", "cost": ""}}


def test_an_event_seen_twice_changes_nothing() -> None:
    view = seen(STARTED, StepStarted("a#0", "a", "llm"), Token("a#0", "a", "once"))
    view.fold([Recorded(2, 102.0, Token("a#0", "a", "once"), "r")])
    assert view.steps["a#0"].text == "once"


def test_a_failed_try_takes_its_words_back() -> None:
    view = seen(
        STARTED,
        StepStarted("a#0", "a", "llm"),
        Token("a#0", "a", "half"),
        StepRetried("a#0", "a", 1, "timeout", "It took too long.", 2.0),
        Token("a#0", "a", "whole"),
    )
    assert view.steps["a#0"].text == "whole"
    assert "It took too long." in drawn(view)


def test_every_ending_puts_the_run_at_rest_and_no_step_stays_running() -> None:
    endings: list[RunEvent] = [
        RunFinished({"text": "x"}, 1.0),
        RunFailed("broke", "do this"),
        RunStopped("Stopped by the user."),
        RunWaiting((Question("a#0", "a", "Go?", {"go": {"type": "boolean"}}),)),
        LimitReached("steps", 3, "3 steps were done."),
    ]
    assert {type(event) for event in endings} == set(ENDINGS)
    for event in endings:
        view = seen(STARTED, StepStarted("a#0", "a", "llm"), event)
        assert view.at_rest
        assert view.steps["a#0"].status != "running"
        assert 'data-act="stop"' not in drawn(view)


def test_what_failed_says_what_to_do_and_can_go_on() -> None:
    view = seen(
        STARTED, StepStarted("a#0", "a", "llm"), StepFailed("a#0", "a", EVIL, "try b"), RunFailed(EVIL, "try b")
    )
    page = drawn(view)
    assert "try b" in page
    assert EVIL not in page
    assert "continue-run" in page


def test_a_question_is_a_form_in_place() -> None:
    fields = {"decision": {"type": "string", "enum": ["send", "no"]}}
    view = seen(
        STARTED, StepStarted("a#0", "a", "human"), RunWaiting((Question("a#0", "a", f"Send {EVIL}?", fields),))
    )
    page = drawn(view, typed={"a#0": {"decision": '"no"'}}, problems={"a#0": {"decision": "not that one"}})
    assert 'data-form="answer:a#0"' in page
    assert "selected>no" in page
    assert "not that one" in page
    assert EVIL not in page
    assert view.node_status()["a"]["status"] == "waiting"


def test_everything_that_a_stranger_wrote_is_escaped() -> None:
    view = seen(
        RunStarted(EVIL, "", EVIL, True, {}),
        StepStarted("a[0]/b#0", EVIL, EVIL, parent="a#0"),
        ToolCalled("a[0]/b#0", EVIL, EVIL, {EVIL: EVIL}, result=EVIL),
        UsageReported("a[0]/b#0", EVIL, EVIL, 1, 2, None),
        StepFinished("a[0]/b#0", EVIL, {EVIL: {EVIL: EVIL}}, 1.0),
        RunFinished({EVIL: [{EVIL: EVIL}]}, 1.0),
    )
    blocks = RunDrawing(view).blocks(1.0)
    assert not any("<img" in block["html"] for block in blocks)
    # What is the text of a block is put into the page as text.
    assert "cost unknown" in blocks[0]["text"]


def test_steps_of_items_name_their_place() -> None:
    view = seen(
        STARTED,
        StepStarted("each#0", "each", "map"),
        StepStarted("each#1[3]/shorten#2", "shorten", "llm", parent="each#0"),
        ItemProgress("each#0", "each", 3, 1, 7),
        StepSkipped("other#0", "other", "not taken"),
    )
    page = drawn(view)
    assert "item 4 › shorten, time 2" in page
    assert "3 of 7 items, 1 failed" in page
    assert view.node_status()["each"] == {"status": "running", "note": "3/7", "cost": ""}


def test_only_changed_steps_are_drawn_anew() -> None:
    view = seen(STARTED, StepStarted("a#0", "a", "llm"), StepStarted("b#0", "b", "llm"))
    drawing = RunDrawing(view)
    before = {block["key"]: block for block in drawing.blocks(0.0)}
    view.fold([Recorded(3, 103.0, Token("b#0", "b", "x"), "r")])
    after = {block["key"]: block for block in drawing.blocks(0.0)}
    assert after["step:a#0"] is before["step:a#0"]
    assert after["step:b#0"] is not before["step:b#0"]


async def test_a_real_run_folds_to_its_outputs(house: House) -> None:
    checked = check(
        "version: 1\nname: two\ninputs: {topic: {type: string}}\nstate: {a: {type: string}, b: {type: string}}\n"
        "outputs: [b]\nnodes:\n"
        '  - {id: one, kind: llm, prompt: "Write: {{ state.topic }}", writes: [a]}\n'
        '  - {id: two, kind: template, template: "Says {{ state.a }}", writes: [b]}\n'
    )
    runs = house.services.runs
    run_id = await runs.start(checked, {"topic": "salt"}, model="simulated", owner="v1")
    view = RunView(run_id)
    async with asyncio.timeout(20):
        async for lot in runs.watch(run_id):
            view.fold(lot)
    assert view.status == "done"
    assert view.outputs["b"].startswith("Says ")
    assert {node: mark["status"] for node, mark in view.node_status().items()} == {"one": "done", "two": "done"}
    assert any(isinstance(route, RouteTaken) for route in view.routes)


def test_of_a_thousand_items_a_few_are_drawn() -> None:
    events: list[RunEvent] = [STARTED, StepStarted("each#1", "each", "map")]
    for item in range(1_000):
        step = f"each#1[{item}]/shorten#1"
        events += [StepStarted(step, "shorten", "llm", parent="each#1"), StepFinished(step, "shorten", {}, 0.1)]
    events.append(StepStarted("each#1[1000]/shorten#1", "shorten", "llm", parent="each#1"))
    blocks = RunDrawing(seen(*events)).blocks(1.0)
    assert len(blocks) < 40
    assert "item 1001 › shorten" in blocks[-2]["html"]
    assert "975 more" in blocks[-1]["html"]


def test_stop_is_not_drawn_anew_while_the_time_goes_on() -> None:
    drawing = RunDrawing(seen(STARTED, StepStarted("a#0", "a", "llm")))
    early, late = drawing.blocks(1.0)[0], drawing.blocks(2.0)[0]
    assert 'id="stop-run"' in early["html"]
    assert early["html"] == late["html"]
    assert "1.0 s" in early["text"]
    assert "2.0 s" in late["text"]


def test_a_node_tells_what_it_took_while_it_runs() -> None:
    used = UsageReported("a#1", "a", "openai/x", 1_000, 300, 0.0042)
    view = seen(STARTED, StepStarted("a#1", "a", "llm"), used)
    assert view.node_status(now=103.5) == {"a": {"status": "running", "note": "2.5 s · 1.3k tok", "cost": "$0.0042"}}


def test_what_a_run_used_is_told_in_the_visitors_language() -> None:
    used = UsageReported("a#0", "a", "simulated", 30, 23, 0.0)
    view = seen(STARTED, StepStarted("a#0", "a", "llm"), used, StepFinished("a#0", "a", {"text": "x"}, 0.5))
    with speaking("ja"):
        assert view.node_status()["a"]["note"] == "0.5 s · 53 トークン"
        # What the badge says in words is not said again as the model's name.
        assert "simulated" not in head_block(view, 1.0)["text"]
    assert view.node_status()["a"]["note"] == "0.5 s · 53 tok"
