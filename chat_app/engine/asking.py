"""One model call of a step: its pieces stream as events, its usage counts against the limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from chat_app.chat_models.errors import ChatModelError, ServerFailed, broken_off
from chat_app.chat_models.protocol import ChatMessage, ChatModel, ChatRequest, Finished, ModelUsage, TextPiece
from chat_app.engine.answered import Telling
from chat_app.engine.errors import LimitHit
from chat_app.engine.level import Step
from chat_app.engine.reservation import Held
from chat_app.events.run import Logged, ModelAnswered, ModelAsked, Token, UsageReported
from chat_app.events.value import asdict

T = TypeVar("T")


def ask(step: Step, model: ChatModel, request: ChatRequest, *, stream: bool) -> Coroutine[Any, Any, Finished]:
    """The whole answer; with `stream`, its text goes out as tokens while it comes."""
    return made_of_answer(step, model, request, _itself, stream=stream)


async def made_of_answer(
    step: Step, model: ChatModel, request: ChatRequest, made: Callable[[Finished], T], *, stream: bool
) -> T:
    """What is made of the whole answer, where that is all that is to be done with it."""
    emit, name, reservations = step.run.emit, model.name, step.run.meter.reservations
    if model.simulated:
        step.simulated = True
    held = reservations.take(request, model.price)
    if not held.answer:
        await reservations.wait(held)
    if held.bound is not None:
        request = held.bounded(request)
    came: list[str] = []
    began = time.perf_counter()
    emit(ModelAsked(step.id, step.name, name, told_messages(request.messages)))
    try:
        pieces = model.stream(request)
        try:
            async for piece in pieces:
                if isinstance(piece, Finished):
                    finished = piece
                    break
                if isinstance(piece, TextPiece) and piece.text:
                    came.append(piece.text)
                    reservations.grow(held, len(piece.text))
                    if stream:
                        emit(Token(step.id, step.name, piece.text))
            else:
                raise ServerFailed(f"{model.name} ended its answer without finishing it.", help="Try again.")
        finally:
            # What `aclosing` does, without the two coroutines around each call.
            await pieces.aclose()
    except (ChatModelError, LimitHit, asyncio.CancelledError) as error:
        _tell_failure(step, model, request, came, error, began)
        raise
    else:
        asked = tuple(map(asdict, finished.tool_requests)) if finished.tool_requests else ()
        emit(ModelAnswered(step.id, step.name, name, finished.text, asked, finished.cut))
        _report(step, model, request, finished.text, finished.usage)
    finally:
        reservations.give_back(held)
    if finished.cut:
        _cut(step, held)
    return made(finished)


def _itself(finished: Finished) -> Finished:
    return finished


def _tell_failure(
    step: Step, model: ChatModel, request: ChatRequest, came: Sequence[str], error: BaseException, began: float
) -> None:
    """Tells of a call without an answer, and of what it may have used."""
    if isinstance(error, ChatModelError):
        Telling(step, "model", model.name, {}, began).failed(error, came)
    billed = broken_off(error, simulated=model.simulated)
    if billed is not None:
        _report(step, model, request, "".join(came), billed)


def _cut(step: Step, held: Held) -> None:
    """Tells of an answer that was cut; raises LimitHit where more could not be paid for."""
    told = "The answer was cut at the token limit; raise max_tokens for more."
    step.run.emit(Logged(told, "warning", step.id, step.name))
    if held.bound is not None:
        # As an answer, what came would be wrong.
        raise step.run.meter.reservations.cut(held)


def told_messages(messages: tuple[ChatMessage, ...]) -> tuple[dict[str, Any], ...]:
    """Messages as events tell them."""
    # One is what nearly every node asks with.
    return (told_message(messages[0]),) if len(messages) == 1 else tuple(map(told_message, messages))


def told_message(message: ChatMessage) -> dict[str, Any]:
    """A message as events tell it: what was attached is named, not held."""
    told: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.images:
        told["images"] = len(message.images)
    if message.files:
        told["files"] = [part.name for part in message.files]
    if message.tool_requests:
        told["tool_requests"] = [asdict(request) for request in message.tool_requests]
    if message.tool_call_id is not None:
        told["tool_call_id"] = message.tool_call_id
    return told


def _report(step: Step, model: ChatModel, request: ChatRequest, answer: str, usage: ModelUsage) -> None:
    emit = step.run.emit
    if step.run.meter.used(request, answer, usage):
        emit(
            Logged(
                f"What {model.name} costs is unknown, so `cost_usd` can't stop this run; `tokens` can.",
                "warning",
                step.id,
                step.name,
            )
        )
    emit(
        UsageReported(
            step.id,
            step.name,
            model.name,
            usage.tokens_in,
            usage.tokens_out,
            usage.cost_usd,
            model.simulated,
        )
    )
