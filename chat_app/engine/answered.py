"""What tools and servers answer, and how models fail, as events that hold it whole: runs are replayed from them."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from chat_app.chat_models.errors import ChatModelError, RateLimited, StreamCut
from chat_app.engine.level import Step
from chat_app.events.run import Answered
from chat_app.tools.errors import ToolError
from chat_app.tools.network import HttpAnswer
from chat_app.tools.network_errors import NetworkError

LONGEST_BODY = 5_000_000
"""Bytes of a body that is no text; a longer one is not kept, and its request cannot be replayed."""

Failure = ChatModelError | ToolError | NetworkError


@dataclass
class Telling:
    """One thing asked outside, from the question to the answer."""

    step: Step
    source: Literal["model", "tool", "http"]
    name: str
    request: dict[str, Any]
    began: float = field(default_factory=time.perf_counter)

    def answer(self, answer: dict[str, Any]) -> None:
        """It was answered."""
        self._emit(answer, None)

    def failed(self, error: Failure, came: Sequence[str] = ()) -> None:
        """It was not answered; `came` is what was streamed before that showed."""
        told = error_data(error)
        self._emit(None, told | {"came": list(came)} if came else told)

    @property
    def wanted(self) -> bool:
        """Whether somebody keeps it."""
        return self.step.run.told_whole

    def _emit(self, answer: dict[str, Any] | None, error: dict[str, Any] | None) -> None:
        if not self.wanted:
            return
        seconds = time.perf_counter() - self.began
        self.step.run.emit(
            Answered(self.step.id, self.step.name, self.source, self.name, self.request, answer, error, seconds)
        )


def http_request(method: str, url: str, query: Any, json_body: Any, body: str | None) -> dict[str, Any]:
    """What a server is asked; headers stay away, as they hold secrets."""
    asked = {"method": method, "url": url, "query": query or None, "json": json_body, "body": body}
    return {name: value for name, value in asked.items() if value is not None}


def http_answer(answer: HttpAnswer) -> dict[str, Any]:
    """What a server answered; a body that is no text as base64."""
    told: dict[str, Any] = {
        "status": answer.status,
        "headers": dict(answer.headers),
        "media_type": answer.media_type,
        "url": answer.url,
        "bytes": len(answer.body),
    }
    if answer.text or not answer.body:
        return told | {"text": answer.text, "json": answer.json}
    if len(answer.body) <= LONGEST_BODY:
        told["base64"] = base64.b64encode(answer.body).decode()
    return told


def error_data(error: Failure) -> dict[str, Any]:
    """An error's class and parts; what caused it goes along, as retries judge by it."""
    told: dict[str, Any] = {"class": type(error).__name__, "message": error.message, "help": error.help}
    if isinstance(error, ChatModelError) and error.status is not None:
        told["status"] = error.status
    if isinstance(error, RateLimited):
        told["retry_after"] = error.retry_after
    if isinstance(error, StreamCut):
        told["partial"] = error.partial
    if isinstance(error, ToolError) and isinstance(error.__cause__, NetworkError):
        told["because"] = error_data(error.__cause__)
    return told
