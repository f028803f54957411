"""What was answered from outside in a recorded run, to be answered again: models, tools and servers play from a tape.

An answer is found by what was asked. Where the same was asked several times, the answers come in their order, and the
last one again after that.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

from chat_app.chat_models import errors as model_errors
from chat_app.chat_models.errors import ChatModelError, RateLimited, StreamCut
from chat_app.chat_models.protocol import (
    ChatModel,
    ChatRequest,
    Finished,
    ModelUsage,
    Piece,
    TextPiece,
    ToolRequest,
)
from chat_app.chat_models.simulated import SIMULATED, SimulatedChatModel
from chat_app.engine.answered import http_request
from chat_app.engine.asking import told_message
from chat_app.events.run import Answered, ModelAnswered, ModelAsked, Recorded, Token, UsageReported
from chat_app.tools import errors as tool_errors
from chat_app.tools import network_errors
from chat_app.tools.catalog import Catalog
from chat_app.tools.errors import ToolError, ToolFailed
from chat_app.tools.network import HttpAnswer, Network
from chat_app.tools.network_errors import NetworkError
from chat_app.tools.policy import NetworkPolicy
from chat_app.tools.secrets import SecretStore
from chat_app.tools.tool import ToolContext

E = TypeVar("E", bound=Exception)

NOT_ON_TAPE = "The record has no answer to this."


@dataclass
class Exchange:
    """One question and its answer; without either an answer or an error it was broken off."""

    step: str
    node: str
    key: str
    pieces: list[str] = field(default_factory=list)
    answer: ModelAnswered | dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    usage: UsageReported | None = None
    model: str = ""


class Tape:
    """All exchanges of a run, and notes on what could not be played as it was recorded."""

    def __init__(self, entries: Iterable[Recorded]) -> None:
        self._by_key: defaultdict[str, list[Exchange]] = defaultdict(list)
        self._by_node: defaultdict[str, list[Exchange]] = defaultdict(list)
        self._played: defaultdict[str, int] = defaultdict(int)
        self.simulated: set[str] = set()
        """The models that made their answers up."""
        self.notes: list[str] = []
        self.fallbacks: list[str] = []
        """The models that stood in for one that had failed."""
        open_calls: dict[str, Exchange] = {}
        for entry in entries:
            self._read(entry, open_calls)

    def play(self, key: str) -> Exchange | None:
        """The next answer to this question; None where it was never asked."""
        found = self._by_key.get(key)
        return None if found is None else self._next(key, found)

    def play_for(self, node: str) -> Exchange | None:
        """The next answer that a model gave to this node, whatever it was asked."""
        found = [one for one in self._by_node.get(node, ()) if isinstance(one.answer, ModelAnswered)]
        return self._next(f"node {node}", found) if found else None

    def _next(self, key: str, found: list[Exchange]) -> Exchange:
        place = min(self._played[key], len(found) - 1)
        self._played[key] += 1
        return found[place]

    def _read(self, entry: Recorded, open_calls: dict[str, Exchange]) -> None:
        event = entry.event
        match event:
            case ModelAsked(step=step, node=node, model=model, messages=messages):
                before = open_calls.get(step)
                if before is not None and before.error is not None and before.model != model:
                    self.fallbacks.append(model)
                open_calls[step] = Exchange(step, node, model_key(model, messages), model=model)
                self._by_key[open_calls[step].key].append(open_calls[step])
                self._by_node[node].append(open_calls[step])
            case Token(step=step, text=text) if step in open_calls:
                open_calls[step].pieces.append(text)
            case ModelAnswered(step=step) if step in open_calls:
                open_calls[step].answer = event
            case UsageReported(step=step, model=model) if step in open_calls and open_calls[step].model == model:
                open_calls[step].usage = event
                if event.simulated:
                    self.simulated.add(event.model)
            case Answered(source="model", step=step) if step in open_calls:
                open_calls[step].error = event.error
            case Answered(source=source, step=step, node=node) if source != "model":
                key = call_key(event.name, event.request) if source == "tool" else request_key(event.request)
                self._by_key[key].append(Exchange(step, node, key, answer=event.answer, error=event.error))
            case _:
                pass


class RecordedModels:
    """A source of models that answer as they did."""

    def __init__(self, tape: Tape, default: str) -> None:
        self._tape = tape
        self._default = default

    def get(self, name: str | None, keys: Mapping[str, str] = {}) -> ChatModel:
        """The model of this name, played from the tape; it needs no key."""
        return RecordedModel(name or self._default or SIMULATED, self._tape)


class RecordedModel:
    """Answers as the model did in the recorded run; what it was never asked is made up, and noted."""

    price = None
    """A replay pays nobody."""

    def __init__(self, name: str, tape: Tape) -> None:
        self.name = name
        self._tape = tape
        self.simulated = name == SIMULATED or name in tape.simulated

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """The recorded answer, in its pieces."""
        found = self._tape.play(model_key(self.name, tuple(map(told_message, request.messages))))
        node = request.purpose.removeprefix("node:")
        if found is None:
            found = self._tape.play_for(node)
            said = "the record's answer to another prompt stands in" if found else "its answer is made up"
            self._tape.notes.append(f"{node} asked {self.name} something new: {said}.")
        if found is None:
            async for piece in SimulatedChatModel().stream(request):
                yield piece
            return
        if found.error is not None:
            for piece in found.error.get("came", ()):
                yield TextPiece(piece)
            raise _model_error(found.error)
        if not isinstance(found.answer, ModelAnswered):
            raise model_errors.ServerFailed("The recorded call was broken off.", help="Replay another run.")
        for text in found.pieces:
            yield TextPiece(text)
        yield _finished(found.answer, found.usage)


class RecordedCatalog(Catalog):
    """Tools that answer as they did; those that only compute may run for a new question."""

    def __init__(self, inner: Catalog, tape: Tape) -> None:
        # All that the other is, whatever that may come to be: only calls go another way.
        vars(self).update(vars(inner))
        self._inner = inner
        self._tape = tape

    async def call(self, name: str, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """The recorded result; raises the recorded error."""
        found = self._tape.play(call_key(name, {"arguments": dict(arguments)}))
        if found is not None and found.error is not None:
            raise _tool_error(found.error)
        if found is not None and isinstance(found.answer, dict):
            return found.answer["result"]
        if self.contacts(name, arguments):
            self._tape.notes.append(f"{name} was called with something new.")
            raise ToolFailed(NOT_ON_TAPE, help="A replay contacts nobody; run the workflow for a real answer.")
        self._tape.notes.append(f"{name} was called with something new: it ran.")
        return await self._inner.call(name, arguments, context)


class RecordedNetwork(Network):
    """Servers that answer as they did; nobody is contacted."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(NetworkPolicy(only=frozenset()))
        self._tape = tape

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        json_body: Any = None,
        body: str | bytes | None = None,
        seconds: float | None = None,
    ) -> HttpAnswer:
        """The recorded answer; raises the recorded error."""
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        found = self._tape.play(request_key(http_request(method, url, query, json_body, text)))
        if found is None:
            self._tape.notes.append(f"{method} {url} was asked something new.")
            raise network_errors.NotReachable(
                NOT_ON_TAPE, help="A replay contacts nobody; run the workflow for a real answer."
            )
        if found.error is not None:
            raise _network_error(found.error)
        assert isinstance(found.answer, dict)
        return _http_answer(found.answer)


