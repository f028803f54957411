"""Tells why a call failed: by HTTP status and by what happened on the socket, not by class names.

Client libraries wrap one failure in several exceptions and give the outer ones made-up statuses, so
the chain is read from its root: a socket error first, then the status of a real response, then what
the library itself says.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from chat_app.chat_models.errors import (
    ChatModelError,
    KeyRefused,
    NotReachable,
    RateLimited,
    RequestRefused,
    ServerFailed,
    StreamCut,
    TookTooLong,
    UnknownModel,
)
from chat_app.chat_models.providers import Provider
from chat_app.chat_models.scrub import scrub

_LONGEST = 300
_USED_UP = "insufficient_quota"
"""OpenAI's word for an account without money; other words for `quota` also mean a rate."""
_BASE_HINT = "The address of an OpenAI-compatible server mostly ends in /v1."
_WRAPPING = re.compile(r"^(?:litellm\.)?[\w.]+(?:Error|Exception)\s*(?::|-)\s*|^Error code: \d+\s*-\s*")


@dataclass(frozen=True)
class Called:
    """What is known of a call when it fails."""

    model: str
    provider: Provider | None
    base: str | None
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def key_name(self) -> str:
        """The variable that the provider's key goes by."""
        return self.provider.keys[0] if self.provider and self.provider.keys else "the provider's key"

    @property
    def where(self) -> str:
        """The server, as a person would name it."""
        title = self.provider.title if self.provider else self.model.partition("/")[0]
        return f"{title} at {scrub(self.base, self.secrets)}" if self.base else title


def failure(error: BaseException, called: Called, partial: str | None = None) -> ChatModelError:
    """The error as the house tells it; `partial` is the text that had come, None before the first piece."""
    said = _said(error, called.secrets)
    if partial is not None:
        return StreamCut(
            f"The answer of {called.model} broke off{_because(said)}.",
            help="Try again; what had come so far is kept.",
            partial=partial,
        )
    if any(isinstance(one, httpx.TimeoutException | TimeoutError) for one in _chain(error)):
        return took_too_long(called, "did not answer in time")
    if any(isinstance(one, httpx.TransportError | ConnectionError) for one in _chain(error)):
        return not_reachable(called)
    response = _response(error)
    if response is not None:
        used_up = any(_USED_UP in str(one) for one in _chain(error))
        return _by_status(response.status_code, said, called, response.headers, used_up=used_up)
    if any(isinstance(one, LookupError | ValueError | TypeError | AttributeError) for one in _chain(error)):
        return garbage(called)
    return _by_status(_status(error), said, called, None)


def refused_by_status(called: Called, status: int, body: str, headers: Mapping[str, str]) -> ChatModelError:
    """A response with a status that is no success, for callers that read the response themselves."""
    return _by_status(status, said_by(body, called), called, headers, used_up=_USED_UP in body)


def said_by(text: str, called: Called) -> str:
    """The provider's own words in the body of an error, in one line and without keys; markup is none."""
    if text.lstrip().startswith("<"):
        return ""
    return _shortened(_message_in(text) or text, called.secrets)


def not_reachable(called: Called) -> NotReachable:
    """Nobody answers at the address."""
    if called.provider is not None and called.provider.prefix == "ollama_chat":
        help = "Start Ollama (`ollama serve`), or set OLLAMA_HOST to where it runs."
    elif called.base:
        help = "Check the address and that the server runs."
    else:
        help = "Check the network connection, then try again."
    return NotReachable(f"{called.where} can't be reached.", help=help)


def took_too_long(called: Called, how: str) -> TookTooLong:
    """No piece came within the time allowed."""
    return TookTooLong(
        f"{called.model} {how}.", help="Try again, allow more time, or choose a smaller or another model."
    )


def garbage(called: Called) -> ServerFailed:
    """An answer came that is no answer."""
    help = "Try again, or choose another model."
    if called.base:
        help = f"Check that the address is the model server's. {_BASE_HINT}"
    return ServerFailed(f"{called.where} sent something that is not an answer.", help=help)


