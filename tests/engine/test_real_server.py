"""Runs whose models stand behind a real socket: streams, Stop in the middle, errors and retries."""

from __future__ import annotations

import asyncio
import time

import pytest

from chat_app.chat_models.models import ChatModels
from chat_app.engine.manager import RunManager
from chat_app.events.run import (
    ModelAnswered,
    ModelAsked,
    RunFailed,
    RunFinished,
    RunStopped,
    StepFinished,
    StepRetried,
    StepStarted,
    Token,
    UsageReported,
)
from tests.engine.conftest import KeptEvents, Make, Pauses, checked, events_of, of_type
from tests.servers.openai_server import BreaksOff, Cuts, Fails, Garbage, Hangs, OpenAIServer, Reply, Says, as_json

TEXT = """
state: {text: {type: string}, title: {type: string}}
outputs: [text, title]
nodes:
  - {id: write, kind: llm, model: openai/any, prompt: Write, writes: [text]}
  - {id: name, kind: llm, model: openai/any, prompt: "Name {{ state.text }}", writes: [title]}
"""


@pytest.fixture
def manager(make: Make, real_models: ChatModels) -> RunManager:
    """A manager whose models are real; waits between tries are only noted."""
    manager = make(None, KeptEvents(), pause=Pauses())
    manager._models = real_models
    return manager


async def test_a_run_streams_from_a_server(manager: RunManager, openai_server: OpenAIServer) -> None:
    openai_server.add(Says("Bees dance well."), Says("Bees"))
    run_id = await manager.start(checked(TEXT), {}, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert events[-1].outputs == {"text": "Bees dance well.", "title": "Bees"}
    assert len([token for token in of_type(events, Token) if token.node == "write"]) == 3
    assert [(usage.tokens_in, usage.tokens_out) for usage in of_type(events, UsageReported)] == [(11, 7), (11, 7)]


async def test_what_was_asked_and_answered_is_told_as_it_went_over_the_wire(
    manager: RunManager, openai_server: OpenAIServer
) -> None:
    openai_server.add(Says("Bees dance well."), Hangs())
    run_id = await manager.start(checked(TEXT), {}, keys=openai_server.keys)
    await asyncio.to_thread(openai_server.wait_paused)
    await manager.stop(run_id)
    events = await events_of(manager, run_id)
    assert [told.messages[-1]["content"] for told in of_type(events, ModelAsked)] == [
        request.last for request in openai_server.requests
    ]
    # The second call broke off: it was asked, and never answered.
    assert [told.text for told in of_type(events, ModelAnswered)] == ["Bees dance well."]


async def test_stop_in_the_middle_of_a_stream_hangs_up_at_once(
    manager: RunManager, openai_server: OpenAIServer
) -> None:
    openai_server.add(Says("one two three four", pause_at=2))
    run_id = await manager.start(checked(TEXT), {}, keys=openai_server.keys)
    await asyncio.to_thread(openai_server.wait_paused)
    before = time.monotonic()
    await manager.stop(run_id)
    assert time.monotonic() - before < 5
    await asyncio.to_thread(openai_server.wait_gone)
    assert manager.status(run_id).state == "stopped"
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], RunStopped)
    assert not of_type(events, StepFinished)


async def test_a_stopped_run_is_resumed_and_asks_only_what_is_missing(
    manager: RunManager, openai_server: OpenAIServer
) -> None:
    openai_server.add(Says("the text"), Says("a title", pause_at=0), Says("a title"))
    run_id = await manager.start(checked(TEXT), {}, keys=openai_server.keys)
    await asyncio.to_thread(openai_server.wait_paused)
    await manager.stop(run_id)
    openai_server.release()
    await manager.resume(run_id)
    events = await events_of(manager, run_id)
    assert events[-1].outputs == {"text": "the text", "title": "a title"}
    assert [request.last for request in openai_server.requests] == ["Write", "Name the text", "Name the text"]