class NamedSecrets(SecretStore):
    """Every secret is its own name: the record holds none, and no replay needs one."""

    def _value(self, name: str, session: Mapping[str, str]) -> str:
        return f"[secret {name}]"


def model_key(model: str, messages: Iterable[Mapping[str, Any]]) -> str:
    """What a model was asked."""
    return _key("model", model, [dict(message) for message in messages])


def call_key(tool: str, request: Mapping[str, Any]) -> str:
    """What a tool was asked."""
    return _key("tool", tool, request.get("arguments"))


def request_key(request: Mapping[str, Any]) -> str:
    """What a server was asked."""
    return _key("http", "", request)


def _key(*parts: Any) -> str:
    return json.dumps(parts, sort_keys=True, default=str)


def _finished(answer: ModelAnswered, usage: UsageReported | None) -> Finished:
    requests = tuple(ToolRequest(one["id"], one["name"], one["arguments"]) for one in answer.tool_requests)
    used = ModelUsage(None, None, None)
    if usage is not None:
        used = ModelUsage(usage.tokens_in, usage.tokens_out, usage.cost_usd)
    return Finished(answer.text, requests, used, answer.cut)


def _model_error(told: Mapping[str, Any]) -> ChatModelError:
    kind = _class(model_errors, ChatModelError, told)
    if kind is RateLimited:
        return RateLimited(told["message"], help=told["help"], retry_after=told.get("retry_after"))
    if kind is StreamCut:
        return StreamCut(told["message"], help=told["help"], partial=told.get("partial", ""))
    return kind(told["message"], help=told["help"], status=told.get("status"))


def _tool_error(told: Mapping[str, Any]) -> ToolError:
    error = _class(tool_errors, ToolError, told)(told["message"], help=told["help"])
    if "because" in told:
        error.__cause__ = _network_error(told["because"])
    return error


def _network_error(told: Mapping[str, Any]) -> NetworkError:
    return _class(network_errors, NetworkError, told)(told["message"], help=told["help"])


def _class(module: ModuleType, base: type[E], told: Mapping[str, Any]) -> type[E]:
    """The error's class as it is named; the common one where this version has none of the name."""
    found = getattr(module, str(told.get("class")), base)
    return found if isinstance(found, type) and issubclass(found, base) else base


def _http_answer(told: Mapping[str, Any]) -> HttpAnswer:
    text = told.get("text", "")
    # Of a text, the record holds no bytes, and secrets were taken out of it: how many they were is still told.
    body = base64.b64decode(told["base64"]) if "base64" in told else bytes(told["bytes"])
    return HttpAnswer(
        status=told["status"],
        headers=told["headers"],
        body=body,
        text=text,
        json=told.get("json"),
        media_type=told["media_type"],
        url=told["url"],
    )
