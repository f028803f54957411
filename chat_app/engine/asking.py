"""One model call of a step: its pieces stream as events, its usage counts against the limits."""

from __future__ import annotations

from contextlib import aclosing

from chat_app.chat_models.errors import ServerFailed, StreamCut, TookTooLong
from chat_app.chat_models.protocol import ChatModel, ChatRequest, Finished, ModelUsage, TextPiece
from chat_app.engine.level import Step
from chat_app.events.run import Logged, Token, UsageReported

UNKNOWN = ModelUsage(None, None, None)


async def ask(step: Step, model: ChatModel, request: ChatRequest, *, stream: bool) -> Finished:
    """The whole answer; with `stream`, its text goes out as tokens while it comes."""
    step.simulated = step.simulated or model.simulated
    step.run.meter.call(request)
    try:
        finished = await _pieces(step, model, request, stream)
    except (StreamCut, TookTooLong) as error:
        # The provider worked, and may charge for it, but never said how much.
        _report(step, model, request, error.partial if isinstance(error, StreamCut) else "", UNKNOWN)
        raise
    _report(step, model, request, finished.text, finished.usage)
    if finished.cut:
        step.run.emit(
            Logged(
                "The answer was cut at the token limit; raise max_tokens for more.",
                "warning",
                step.id,
                step.node.id,
            )
        )
    return finished


async def _pieces(step: Step, model: ChatModel, request: ChatRequest, stream: bool) -> Finished:
    characters = 0
    async with aclosing(model.stream(request)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Finished):
                return piece
            if isinstance(piece, TextPiece) and piece.text:
                characters += len(piece.text)
                step.run.meter.streamed(characters)
                if stream:
                    step.run.emit(Token(step.id, step.node.id, piece.text))
    raise ServerFailed(f"{model.name} ended its answer without finishing it.", help="Try again.")


def _report(step: Step, model: ChatModel, request: ChatRequest, answer: str, usage: ModelUsage) -> None:
    step.run.meter.used(request, answer, usage)
    step.run.emit(
        UsageReported(
            step.id,
            step.node.id,
            model.name,
            usage.tokens_in,
            usage.tokens_out,
            usage.cost_usd,
            model.simulated,
        )
    )
