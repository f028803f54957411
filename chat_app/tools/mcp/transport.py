"""MCP over HTTP under the network policy: judged, pinned addresses for each request, bounded answers."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import httpx2

from chat_app.tools.network import Network
from chat_app.tools.network_errors import AnswerRefused, NetworkError


class PolicyTransport(httpx2.AsyncBaseTransport):
    """Every request of a client, its redirects too, goes through the judge of the network."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._inner = httpx2.AsyncHTTPTransport(verify=ssl.create_default_context(), trust_env=False, http2=False)
        self.refused: NetworkError | None = None
        """What the policy said last; the library that asks tells of it in its own words only."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            addresses = await self._network.judged(request.url.scheme, request.url.host, request.url.port)
        except NetworkError as error:
            self.refused = error
            raise
        # The name and the certificate stay those of the host; the connection goes where the judge looked.
        request.extensions = {**request.extensions, "sni_hostname": request.url.host}
        request.url = request.url.copy_with(host=addresses[0])
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise self._refusal("packs its answers, which was not asked for")
        response.stream = _Bounded(response.stream, self._network.policy.answer_bytes, self)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _refusal(self, what: str) -> AnswerRefused:
        self.refused = AnswerRefused(f"The MCP server {what}.", help="Ask for less, or tell its author.")
        return self.refused

    def too_large(self, most: int) -> AnswerRefused:
        """The error for an answer over the bound."""
        return self._refusal(f"answers with more than the {most:,} bytes that are allowed")


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: object, most: int, owner: PolicyTransport) -> None:
        assert isinstance(inner, httpx2.AsyncByteStream)
        self._inner = inner
        self._most = most
        self._owner = owner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        came = 0
        async for piece in self._inner:
            came += len(piece)
            if came > self._most:
                raise self._owner.too_large(self._most)
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
