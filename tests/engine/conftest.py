"""What the engine's tests share: workflows from short text, models told what to say, managers that close."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from chat_app.chat_models.prices import Price
from chat_app.chat_models.protocol import ChatModel, ChatRequest, Finished, ModelUsage, Piece, TextPiece
from chat_app.engine.manager import RunManager
from chat_app.events.record import SortingRecorder
from chat_app.events.run import Recorded, RunEvent
from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.surroundings import Surroundings
from tests.engine.outside import reach, web  # noqa: F401
from tests.servers.fixtures import openai_server, real_models  # noqa: F401

Reply = str | BaseException | list[str]
"""What a told model says: a text, an error, or the pieces of a text."""


@dataclass
class ToldModel:
    """A chat model in this process that says what it is told, and keeps what it was asked."""

    reply: Callable[[ChatRequest], Reply] | list[Reply]
    name: str = "told"
    simulated: bool = False
    price: Price | None = None
    usage: ModelUsage = field(default_factory=lambda: ModelUsage(10, 5, 0.001))
    asked: list[ChatRequest] = field(default_factory=list)
    running: int = 0
    most_running: int = 0

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        self.asked.append(request)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(0)
            reply = self.reply(request) if callable(self.reply) else self.reply.pop(0)
            if isinstance(reply, BaseException):
                raise reply
            pieces = [reply] if isinstance(reply, str) else reply
            for piece in pieces:
                yield TextPiece(piece)
                await asyncio.sleep(0)
            yield Finished("".join(pieces), (), self.usage)
        finally:
            self.running -= 1


SILENT = ToldModel([])
"""For workflows that ask no model."""


@dataclass
class OneModel:
    """A source that always gives the same model, and keeps what it was asked for."""

    model: ChatModel
    names: list[str | None] = field(default_factory=list)
    keys: list[Mapping[str, str]] = field(default_factory=list)

    def get(self, name: str | None, keys: Mapping[str, str] = {}) -> ChatModel:
        self.names.append(name)
        self.keys.append(keys)
        return self.model


class KeptEvents(SortingRecorder):
    """A recorder in memory that gives back what it got."""

    def __init__(self) -> None:
        self.entries: list[Recorded] = []
        self.takes = self.entries.append

    def events(self, run_id: str) -> list[Recorded]:
        return [entry for entry in self.entries if entry.run_id == run_id]


@dataclass
class Pauses:
    """Takes note of waits instead of waiting."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


E = TypeVar("E")
Make = Callable[..., RunManager]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Makes managers on one folder; each is closed in the end."""
    made: list[RunManager] = []

    def manager(model: ChatModel, recorder: Any = None, *, folder: Path = tmp_path, **more: Any) -> RunManager:
        made.append(RunManager(OneModel(model), folder, recorder, **more))
        return made[-1]

    yield manager
    for one in made:
        await one.close()


def checked(text: str, files: Mapping[str, str] | None = None) -> CheckResult:
    """A workflow that must be valid, with the files that it uses; what is not said is filled in."""
    found = check(_whole(text), Surroundings(files={name: _whole(one) for name, one in (files or {}).items()}))
    assert found.valid, [(one.code, one.message) for one in found.diagnostics]
    return found


def _whole(text: str) -> str:
    return text if "version:" in text else f"version: 1\nname: drawn\n{text}"


async def events_of(manager: RunManager, run_id: str, offset: int = 0) -> list[RunEvent]:
    """Every event from an offset on, once the run is at rest."""
    return [entry.event async for entry in manager.subscribe(run_id, offset)]


async def run(manager: RunManager, text: str, inputs: Mapping[str, Any] | None = None, **more: Any) -> list[RunEvent]:
    """All events of a new run."""
    return await events_of(manager, await manager.start(checked(text), inputs or {}, **more))


def of_type(events: list[RunEvent], kind: type[E]) -> list[E]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]
