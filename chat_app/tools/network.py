"""The one way out to the network: `http` nodes and tools that fetch use this client and no other.

A host is resolved once, its addresses are judged, and the connection goes to the address that was judged, so
that a name server cannot say one thing to the judge and another to the connection. Each redirect is a new
request under the same rules. Proxies and cookies of the environment play no part.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx

from chat_app.tools.addresses import why_not_public
from chat_app.tools.bodies import ACCEPTED_ENCODINGS, json_of, media_type, read_body, text_of
from chat_app.tools.network_errors import (
    AddressRefused,
    AnswerRefused,
    NotReachable,
    RequestRefused,
    TookTooLong,
)
from chat_app.tools.policy import USER_AGENT, NetworkPolicy
from chat_app.tools.quiet import keep_libraries_quiet

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})
OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"})
KEPT_ELSEWHERE = frozenset({"accept", "accept-language", "user-agent"})
"""The headers that go on to another origin; keys and tokens have names of all kinds, so they do not."""
BODY_HEADERS = frozenset({"content-type", "content-encoding", "content-language"})
ASK_OPERATOR = "If this host is meant to be reached, the operator names it in WORKFLOW_CHAT_ALLOWED_HOSTS."

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host; raises OSError."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a server answered, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """By name in small letters; of several with one name, all, joined by commas."""
    body: bytes = field(repr=False)
    text: str
    """Empty where the body is no text."""
    json: Any
    """The body read as JSON where it says that it is; else None."""
    media_type: str
    url: str
    """Where the answer came from, after redirects."""


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: httpx.URL
    headers: dict[str, str]
    body: bytes | None


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses of a host as the system knows them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Network:
    """A client under a policy; holds no connection and no cookie between requests."""

    def __init__(self, policy: NetworkPolicy = NetworkPolicy(), resolver: Resolver = system_resolver) -> None:  # noqa: B008
        keep_libraries_quiet()
        self.policy = policy
        self._resolver = resolver

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
        """The answer to a request, redirects followed; raises NetworkError."""
        request = _made(method, url, headers or {}, query or {}, json_body, body, self.policy.request_bytes)
        allowed = self.policy.seconds if seconds is None else min(seconds, self.policy.seconds)
        try:
            async with asyncio.timeout(allowed):
                return await self._follow(request)
        except TimeoutError:
            raise TookTooLong(
                f"{request.url.host} did not answer in full within {allowed:g} seconds.",
                help="Try again later, or ask for less.",
            ) from None

    async def judged(self, scheme: str, host: str, port: int | None) -> Sequence[str]:
        """The addresses that another client may connect to for a host; raises NetworkError."""
        if scheme not in {"http", "https"}:
            raise AddressRefused(f"`{scheme}` is not contacted.", help="Only http:// and https:// are.")
        return await self._addresses(host.strip("[]").rstrip(".").lower(), port or (443 if scheme == "https" else 80))

    async def _follow(self, request: _Request) -> HttpAnswer:
        for _ in range(self.policy.redirects + 1):
            answer, next_place = await self._one(request)
            if next_place is None:
                return answer
            request = _redirected(request, answer.status, next_place)
        raise AnswerRefused(
            f"There were more than {self.policy.redirects} redirects.", help="Use the address they lead to."
        )

    async def _one(self, request: _Request) -> tuple[HttpAnswer, str | None]:
        """One request, and where it leads on."""
        host, port = _host(request.url), _port(request.url)
        addresses = await self._addresses(host, port)
        pinned = [_pinned(request, address, host) for address in addresses]
        async with httpx.AsyncHTTPTransport(verify=_tls(), trust_env=False, http2=False) as transport:
            try:
                return await self._first_that_connects(transport, pinned, request.url)
            except httpx.HTTPError as error:
                raise _not_reachable(host, error) from error
            except (httpx.InvalidURL, UnicodeError) as error:
                raise RequestRefused(f"The request to {host} cannot be sent: {error}.", help="Correct it.") from error

    async def _first_that_connects(
        self, transport: httpx.AsyncHTTPTransport, pinned: Sequence[httpx.Request], url: httpx.URL
    ) -> tuple[HttpAnswer, str | None]:
        for one in pinned[:-1]:
            try:
                return await self._answer(await transport.handle_async_request(one), url, one.method)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        last = pinned[-1]
        return await self._answer(await transport.handle_async_request(last), url, last.method)

    async def _answer(self, response: httpx.Response, url: httpx.URL, method: str) -> tuple[HttpAnswer, str | None]:
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            place = headers.get("location") if response.status_code in {301, 302, 303, 307, 308} else None
            body = b""
            if place is None and method != "HEAD":
                encoding = headers.get("content-encoding", "")
                body = await read_body(response.aiter_raw(), encoding, self.policy.answer_bytes)
        finally:
            await response.aclose()
        kind, charset = media_type(headers.get("content-type", ""))
        text = text_of(body, kind, charset)
        found = json_of(text, kind)
        return HttpAnswer(response.status_code, headers, body, text, found, kind, str(url)), place

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        """The judged addresses of a host; one that is not public spoils them all."""
        if self.policy.is_denied(host, port):
            raise AddressRefused(f"The operator does not let workflows contact {host}.", help=ASK_OPERATOR)
        try:
            addresses = await self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise NotReachable(
                f"The name {host} could not be found: {why}.", help="Check the name and the connection."
            ) from error
        if not addresses:
            raise NotReachable(f"The name {host} has no address.", help="Check the name.")
        if not self.policy.may_be_private(host, port):
            for address in addresses:
                why_not = why_not_public(address)
                if why_not:
                    leads = "" if address == host else f" leads to {address} and"
                    raise AddressRefused(
                        f"{host}{leads} may not be contacted: {why_not}.", help=f"Use a public host. {ASK_OPERATOR}"
                    )
        return addresses


def _made(
    method: str,
    url: str,
    headers: Mapping[str, str],
    query: Mapping[str, Any],
    json_body: Any,
    body: str | bytes | None,
    most: int,
) -> _Request:
    """A request that makes sense; raises RequestRefused."""
    if method.upper() not in METHODS:
        raise RequestRefused(f"{method} is no method known here.", help=f"Use one of {', '.join(sorted(METHODS))}.")
    if json_body is not None and body is not None:
        raise RequestRefused("A request has `json` or `body`, not both.", help="Leave one of them out.")
    try:
        content = body.encode() if isinstance(body, str) else body
        if json_body is not None:
            content = json.dumps(json_body, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise RequestRefused(f"The body cannot be sent: {error}.", help="Send plain values.") from error
    if content is not None and len(content) > most:
        raise RequestRefused(f"The body has {len(content):,} bytes, {most:,} are allowed.", help="Send less.")
    sent = _headers(headers)
    if json_body is not None:
        sent.setdefault("content-type", "application/json")
    elif content is not None:
        sent.setdefault("content-type", "text/plain; charset=utf-8")
    return _Request(method.upper(), _url(url, query), sent, content)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    sent = {"user-agent": USER_AGENT, "accept": "*/*"}
    for name, value in headers.items():
        lower = name.strip().lower()
        if lower in OWN_HEADERS:
            raise RequestRefused(f"The header {name} is made by the app itself.", help="Leave it out.")
        if not (lower.isascii() and value.isascii() and value.isprintable() and lower.isprintable()):
            raise RequestRefused(f"The header {name} holds characters that cannot be sent.", help="Use plain text.")
        sent[lower] = value.strip()
    sent["accept-encoding"] = ACCEPTED_ENCODINGS
    return sent


def _url(text: str, query: Mapping[str, Any]) -> httpx.URL:
    try:
        url = httpx.URL(text.strip())
        url = url.copy_merge_params(_plain_query(query)) if query else url
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise RequestRefused(f"`{text[:200]}` is no URL: {error}.", help="Write it as https://host/path.") from error
    return _judged_form(url)


def _judged_form(url: httpx.URL) -> httpx.URL:
    if url.scheme not in {"http", "https"}:
        raise AddressRefused(
            f"`{str(url)[:200]}` is not reached by http or https.", help="Only http:// and https:// are contacted."
        )
    if not url.host:
        raise RequestRefused(f"`{str(url)[:200]}` names no host.", help="Write it as https://host/path.")
    if not 0 < _port(url) < 65_536:
        raise RequestRefused(f"There is no port {url.port}.", help="Ports go from 1 to 65535.")
    if url.userinfo:
        raise RequestRefused(
            "A name and password stand in the URL.", help="Send them in an Authorization header, from a secret."
        )
    return url.copy_with(fragment=None)


def _plain_query(query: Mapping[str, Any]) -> dict[str, Any]:
    def plain(value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    return {
        name: [plain(one) for one in value] if isinstance(value, list) else plain(value)
        for name, value in query.items()
        if value is not None
    }


def _redirected(request: _Request, status: int, place: str) -> _Request:
    try:
        url = _judged_form(request.url.join(place))
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise AnswerRefused(f"The redirect leads to no URL: {error}.", help="Use another address.") from error
    headers, method, body = request.headers, request.method, request.body
    if (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST"):
        method, body = "GET", None
        headers = {name: value for name, value in headers.items() if name not in BODY_HEADERS}
    if (url.scheme, _host(url), _port(url)) != (request.url.scheme, _host(request.url), _port(request.url)):
        if body is not None:
            raise AddressRefused(
                f"{request.url.host} sends the request's body on to {url.host}.",
                help=f"If that is right, ask {url.host} directly.",
            )
        kept = KEPT_ELSEWHERE | {"accept-encoding"}
        headers = {name: value for name, value in headers.items() if name in kept}
    return _Request(method, url, headers, body)


def _pinned(request: _Request, address: str, host: str) -> httpx.Request:
    """The same request, addressed to the judged address; name and certificate stay those of the host."""
    headers = {"host": request.url.netloc.decode("ascii"), **request.headers}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=headers,
        content=request.body,
        extensions={"sni_hostname": host, "timeout": {"connect": 10.0, "read": None, "write": None, "pool": None}},
    )


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").strip("[]").rstrip(".").lower()


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _not_reachable(host: str, error: httpx.HTTPError) -> NotReachable | RequestRefused | AnswerRefused:
    why = str(error) or type(error).__name__
    if isinstance(error, httpx.LocalProtocolError):
        return RequestRefused(f"The request to {host} cannot be sent: {why}.", help="Correct it.")
    if isinstance(error, httpx.RemoteProtocolError):
        return AnswerRefused(f"{host} did not answer as a web server does: {why}.", help="Check the address.")
    return NotReachable(f"{host} could not be reached: {why}.", help="Check the address, then try again.")


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()
