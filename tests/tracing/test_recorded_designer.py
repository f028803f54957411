"""Design turns pass through as they come and are kept as they were."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from chat_app.designer.conversation import Conversation, Message
from chat_app.events.design import (
    DesignEvent,
    DesignTurn,
    Edited,
    ModelUsed,
    Said,
    TurnFailed,
    TurnFinished,
)
from chat_app.tracing.call_rows import select_usage
from chat_app.tracing.recorded_designer import RecordedDesigner
from chat_app.tracing.run_store import RunStore
from chat_app.tracing.tables import CONVERSATIONS, TURN_EVENTS, TURNS

EVENTS: list[DesignEvent] = [
    Said("I "),
    Said("add a node."),
    ModelUsed("openai/x", 100, 20, 0.5, "decide"),
    Edited("version: 1\n", ({"op": "add_node"},), ("added a",), ("quoted b",), True),
    TurnFinished(),
]


class Scripted:
    name = "scripted"

    def __init__(self, events: list[DesignEvent]) -> None:
        self._events = events

    async def turn(self, conversation: Conversation, message: str) -> AsyncGenerator[DesignEvent, None]:
        conversation.messages.append(Message("user", message))
        for event in self._events:
            yield event


class Broken:
    def turned(self, turn: DesignTurn) -> None:
        raise OSError("no space")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    made = RunStore(tmp_path / "runs.sqlite")
    yield made
    made.close()


def designer(store: RunStore, events: list[DesignEvent] = EVENTS) -> RecordedDesigner[Conversation]:
    return RecordedDesigner(Scripted(events), [Broken(), store], model="openai/x", owner="ann", prompts={"p": "1"})


async def test_turns_come_through_and_are_kept(store: RunStore) -> None:
    talk = Conversation("c1")
    for message in ("Sort mail", "add a review"):
        assert [event async for event in designer(store).turn(talk, message)] == EVENTS
    (turn, second) = store.read(lambda file: file.execute(select(TURNS).order_by(TURNS.c.number)).all(), [])
    assert (turn.message, turn.state, turn.edits, turn.repairs, turn.valid) == ("Sort mail", "edited", 1, 1, 1)
    assert (turn.number, second.number, turn.model, turn.prompts) == (1, 2, "openai/x", '{"p": "1"}')
    assert store.problem is None

    def counts(file: Connection) -> list[object]:
        told = file.execute(select(TURN_EVENTS.c.event).where(TURN_EVENTS.c.turn == turn.turn)).scalars().all()
        spent = [(one.source, one.node, one.cost_usd) for one in select_usage(file)]
        talks = file.execute(select(CONVERSATIONS.c.owner, CONVERSATIONS.c.title, CONVERSATIONS.c.turns)).all()
        return [list(told), spent, [tuple(row) for row in talks]]

    assert store.read(counts, []) == [
        ["said", "model_used", "edited", "turn_finished"],
        [("design", "decide", 0.5)] * 2,
        [("ann", "Sort mail", 2)],
    ]


async def test_a_turn_that_is_left_early_is_kept_as_stopped(store: RunStore) -> None:
    async with aclosing(designer(store).turn(Conversation("c1"), "Sort mail")) as told:
        async for _ in told:
            break
    assert store.read(lambda file: file.execute(select(TURNS.c.state)).scalars().all(), []) == ["stopped"]


async def test_a_failed_turn_tells_its_problem(store: RunStore) -> None:
    failed = [TurnFailed("The model is away.", "Try again."), TurnFinished()]
    assert [event async for event in designer(store, failed).turn(Conversation("c1"), "x")] == failed
    rows = store.read(lambda file: file.execute(select(TURNS.c.state, TURNS.c.problem, TURNS.c.valid)).all(), [])
    assert [tuple(row) for row in rows] == [("failed", "The model is away.", None)]