def empty_answer(called: Called) -> ServerFailed:
    """A well-formed answer with nothing in it."""
    return ServerFailed(f"{called.model} sent an empty answer.", help="Try again, or choose another model.")


def unknown_model(called: Called, said: str = "", nearest: str | None = None) -> UnknownModel:
    """No such model where it was looked for."""
    if called.provider is not None and called.provider.prefix == "ollama_chat":
        help = f"Fetch it with `ollama pull {called.model.partition('/')[2]}`, or choose one that is there."
    elif nearest:
        help = f"Did you mean `{nearest}`?"
    elif called.base:
        help = f"Check the model's name and the address. {_BASE_HINT}"
    else:
        help = "Check the name; write it as provider/model, such as openai/gpt-5.1 or ollama_chat/qwen3."
    place = f" at {called.where}" if called.provider else ""
    return UnknownModel(f"There is no model `{called.model}`{place}{_because(said)}.", help=help, status=404)


def _by_status(
    status: int | None, said: str, called: Called, headers: Mapping[str, str] | None, *, used_up: bool = False
) -> ChatModelError:
    because = _because(said)
    match status:
        case 401 | 403:
            return KeyRefused(
                f"{called.where} refused the key ({status}){because}.",
                help=f"Check {called.key_name}: it may be mistyped, expired, or not allowed this model.",
                status=status,
            )
        case 404:
            return unknown_model(called, said)
        case 408 | 504:
            return took_too_long(called, "did not answer in time")
        case 402:
            return _used_up(called, because, status)
        case 429 if used_up:
            return _used_up(called, because, status)
        case 429:
            return RateLimited(
                f"{called.where} is asked too often (429){because}.",
                help="Wait a little and try again; ask less at once, or raise the account's limits.",
                retry_after=_retry_after(headers),
            )
        case int() if 400 <= status < 500:
            return RequestRefused(
                f"{called.where} refused the request ({status}){because}.",
                help="Change the request: shorten it, or choose a model that can do what is asked.",
                status=status,
            )
        case _:
            told = f" ({status})" if headers is not None else ""
            return ServerFailed(
                f"{called.where} failed{told}{because}.",
                help="Try again in a moment, or choose another model.",
                status=status,
            )


def _used_up(called: Called, because: str, status: int) -> RequestRefused:
    """Waiting does not fill an account."""
    return RequestRefused(
        f"The account at {called.where} is used up ({status}){because}.",
        help="Check the account's plan and credit at the provider, or choose another model.",
        status=status,
    )


def _because(said: str) -> str:
    return f": {said.rstrip('.')}" if said else ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _response(error: BaseException) -> httpx.Response | None:
    """The response that was really received; wrappers make up their own."""
    found = [one.response for one in _chain(error) if isinstance(one, httpx.HTTPStatusError)]
    return found[-1] if found else None


def _status(error: BaseException) -> int | None:
    found = [status for one in _chain(error) if isinstance(status := getattr(one, "status_code", None), int)]
    return found[-1] if found else None


def _retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Seconds to wait, where the provider says so: as a number, or as a date."""
    told = "" if headers is None else headers.get("retry-after", "")
    if told.replace(".", "", 1).isdecimal():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _said(error: BaseException, secrets: tuple[str, ...]) -> str:
    """The provider's own words, without wrappings, line breaks and keys."""
    text = str(error).strip()
    while (cut := _WRAPPING.sub("", text)) != text:
        text = cut
    return _shortened(_message_in(text) or text, secrets)


def _shortened(text: str, secrets: tuple[str, ...]) -> str:
    text = scrub(" ".join(text.split()), secrets)
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + "…"


def _message_in(text: str) -> str | None:
    """The message inside a JSON error body."""
    try:
        data: Any = json.loads(text[text.index("{") :])
    except ValueError:
        return None
    inner = data.get("error", data) if isinstance(data, dict) else None
    told = inner.get("message") if isinstance(inner, dict) else inner
    return told if isinstance(told, str) else None
