"""A designer whose turns are recorded: its events pass through as they come, and are kept when the turn has ended."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Generic, Protocol, TypeVar

from chat_app.events.design import DesignEvent, DesignTurn, Said, TurnFinished
from chat_app.events.record import TurnRecorder

log = logging.getLogger(__name__)


class Message(Protocol):
    """A message of a conversation."""

    @property
    def role(self) -> str: ...


class Talk(Protocol):
    """What is read of a conversation."""

    @property
    def id(self) -> str: ...

    @property
    def messages(self) -> Sequence[Message]: ...


T_contra = TypeVar("T_contra", bound=Talk, contravariant=True)
T = TypeVar("T", bound=Talk)


class Designing(Protocol[T_contra]):
    """A designer, as it is seen from here."""

    @property
    def name(self) -> str: ...

    def turn(self, conversation: T_contra, message: str) -> AsyncGenerator[DesignEvent, None]: ...


class RecordedDesigner(Generic[T]):
    """Passes a designer's events on and tells the recorders of each turn."""

    def __init__(
        self,
        inner: Designing[T],
        recorders: Sequence[TurnRecorder],
        *,
        model: str = "",
        owner: str = "",
        prompts: Mapping[str, str] | None = None,
    ) -> None:
        self.inner = inner
        self._recorders = tuple(recorders)
        self._model = model
        self._owner = owner
        self._prompts = dict(prompts or {})

    @property
    def name(self) -> str:
        """Who designs."""
        return self.inner.name

    async def turn(self, conversation: T, message: str) -> AsyncGenerator[DesignEvent, None]:
        """The designer's turn."""
        number = sum(one.role == "user" for one in conversation.messages) + 1
        started, events, stopped = time.time(), _Events(), True
        try:
            async with aclosing(self.inner.turn(conversation, message)) as told:
                async for event in told:
                    events.add(event)
                    stopped = stopped and not isinstance(event, TurnFinished)
                    yield event
        finally:
            self._tell(
                DesignTurn(
                    id=uuid.uuid4().hex[:16],
                    conversation=conversation.id,
                    number=number,
                    owner=self._owner,
                    designer=self.name,
                    model=self._model,
                    message=message,
                    started=started,
                    ended=time.time(),
                    events=tuple(events.told),
                    prompts=self._prompts,
                    stopped=stopped,
                )
            )

    def _tell(self, turn: DesignTurn) -> None:
        for recorder in self._recorders:
            try:
                recorder.turned(turn)
            except Exception as error:  # noqa: BLE001 - a recorder that fails must not fail the turn
                log.warning("A design turn could not be recorded: %s", error)


class _Events:
    """What was told so far; text that streams is one event."""

    def __init__(self) -> None:
        self.told: list[tuple[float, DesignEvent]] = []

    def add(self, event: DesignEvent) -> None:
        last = self.told[-1][1] if self.told else None
        if isinstance(event, Said) and isinstance(last, Said):
            self.told[-1] = (time.time(), Said(last.text + event.text))
        else:
            self.told.append((time.time(), event))
