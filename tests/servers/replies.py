"""What the scripted server may be told to answer: one frozen value for each behaviour."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ToolCall:
    """One tool call of an answer; `arguments` may be text, to send what is no JSON."""

    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)
    id: str | None = None

    def text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Says:
    """A good answer: text, tool calls, or both; streamed word by word when the client streams."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    pieces: tuple[str, ...] | None = None
    """The streamed pieces; None: the words of `text`."""
    finish: str | None = None
    """The finish reason; None: `stop`, or `tool_calls` where there are calls."""
    tokens_in: int = 11
    tokens_out: int = 7
    usage: bool = True
    """Whether usage is told at all."""
    cost: float | None = None
    """What the call cost, as some providers tell it beside the counts."""
    pause_at: int | None = None
    """Waits before this piece until `release()`; past the last piece: before the end of the answer."""

    def parts(self) -> tuple[str, ...]:
        return self.pieces if self.pieces is not None else tuple(re.findall(r"\S+\s*|\s+", self.text))

    def reason(self) -> str:
        return self.finish or ("tool_calls" if self.calls else "stop")


@dataclass(frozen=True)
class Fails:
    """An HTTP error with a body in the shape of OpenAI's errors."""

    status: int
    message: str = "scripted failure"
    headers: dict[str, str] = field(default_factory=dict)
    type: str = "scripted_error"


@dataclass(frozen=True)
class Hangs:
    """Takes the request and says nothing until `release()` (then: an empty answer) or the end."""


@dataclass(frozen=True)
class Drops:
    """Takes the request and closes the connection without a byte."""


@dataclass(frozen=True)
class Cuts:
    """Streams some pieces and then breaks the connection."""

    text: str = "This answer ends too"
    pieces: tuple[str, ...] | None = None


@dataclass(frozen=True)
class EndsEarly:
    """Streams some pieces and ends politely, without a finish reason or a `[DONE]`."""

    text: str = "This answer ends too"


@dataclass(frozen=True)
class BreaksOff:
    """Streams some pieces and then an error event, as providers do under load."""

    text: str = "This answer ends too"
    message: str = "overloaded"


@dataclass(frozen=True)
class Garbage:
    """A 200 whose body is no answer at all."""

    body: bytes = b"<html><body>It works!</body></html>"
    content_type: str = "text/html"


@dataclass(frozen=True)
class Empty:
    """A 200 with no choices."""


Reply = Says | Fails | Hangs | Drops | Cuts | EndsEarly | BreaksOff | Garbage | Empty


def as_json(value: Any, **more: Any) -> Says:
    """An answer whose text is this value as JSON."""
    return Says(text=json.dumps(value), **more)


def calls(name: str, /, **arguments: Any) -> Says:
    """An answer that is one tool call."""
    return Says(calls=(ToolCall(name, arguments),))
