"""Pictures, speech, transcripts and embeddings by model name, through LiteLLM; a cost that is unknown is never 0."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chat_app.chat_models.access import Access
from chat_app.chat_models.errors import UNKNOWN, ChatModelError, RateLimited, UnknownModel
from chat_app.chat_models.failures import Called, failure, garbage, took_too_long
from chat_app.chat_models.litellm_model import load_library
from chat_app.chat_models.media_prices import (
    most_for_picture,
    most_for_recording,
    most_for_speech,
    most_for_vectors,
    tells_what_speech_costs,
)
from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.protocol import ChatMessage, ChatRequest, ModelUsage
from chat_app.chat_models.providers import call_name
from chat_app.chat_models.rates import Gate
from chat_app.chat_models.whole_answer import whole_answer

T = TypeVar("T")

MOST_BYTES = 50 * 1024 * 1024
NO_KEYS: Mapping[str, str] = {}
LONGEST_DESCRIPTION = 8_192
"""Tokens that a picture's description has at most, so that it can be paid for before it comes."""
PICTURE_TOKENS = 2_000
"""A guess at the most that a picture takes of a prompt."""

Bill = Callable[[ModelUsage], None]
"""Is told what a call used."""
Paying = Callable[[str, float | None], AbstractAsyncContextManager[Bill]]
"""Opened around a call of a model that may cost so much; None: nobody knows. May refuse it by raising."""


@asynccontextmanager
async def unaccounted(model: str, most_usd: float | None) -> AsyncIterator[Bill]:
    """For calls outside a run."""
    yield lambda usage: None


@dataclass(frozen=True, slots=True)
class MediaAnswer:
    """What a model made; of `content`, `text` and `vectors`, the one that was asked for."""

    model: str
    content: bytes = field(default=b"", repr=False)
    url: str | None = None
    """Where the content is, if the provider did not send it."""
    text: str = ""
    vectors: tuple[tuple[float, ...], ...] = ()
    usage: ModelUsage = UNKNOWN


