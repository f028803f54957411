"""What a tool is: a name, typed arguments, a typed result, and an async function between them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from chat_app.files.of_run import RunFiles
from chat_app.files.passing import passing_store
from chat_app.files.samples import Sample

if TYPE_CHECKING:
    from chat_app.tools.mcp.sessions import McpSessions
    from chat_app.tools.media import Media
    from chat_app.tools.network import Network


class Arguments(BaseModel):
    """Base of every tool's arguments: unknown ones are refused, values keep their type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


A = TypeVar("A", bound=Arguments)


Paying = Callable[[str, float | None], AbstractAsyncContextManager[None]]
"""Opened around a request to a service that costs so much; None: nobody knows."""


@asynccontextmanager
async def unpaid(service: str, usd: float | None) -> AsyncIterator[None]:
    """For requests outside a run."""
    yield


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may use of the house while it works."""

    network: Network
    seconds: float = 60.0
    """How long it may take."""
    files: RunFiles = field(default_factory=lambda: RunFiles(passing_store()))
    """The files of the run: what it reads, and where it puts what it makes."""
    idempotency_key: str = ""
    """The same whenever this call is made again, after a failure or a kill; services can tell repetitions by it."""
    mcp: McpSessions | None = None
    """The MCP sessions of the run."""
    media: Media | None = None
    """Models that make or read pictures, sound and embeddings."""
    paying: Paying = unpaid
    """What services other than models are paid with."""


@dataclass(frozen=True)
class Tool:
    """One tool. `run` gets an instance of `arguments` and returns what fits `result`."""

    name: str
    description: str
    """What it does, in one or two sentences, for people and for models that choose tools."""
    arguments: type[Arguments]
    result: Any
    """A type that pydantic can check and write as a JSON Schema."""
    run: Callable[[Any, ToolContext], Awaitable[Any]]
    networked: bool = False
    """Whether it contacts other machines; such a tool is never called in a simulated run."""
    networked_with: str | None = None
    """An argument with which it contacts other machines, though not without."""
    makes: Sample = "text"
    """What kind of file it makes, where it makes one: a simulated run has one of that kind instead."""
    missing: Callable[[], str | None] = lambda: None
    """What it needs and does not have here, with what to do; None when it is ready."""
    supplied_by: str | None = None
    """An argument with which nothing is missing."""
    example: Mapping[str, Any] = field(default_factory=dict)
    """Arguments that show what it does."""
    pays: Callable[[Mapping[str, Any]], str | None] = lambda arguments: None
    """The model or the service that a call pays, as far as it can be told from the arguments in the workflow."""
    hosts: Callable[[Mapping[str, Any]], tuple[str, ...]] = lambda arguments: ()
    """The hosts that a call contacts, as far as they can be told from the arguments in the workflow."""
    schema: Mapping[str, Any] | None = None
    """The JSON Schema of the arguments, where it is not that of `arguments`."""
    returns: Mapping[str, Any] | None = None
    """The JSON Schema of the result, where it is not that of `result`."""

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """The JSON Schema of the arguments, made once: every check and every turn of a model asks for it."""
        return self.arguments.model_json_schema() if self.schema is None else self.schema

    @cached_property
    def result_schema(self) -> Mapping[str, Any]:
        """The JSON Schema of the result."""
        if self.returns is not None:
            return self.returns
        return TypeAdapter[Any](self.result).json_schema(mode="serialization")


def tool(
    name: str,
    description: str,
    arguments: type[A],
    result: Any,
    run: Callable[[A, ToolContext], Awaitable[Any]],
    **more: Any,
) -> Tool:
    """A tool whose function takes just its kind of arguments."""
    return Tool(name, description, arguments, result, run, **more)
