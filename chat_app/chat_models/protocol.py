"""What the rest of the house knows of a chat model: a request in, a stream of pieces out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Literal, Protocol

from chat_app.chat_models.prices import Price
from chat_app.events.value import Value


class ToolSpec(Value, frozen=True):
    """A tool offered to the model; `parameters` is a JSON Schema."""

    name: str
    description: str
    parameters: dict[str, Any]


class ToolRequest(Value, frozen=True):
    """The model asks for a tool call; `arguments` is JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


class FilePart(Value, frozen=True):
    """A document that goes to the model as it is."""

    name: str
    media_type: str
    url: str
    """A data URL."""


class ChatMessage(Value, frozen=True):
    role: Literal["system", "user", "assistant", "tool"]
    content: str
    images: tuple[str, ...] = ()
    """Data URLs."""
    files: tuple[FilePart, ...] = ()
    tool_requests: tuple[ToolRequest, ...] = ()
    tool_call_id: str | None = None


class ChatRequest(Value, frozen=True):
    messages: tuple[ChatMessage, ...]
    schema: dict[str, Any] | None = None
    """A JSON Schema the answer must fit; the caller still validates."""
    schema_name: str = "answer"
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: Literal["auto", "required"] = "auto"
    temperature: float | None = None
    max_tokens: int | None = None
    timeout_seconds: float | None = None
    purpose: str = ""
    """What the call is for (`node:draft`, `designer:edit`): seeds the simulated model, names the span."""


class TextPiece(Value, frozen=True):
    text: str


class ModelUsage(Value, frozen=True):
    """Counts of one call; None where they are unknown, never 0 for unknown."""

    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    likely_usd: float | None = None
    """Where the cost is unknown, what the model's maker would ask: counts against limits, is never reported."""


class Finished(Value, frozen=True):
    """The last piece of every answer that came whole."""

    text: str
    tool_requests: tuple[ToolRequest, ...]
    usage: ModelUsage
    cut: bool = False
    """Whether the answer ended because the token limit was reached."""


Piece = TextPiece | Finished


class ChatModel(Protocol):
    """One chat model. `stream` raises ChatModelError and yields exactly one Finished, last.

    Who leaves a stream early closes it (`contextlib.aclosing`): the provider's connection ends with it.
    """

    @property
    def name(self) -> str: ...

    @property
    def simulated(self) -> bool: ...

    @property
    def price(self) -> Price | None:
        """What a call will be billed by; None where that is not known before."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]: ...


class ModelSource(Protocol):
    """Where chat models come from, by name.

    `keys` belong to one session, as environment variables are named ({"OPENAI_API_KEY": "sk-..."});
    they go with the call and are kept nowhere. Without a name, the default model; raises UnknownModel.
    """

    def get(self, name: str | None, keys: Mapping[str, str] = ...) -> ChatModel: ...