class MediaModels:
    """The models of a source that make or read other things than text."""

    def __init__(self, models: ChatModels, paying: Paying = unaccounted) -> None:
        self._models = models
        self._paying = paying

    def paid_by(self, paying: Paying) -> MediaModels:
        """The same models, whose calls are paid for so."""
        return MediaModels(self._models, paying)

    async def image(
        self, model: str, prompt: str, *, size: str | None, seconds: float, keys: Mapping[str, str] = NO_KEYS
    ) -> MediaAnswer:
        """A picture of what the prompt says; raises ChatModelError."""
        call = self._call(model, keys, "aimage_generation", seconds)
        more = {"size": size} if size else {}
        answer, usage = await self._paid(call, most_for_picture(model, prompt, size), prompt=prompt, n=1, **more)
        first = (answer.data or [None])[0]
        if getattr(first, "b64_json", None):
            return MediaAnswer(model, _unpacked(first.b64_json, call.called), usage=usage)
        if getattr(first, "url", None):
            return MediaAnswer(model, url=str(first.url), usage=usage)
        raise garbage(call.called)

    async def speech(
        self, model: str, text: str, *, voice: str, form: str, seconds: float, keys: Mapping[str, str] = NO_KEYS
    ) -> MediaAnswer:
        """The text read aloud, as a file of the form (`mp3`, `wav`, ...); raises ChatModelError."""
        # Of what is billed by its sound, the library counts the text alone.
        call = self._call(model, keys, "aspeech", seconds, counted=tells_what_speech_costs(model))
        most = most_for_speech(model, text)
        answer, usage = await self._paid(call, most, input=text, voice=voice, response_format=form)
        content = answer.content
        if not isinstance(content, bytes) or not content:
            raise garbage(call.called)
        return MediaAnswer(model, content, usage=usage)

    async def transcript(
        self,
        model: str,
        content: bytes,
        name: str,
        *,
        language: str | None,
        seconds: float,
        keys: Mapping[str, str] = NO_KEYS,
    ) -> MediaAnswer:
        """What is said in a recording; raises ChatModelError."""
        call = self._call(model, keys, "atranscription", seconds)
        more = {"language": language} if language else {}
        answer, usage = await self._paid(call, most_for_recording(model, content), file=(name, content), **more)
        if not isinstance(answer.text, str):
            raise garbage(call.called)
        return MediaAnswer(model, text=answer.text.strip(), usage=usage)

    async def vectors(
        self, model: str, texts: list[str], *, seconds: float, keys: Mapping[str, str] = NO_KEYS
    ) -> MediaAnswer:
        """An embedding of each text, in order; raises ChatModelError."""
        call = self._call(model, keys, "aembedding", seconds)
        answer, usage = await self._paid(call, most_for_vectors(model, texts), input=texts)
        rows = [row if isinstance(row, Mapping) else row.model_dump() for row in answer.data or ()]
        found = tuple(tuple(map(float, row["embedding"])) for row in sorted(rows, key=lambda row: row["index"]))
        if len(found) != len(texts):
            raise garbage(call.called)
        return MediaAnswer(model, vectors=found, usage=usage)

    async def description(
        self, model: str | None, question: str, image: str, *, seconds: float, keys: Mapping[str, str] = NO_KEYS
    ) -> MediaAnswer:
        """What a chat model sees in a picture (a data URL); raises ChatModelError."""
        message = ChatMessage("user", question, images=(image,))
        request = ChatRequest(
            (message,), max_tokens=LONGEST_DESCRIPTION, timeout_seconds=seconds, purpose="tool:describe_image"
        )
        chat = self._models.get(model, keys)
        sent = len(question.encode()) + PICTURE_TOKENS
        most = None if chat.price is None else chat.price.cost(sent, LONGEST_DESCRIPTION)
        async with self._paying(chat.name, most) as bill:
            finished = await whole_answer(chat, request)
            bill(finished.usage)
        return MediaAnswer(chat.name, text=finished.text, usage=finished.usage)

    def _call(
        self, model: str, keys: Mapping[str, str], function: str, seconds: float, *, counted: bool = True
    ) -> _Call:
        if "/" not in model:
            raise UnknownModel(f"`{model}` names no provider.", help="Write it as provider/model.")
        return _Call(function, model, *self._models.reached(model, keys), seconds, counted)

    async def _paid(self, call: _Call, most_usd: float | None, **sent: Any) -> tuple[Any, ModelUsage]:
        """The answer to a call that may cost so much by the list, and what it used, which is told to who pays."""
        # A listed price holds at the provider's own address alone.
        most_here = most_usd if call.access.base is None else None
        async with self._paying(call.model, most_here) as bill:
            answer = await _answer(call, sent)
            bill(usage := _usage(answer, call.access) if call.counted else UNKNOWN)
        return answer, usage


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of the library that is to be made."""

    function: str
    model: str
    access: Access
    called: Called
    gate: Gate
    seconds: float
    counted: bool
    """Whether the library knows what it costs."""


async def _answer(call: _Call, sent: Mapping[str, Any]) -> Any:
    """What the library gives; every failure told as the house does."""
    library = await load_library()
    options = {"api_key": call.access.key, "api_base": call.access.base}
    given = {name: value for name, value in options.items() if value is not None}
    answer = getattr(library, call.function)(
        model=call_name(call.called.model), max_retries=0, timeout=call.seconds + 10, **given, **sent
    )
    async with call.gate:
        try:
            return await _in_time(answer, call.called, call.seconds)
        except RateLimited as refused:
            call.gate.cool(refused.retry_after)
            raise


async def _in_time(call: Awaitable[T], called: Called, seconds: float) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        raise took_too_long(called, "did not answer in time") from None
    except ChatModelError:
        raise
    except Exception as error:  # noqa: BLE001 - the library raises what it likes; failure() tells what it was
        raise failure(error, called) from None


def _usage(answer: Any, access: Access) -> ModelUsage:
    """What the provider counted, and what the library's price table makes of it at the provider's own address."""
    told = getattr(answer, "usage", None)
    tokens_in = _count(told, "prompt_tokens", "input_tokens")
    tokens_out = _count(told, "completion_tokens", "output_tokens")
    cost = (getattr(answer, "_hidden_params", None) or {}).get("response_cost")
    known = access.base is None and isinstance(cost, int | float) and cost > 0
    return ModelUsage(tokens_in, tokens_out, float(cost) if known and cost is not None else None)


def _count(told: Any, *names: str) -> int | None:
    for name in names:
        count = told.get(name) if isinstance(told, Mapping) else getattr(told, name, None)
        if isinstance(count, int) and count > 0:
            return count
    return None


def _unpacked(text: str, called: Called) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise garbage(called) from None
    if not content or len(content) > MOST_BYTES:
        raise garbage(called)
    return content