async def test_stop_ends_a_call_that_says_nothing(manager: RunManager, openai_server: OpenAIServer) -> None:
    openai_server.add(Hangs())
    run_id = await manager.start(checked(TEXT), {}, keys=openai_server.keys)
    await asyncio.to_thread(openai_server.wait_paused)
    before = time.monotonic()
    await manager.stop(run_id)
    assert time.monotonic() - before < 5
    assert manager.status(run_id).state == "stopped"


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (Fails(429, headers={"Retry-After": "1"}), "rate_limit"),
        (Fails(500), "server_error"),
        (Fails(503), "server_error"),
        (Garbage(), "server_error"),
        (Cuts("This answer ends"), "connection"),
        (BreaksOff("This answer ends"), "server_error"),
    ],
)
async def test_a_call_that_fails_for_now_is_tried_again(
    manager: RunManager, openai_server: OpenAIServer, failure: Reply, cause: str
) -> None:
    openai_server.add(failure, Says("Bees dance."), Says("Bees"))
    run_id = await manager.start(checked(TEXT), {}, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert events[-1].outputs == {"text": "Bees dance.", "title": "Bees"}
    (retried,) = of_type(events, StepRetried)
    assert (retried.step, retried.attempt) == ("write#1", 1)
    assert retried.cause in {cause, "connection"} if isinstance(failure, BreaksOff) else retried.cause == cause
    assert len([event for event in of_type(events, StepStarted) if event.node == "write"]) == 1


async def test_retry_after_is_kept_to(manager: RunManager, openai_server: OpenAIServer) -> None:
    openai_server.add(Fails(429, headers={"Retry-After": "2"}), Says("Bees dance."), Says("Bees"))
    run_id = await manager.start(checked(TEXT), {}, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert isinstance(manager._pause, Pauses)
    assert manager._pause.seconds == [2.0] == [event.wait_seconds for event in of_type(events, StepRetried)]


async def test_tries_are_bounded_and_the_failure_says_what_to_do(
    manager: RunManager, openai_server: OpenAIServer
) -> None:
    openai_server.add(*[Fails(500)] * 10)
    run_id = await manager.start(checked(TEXT), {}, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], RunFailed)
    assert events[-1].node == "write"
    assert events[-1].help
    assert len(openai_server.requests) == 4
    assert [event.attempt for event in of_type(events, StepRetried)] == [1, 2, 3]


async def test_a_refused_key_is_not_tried_again(manager: RunManager, openai_server: OpenAIServer) -> None:
    openai_server.add(Fails(401))
    run_id = await manager.start(checked(TEXT), {}, keys=openai_server.keys)
    events = await events_of(manager, run_id)
    assert isinstance(events[-1], RunFailed)
    assert len(openai_server.requests) == 1
    assert openai_server.keys["OPENAI_API_KEY"] not in repr(events)


async def test_a_missing_key_fails_the_node_with_help(manager: RunManager) -> None:
    events = await events_of(manager, await manager.start(checked(TEXT), {}))
    assert isinstance(events[-1], RunFailed)
    assert events[-1].node == "write"
    assert "OPENAI_API_KEY" in events[-1].message + events[-1].help


async def test_structured_output_survives_a_server_that_drops_the_schema(
    manager: RunManager, openai_server: OpenAIServer
) -> None:
    openai_server.add(
        Says("I would say they are rather angry."),
        Says('Sure! Here it is:\n```json\n{"mood": "Angry", "score": "0.9"}\n```\nAnything else?'),
    )
    text = """
state: {mood: {type: string, enum: [calm, angry]}, score: {type: number}}
outputs: [mood, score]
nodes:
  - {id: judge, kind: llm, model: openai/any, prompt: Judge, writes: [mood, score]}
"""
    run_id = await manager.start(checked(text), {}, keys=openai_server.keys)
    assert (await events_of(manager, run_id))[-1].outputs == {"mood": "angry", "score": 0.9}
    assert openai_server.requests[0].schema is not None


async def test_classify_on_a_server(manager: RunManager, openai_server: OpenAIServer) -> None:
    openai_server.add(as_json({"mood": "calm"}))
    text = """
state: {mood: {type: string, enum: [calm, angry]}}
outputs: [mood]
nodes:
  - {id: sort, kind: classify, model: openai/any, text: Hello, labels: {calm: polite, angry: upset}, writes: [mood]}
"""
    run_id = await manager.start(checked(text), {}, keys=openai_server.keys)
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)


async def test_runs_go_on_when_nobody_watches(manager: RunManager, openai_server: OpenAIServer) -> None:
    openai_server.add(Says("one two", pause_at=1), Says("title"))
    run_id = await manager.start(checked(TEXT), {}, keys=openai_server.keys)
    watcher = manager.subscribe(run_id)
    await anext(watcher)
    await watcher.aclose()
    await asyncio.to_thread(openai_server.wait_paused)
    openai_server.release()
    assert isinstance((await events_of(manager, run_id))[-1], RunFinished)
