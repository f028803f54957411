"""What all real models share, however they are reached: concessions, patience, the end of an answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar

from chat_app.chat_models.errors import ChatModelError, RateLimited, RequestRefused, ServerFailed
from chat_app.chat_models.failures import Called, empty_answer, failure, garbage, took_too_long
from chat_app.chat_models.prices import Price
from chat_app.chat_models.protocol import ChatRequest, Finished, ModelUsage, Piece, ToolRequest
from chat_app.chat_models.rates import Gate
from chat_app.chat_models.wire_request import Manner, unfenced

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait for the first piece, for each further one, and for the whole answer."""

    first: float = 120.0
    idle: float = 60.0
    total: float = 300.0


@dataclass
class Answer:
    """What has come of an answer so far."""

    texts: list[str] = field(default_factory=list)
    calls: list[dict[str, str]] = field(default_factory=list)
    slots: dict[int, int] = field(default_factory=dict)
    reason: str | None = None
    ended: bool = False
    """Whether the provider said that the answer is whole."""
    begun: bool = False

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def partial(self) -> str | None:
        """The text so far; None before the first piece."""
        return self.text if self.texts or self.calls else None

    def take_call(self, index: object, id_: str | None, name: str | None, arguments: str | None) -> None:
        """Joins the pieces of a call by index; a second id at one index is a second call."""
        number = index if isinstance(index, int) else len(self.calls)
        place = self.slots.get(number)
        if place is None or (id_ and self.calls[place]["id"] not in ("", id_)):
            place = self.slots[number] = len(self.calls)
            self.calls.append({"id": "", "name": "", "arguments": ""})
        known = self.calls[place]
        known["id"] = known["id"] or id_ or ""
        known["name"] = known["name"] or name or ""
        known["arguments"] += arguments or ""

    def tool_requests(self) -> tuple[ToolRequest, ...]:
        return tuple(
            ToolRequest(call["id"] or f"call_{index}", call["name"], call["arguments"] or "{}")
            for index, call in enumerate(self.calls)
            if call["name"]
        )


class Refused(Exception):
    """A refusal before the first piece; asked in a simpler way, the model may answer."""

    def __init__(self, told: ChatModelError) -> None:
        super().__init__(told.message)
        self.told = told


class StreamedChatModel:
    """One model at one address with one key; how its pieces come is for the heirs to say."""

    simulated = False

    def __init__(
        self,
        called: Called,
        *,
        call_name: str,
        price: Price | None,
        listed: Price | None,
        patience: Patience,
        manners: dict[tuple[str, str | None], Manner],
        gate: Gate,
        manner: Manner = Manner(),  # noqa: B008 - frozen
    ) -> None:
        self.name = called.model
        self._called = called
        self._call_name = call_name
        self.price = price
        self._listed = listed
        """What the model's maker asks, wherever it runs: a guess where the price is unknown."""
        self._patience = patience
        self._manners = manners
        """What each model was found to take; shared by all models of one source."""
        self._gate = gate
        self._manner = manner
        """How it is asked at first."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """Pieces of the answer as they come, then Finished; raises ChatModelError."""
        async with self._gate:
            try:
                async with aclosing(self._conceding(request)) as pieces:
                    async for piece in pieces:
                        yield piece
            except RateLimited as refused:
                self._gate.cool(refused.retry_after)
                raise

    async def _conceding(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        place = (self._call_name, self._called.base)
        deadline = asyncio.get_running_loop().time() + (request.timeout_seconds or self._patience.total)
        manner = self._manners.get(place, self._manner)
        while True:
            try:
                async with aclosing(self._pieces(request, manner, deadline)) as pieces:
                    async for piece in pieces:
                        # What the model took is remembered; a refusal for other reasons teaches nothing.
                        self._manners[place] = manner
                        yield piece
                return
            except Refused as refused:
                less = manner.conceding(refused.told, request)
                if less is None:
                    raise refused.told from None
                log.info("%s is asked in a simpler way: %s", self.name, refused)
                manner = less

    def _pieces(self, request: ChatRequest, manner: Manner, deadline: float) -> AsyncGenerator[Piece, None]:
        raise NotImplementedError

    async def _told(self, what: Awaitable[T], wait: float, deadline: float, answer: Answer | None) -> T:
        """Awaits within the time allowed, and tells every failure as the house does."""
        until = min(asyncio.get_running_loop().time() + wait, deadline)
        try:
            async with asyncio.timeout_at(until):
                return await what
        except TimeoutError as error:
            partial = None if answer is None else answer.partial
            if partial is None:
                raise took_too_long(self._called, "did not answer in time") from None
            raise failure(error, self._called, partial) from None
        except Exception as error:  # noqa: BLE001 - libraries raise what they like; failure() tells what it was
            partial = None if answer is None else answer.partial
            raise self._as_refusal(failure(error, self._called, partial), partial) from None

    def _as_refusal(self, told: ChatModelError, partial: str | None) -> Exception:
        """The failure, or the sign to ask in a simpler way.

        Refused requests, and the library's own stumbling over an answer that it should have understood.
        """
        refusal = isinstance(told, RequestRefused) or (isinstance(told, ServerFailed) and told.status is None)
        return Refused(told) if partial is None and refusal else told

    def _finished(self, request: ChatRequest, answer: Answer, usage: ModelUsage) -> Finished:
        requests = answer.tool_requests()
        text = answer.text
        if not text and not requests:
            raise self._nothing(answer, usage)
        if not answer.ended:
            raise failure(EOFError("the stream ended before its end"), self._called, text)
        text = unfenced(text) if request.schema is not None else text
        return Finished(text, requests, usage, cut=answer.reason == "length")

    def _nothing(self, answer: Answer, usage: ModelUsage) -> ChatModelError:
        """An answer without text and calls; thinking and filtering are billed."""
        told: ChatModelError = empty_answer(self._called) if answer.ended else garbage(self._called)
        if answer.reason == "content_filter":
            told = RequestRefused(
                f"{self._called.where} held the answer back with its content filter.",
                help="Reword the prompt, or choose another model.",
            )
        told.usage = usage if answer.ended else None
        return told

    def _usage(
        self, tokens_in: int | None, tokens_out: int | None, cached: int = 0, cost: object = None
    ) -> ModelUsage:
        """The counts that the provider itself sent, with what they cost."""
        if isinstance(cost, int | float) and not isinstance(cost, bool):
            return ModelUsage(tokens_in, tokens_out, float(cost))
        if tokens_in is None or tokens_out is None:
            return ModelUsage(tokens_in, tokens_out, None)
        if self.price is None:
            likely = None if self._listed is None else self._listed.cost(tokens_in, tokens_out)
            return ModelUsage(tokens_in, tokens_out, None, likely)
        return ModelUsage(tokens_in, tokens_out, self.price.cost(tokens_in, tokens_out, cached))
