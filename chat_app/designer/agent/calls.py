"""One call of the model: in the manner it understands, within bounds, heard while it speaks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from chat_app.chat_models.errors import (
    ChatModelError,
    RateLimited,
    RequestRefused,
    StreamCut,
    TookTooLong,
    broken_off,
)
from chat_app.chat_models.protocol import (
    ChatMessage,
    ChatModel,
    ChatRequest,
    Finished,
    ModelUsage,
    ToolSpec,
)
from chat_app.designer.agent.answers import DECIDE, Answer, read_answer
from chat_app.designer.agent.budget import Budget
from chat_app.designer.agent.modes import Mode, Modes
from chat_app.designer.agent.prompts import prompt_text
from chat_app.designer.agent.speech import Speech
from chat_app.designer.agent.wire import Schema
from chat_app.events.design import DesignEvent, ModelUsed, Said, Stage
from chat_app.events.value import replace

Emit = Callable[[DesignEvent], None]

_LONGEST_WAIT = 5.0
"""Seconds we wait for a provider that asks us to; longer is told to the user instead."""
_LONGEST_ANSWER = 200_000


@dataclass(frozen=True, slots=True)
class Ask:
    """What is put to the model."""

    system: str
    message: str
    schema: Schema
    aloud: bool
    """Whether the user may hear what is said while it arrives."""
    purpose: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back; `said` is what the user has already read of it."""

    answer: Answer
    said: str = ""


class Caller:
    """Asks one chat model and remembers how it likes to be asked."""

    def __init__(self, model: ChatModel, modes: Modes, budget: Budget) -> None:
        self._model = model
        self._modes = modes
        self._budget = budget

    async def ask(self, ask: Ask, emit: Emit) -> Heard:
        """The model's answer; raises ChatModelError when there is none."""
        retried, before = False, self._modes.of(self._model.name)
        while True:
            speech = Speech(ask.aloud)
            try:
                finished = await self._once(ask, speech, emit)
            except RequestRefused as refused:
                if not self._may_be_the_form(refused) or not self._other_mode():
                    self._modes.restore(self._model.name, before)
                    raise
                continue
            except StreamCut as broken:
                answer = read_answer(broken.partial, cut=True)
                if answer.decision is None and not speech.said and not retried:
                    retried = True
                    continue
                if answer.decision is None:
                    raise
                return Heard(answer, speech.said)
            except ChatModelError as error:
                if retried or speech.said or not await _worth_a_second_try(error):
                    raise
                retried = True
                continue
            answer = self._read(finished)
            if finished.cut and answer.decision is None and self._gave_more_room():
                continue
            return Heard(answer, speech.said)

    @property
    def weak(self) -> bool:
        """Whether the model gets smaller steps."""
        return self._modes.is_weak(self._model.name)

    def unreadable(self) -> None:
        """The last answer made no sense: ask in another manner from now on, if this one never worked."""
        if not self._modes.of(self._model.name).proven:
            self._other_mode()

    def _may_be_the_form(self, refused: RequestRefused) -> bool:
        """Whether the model may dislike how it was asked; a form that worked before is not to blame."""
        return refused.status in (None, 400, 422) and not self._modes.of(self._model.name).proven

    def _other_mode(self) -> bool:
        return self._modes.refused(self._model.name)

    def _gave_more_room(self) -> bool:
        if self._modes.of(self._model.name).thinks:
            return False
        self._modes.thinks(self._model.name)
        return True

    def _read(self, finished: Finished) -> Answer:
        answer = read_answer(finished.text, finished.tool_requests, cut=finished.cut)
        if answer.decision is not None:
            self._modes.worked(self._model.name)
        return answer

    async def _once(self, ask: Ask, speech: Speech, emit: Emit) -> Finished:
        request, began = self._request(ask), time.perf_counter()

        def used(usage: ModelUsage, said: str) -> None:
            emit(_used(self._model.name, ask.purpose, request, usage, said, time.perf_counter() - began))

        try:
            finished = await self._in_time(request, speech, emit)
        except (ChatModelError, asyncio.CancelledError) as error:
            billed = broken_off(error, simulated=self._model.simulated)
            if billed is not None:
                used(billed, getattr(error, "partial", ""))
            raise
        used(finished.usage, finished.text or "\n".join(one.arguments for one in finished.tool_requests))
        return finished

    async def _in_time(self, request: ChatRequest, speech: Speech, emit: Emit) -> Finished:
        try:
            async with asyncio.timeout(self._budget.seconds):
                return await self._listen(request, speech, emit)
        except TimeoutError as late:
            raise TookTooLong(
                f"{self._model.name} had not finished after {self._budget.seconds:g} seconds.",
                help="Try again, or choose another model.",
            ) from late

    async def _listen(self, request: ChatRequest, speech: Speech, emit: Emit) -> Finished:
        text, edits = "", 0
        async with aclosing(self._model.stream(request)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Finished):
                    return piece if piece.text else replace(piece, text=text)
                text += piece.text
                if len(text) > _LONGEST_ANSWER:
                    break
                if new := speech.take(piece.text):
                    emit(Said(new))
                if speech.edits_seen > edits:
                    edits = speech.edits_seen
                    emit(Stage("writing", f"change {edits}"))
        raise StreamCut(
            f"{self._model.name} broke off its answer.",
            help="Try again, or choose another model.",
            partial=text,
        )

    def _request(self, ask: Ask) -> ChatRequest:
        manner = self._modes.of(self._model.name)
        messages = (
            ChatMessage("system", ask.system),
            ChatMessage("user", ask.message + "\n" + _closing_words(manner.mode)),
        )
        request = ChatRequest(
            messages=messages,
            temperature=self._budget.temperature,
            max_tokens=self._budget.tokens_out_thinking if manner.thinks else self._budget.tokens_out,
            timeout_seconds=self._budget.seconds,
            purpose=f"designer:{ask.purpose}",
        )
        match manner.mode:
            case "structured":
                return replace(request, schema=ask.schema, schema_name="decision")
            case "tools":
                tool = ToolSpec(DECIDE, "Says what to do next.", ask.schema)
                return replace(request, tools=(tool,), tool_choice="required")
            case "block":
                return request


def _used(model: str, purpose: str, request: ChatRequest, usage: ModelUsage, said: str, seconds: float) -> ModelUsed:
    asked = tuple({"role": message.role, "content": message.content} for message in request.messages)
    return ModelUsed(model, usage.tokens_in, usage.tokens_out, usage.cost_usd, purpose, asked, said, seconds)


def _closing_words(mode: Mode) -> str:
    return prompt_text(f"designer_answer_{mode}")


async def _worth_a_second_try(error: ChatModelError) -> bool:
    """Whether to ask again now; waits as long as the provider wishes, if that is short."""
    if isinstance(error, TookTooLong) or not error.retryable:
        return False
    wait = error.retry_after if isinstance(error, RateLimited) else 0.0
    if wait is None or wait > _LONGEST_WAIT:
        return False
    await asyncio.sleep(wait)
    return True
