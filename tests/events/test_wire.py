"""Every event survives the way through JSON, whatever a state may hold."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_app.events import design, run, wire
from chat_app.events.run import Recorded

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
state = st.dictionaries(st.text(max_size=8), values, max_size=3)


QUESTION = run.Question("ask#1", "ask", "Send it?", {"go": {"type": "boolean"}})
SAMPLES: list[run.RunEvent] = [
    run.RunStarted("triage", "0" * 64, "simulated", True, {"email": "hi", "n": [1, {"a": None}]}),
    run.RunFinished({"answer": "yes"}, 1.5),
    run.RunFailed("It broke.", "Try again.", "draft"),
    run.RunStopped("asked"),
    run.RunWaiting((QUESTION,)),
    run.LimitReached("cost_usd", 0.5, "Too dear."),
    run.StepStarted("each[3]/short#1", "short", "llm", "each#1"),
    run.StepFinished("a#1", "a", {"x": [1, 2.5, "three"]}, 0.25, True),
    run.StepFailed("a#1", "a", "No.", "Do.", True),
    run.StepRetried("a#1", "a", 2, "rate_limit", "429", 1.5),
    run.StepSkipped("a#1", "a", "no way led here"),
    run.RouteTaken("a", ("b", "c"), 1, "state.x == 1", "p#1"),
    run.Token("a#1", "a", "word “quoted”\n"),
    run.ModelAsked("a#1", "a", "openai/x", ({"role": "user", "content": "Tea?"},)),
    run.ModelAnswered("a#1", "a", "openai/x", "Yes.", ({"id": "1", "name": "search", "arguments": "{}"},), True),
    run.ToolCalled("a#1", "a", "search", {"q": "tea"}, {"hits": []}, None),
    run.Answered("a#1", "a", "tool", "search", {"arguments": {"q": "tea"}}, {"result": [1]}, None, 0.5),
    run.ItemProgress("a#1", "a", 1, 0, 3),
    run.UsageReported("a#1", "a", "openai/x", None, 3, None, False),
    run.CheckpointSaved("c1"),
    run.Logged("note", "warning", "a#1", "a"),
]


def through(event: run.RunEvent) -> Recorded:
    return wire.from_json(json.loads(wire.to_line(Recorded(7, 1.25, event, "r"))))


def test_there_is_a_sample_of_every_event() -> None:
    assert {type(event) for event in SAMPLES} == set(get_args(run.RunEvent))


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_every_event_comes_back_equal(event: run.RunEvent) -> None:
    assert through(event) == Recorded(7, 1.25, event, "r")


@settings(max_examples=60, deadline=None)
@given(found=state)
def test_any_state_comes_back_equal(found: dict[str, Any]) -> None:
    event = run.StepFinished("a#1", "a", found, 0.0)
    plain = json.dumps(found, ensure_ascii=False).encode("utf-8", "replace").decode()
    assert through(event).event == run.StepFinished("a#1", "a", json.loads(plain), 0.0)


def test_what_json_cannot_hold_is_told_as_text() -> None:
    event = run.RunFinished({"n": float("nan"), "b": b"abc", "s": {1}, "c": 1j, "u": "\ud800"}, 0.0)
    found = through(event).event
    assert isinstance(found, run.RunFinished)
    assert found.outputs == {"n": "nan", "b": "(3 bytes)", "s": [1], "c": "1j", "u": "?"}


def test_names_are_unique_and_in_small_letters() -> None:
    assert len(wire.RUN_EVENTS | wire.DESIGN_EVENTS) == len(get_args(run.RunEvent)) + len(
        get_args(design.DesignEvent)
    )
    assert wire.event_to_json(SAMPLES[6])["event"] == "step_started"


def test_design_events_become_plain_data() -> None:
    asked = design.Asked("who", "For whom?", "It sets the tone.", (design.Option("Me", "me"),))
    assert json.loads(json.dumps(wire.event_to_json(asked)))["options"] == [{"label": "Me", "value": "me"}]


def test_a_key_of_a_later_version_is_passed_over() -> None:
    data = wire.to_json(Recorded(0, 0.0, SAMPLES[3], "r")) | {"later": 1}
    assert wire.from_json(data).event == SAMPLES[3]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"event": 3},
        {"event": "unheard_of"},
        {"event": "run_stopped"},
        {"event": "run_stopped", "reason": "x"},
        {"event": "run_stopped", "reason": "x", "run_id": "r", "offset": "no", "at": 0},
    ],
)
def test_what_is_no_event_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(wire.NotAnEvent):
        wire.from_json(data)
