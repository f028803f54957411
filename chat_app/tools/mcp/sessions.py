"""The open MCP sessions of one run: one to each server, opened by the first call and closed with the run."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TextIO, cast

from chat_app.tools.errors import ToolError, ToolFailed, ToolMissing, UnknownTool
from chat_app.tools.mcp.arguments import check_arguments
from chat_app.tools.mcp.listing import ListedTool, Listings
from chat_app.tools.mcp.servers import McpServer, with_secrets
from chat_app.tools.secrets import SecretMissing, Secrets
from chat_app.workflow.names import nearest

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import CallToolResult

    from chat_app.tools.mcp.transport import PolicyTransport
    from chat_app.tools.network import Network

MOST_TOOLS = 500
SAID = 400
"""How many characters of what a program says when it breaks are shown."""

TakeSecrets = Callable[[frozenset[str]], Secrets]


class McpSessions:
    """Sessions by server. All are used in one event loop."""

    def __init__(self, network: Network, secrets: TakeSecrets, listings: Listings) -> None:
        self._network = network
        self._secrets = secrets
        self._listings = listings
        self._open: dict[str, _Session] = {}

    async def tools(self, server: McpServer) -> tuple[ListedTool, ...]:
        """What the server offers now; kept for checks. Raises ToolError."""
        return (await self._session(server)).tools

    async def call(
        self, server: McpServer, tool: str, arguments: Mapping[str, Any], seconds: float
    ) -> CallToolResult:
        """The result of a call with arguments that fit the server's own schema; raises ToolError."""
        session = await self._session(server)
        listed = next((one for one in session.tools if one.name == tool), None)
        if listed is None:
            near = nearest(tool, [one.name for one in session.tools])
            help = f"Did you mean `{near}`?" if near else f"It has: {', '.join(one.name for one in session.tools)}."
            raise UnknownTool(f"The MCP server `{server.name}` has no tool `{tool}`.", help=help)
        check_arguments(f"mcp:{server.name}/{tool}", listed.parameters, arguments)
        return await session.call(tool, arguments, min(seconds, server.seconds))

    async def scrubbed(self, server: McpServer, value: Any) -> Any:
        """The value without the secrets that the server was given."""
        return (await self._session(server)).secrets.scrub(value)

    async def close(self) -> None:
        """Ends the sessions, and the programs behind them."""
        sessions, self._open = list(self._open.values()), {}
        for session in sessions:
            await session.close()

    async def _session(self, server: McpServer) -> _Session:
        if server.off is not None:
            raise ToolMissing(f"The MCP server `{server.name}` cannot be used here.", help=server.off)
        session = self._open.get(server.name)
        if session is not None and session.broken:
            del self._open[server.name]
            await session.close()
            session = None
        if session is None:
            try:
                secrets = self._secrets(server.secrets)
            except SecretMissing as error:
                raise ToolMissing(f"The MCP server `{server.name}`: {error.message}", help=error.help) from error
            session = self._open[server.name] = _Session(server, self._network, secrets, self._listings)
        await session.ready()
        return session


class _Session:
    """One session, held open by a task of its own: what opens it must also be what closes it."""

    def __init__(self, server: McpServer, network: Network, secrets: Secrets, listings: Listings) -> None:
        self._server = server
        self._network = network
        self.secrets = secrets
        self._listings = listings
        self.tools: tuple[ListedTool, ...] = ()
        self._over = asyncio.Event()
        self._lost = False
        self._client: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._transport: PolicyTransport | None = None
        self._task = asyncio.create_task(self._hold(), name=f"mcp {server.name}")

    @property
    def broken(self) -> bool:
        """Whether it has ended by itself."""
        return self._lost or self._task.done()

    async def ready(self) -> None:
        """Waits until the server answers and its tools are known; raises ToolError."""
        await asyncio.shield(self._client)

    async def call(self, tool: str, arguments: Mapping[str, Any], seconds: float) -> CallToolResult:
        client = await asyncio.shield(self._client)
        try:
            async with asyncio.timeout(seconds):
                return await client.call_tool(tool, dict(arguments), read_timeout_seconds=seconds)
        except TimeoutError:
            raise ToolFailed(
                f"`mcp:{self._server.name}/{tool}` took longer than {seconds:g} seconds.",
                help="Give it less to do, or more time.",
            ) from None
        except Exception as error:  # noqa: BLE001 - the library and the server behind it raise what they like
            self._lost = _is_lost(error)
            raise self._failed(error, f"did not answer the call of `{tool}`") from None

    async def close(self) -> None:
        self._over.set()
        await asyncio.wait({self._task}, timeout=10)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=5)

    async def _hold(self) -> None:
        with cast(TextIO, tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")) as said:
            try:
                async with asyncio.timeout(self._server.seconds) as starting, self._connected(said) as client:
                    self.tools = await _listed(client, self._server)
                    await asyncio.to_thread(self._listings.keep, self._server, self.tools)
                    starting.reschedule(None)
                    self._client.set_result(client)
                    await self._over.wait()
            except BaseException as error:
                if self._client.done():
                    # It had answered before: a call that is under way says what is wrong.
                    if isinstance(error, asyncio.CancelledError):
                        raise
                    return
                self._client.set_exception(self._not_started(error, said))
                # Whoever waits gets it; where nobody does any more, that is no fault to report.
                self._client.exception()

    @asynccontextmanager
    async def _connected(self, said: TextIO) -> AsyncIterator[Client]:
        from mcp import Client

        async with Client(self._way(said), read_timeout_seconds=self._server.seconds) as client:
            yield client

    def _way(self, said: TextIO) -> Any:
        server, secrets = self._server, self.secrets
        if server.command is not None:
            from mcp.client.stdio import StdioServerParameters, stdio_client

            program = StdioServerParameters(
                command=server.command,
                args=[with_secrets(one, secrets) for one in server.args],
                env={name: with_secrets(value, secrets) for name, value in server.env},
                cwd=server.cwd,
            )
            return stdio_client(program, errlog=said)
        return self._http()

    @asynccontextmanager
    async def _http(self) -> AsyncIterator[Any]:
        import httpx2
        from mcp.client.streamable_http import streamable_http_client

        from chat_app.tools.mcp.transport import PolicyTransport

        assert self._server.url is not None
        headers = {name: with_secrets(value, self.secrets) for name, value in self._server.headers}
        self._transport = PolicyTransport(self._network)
        timeout = httpx2.Timeout(min(30.0, self._server.seconds), read=self._server.seconds)
        async with (
            httpx2.AsyncClient(
                headers={**headers, "accept-encoding": "identity"},
                transport=self._transport,
                timeout=timeout,
                trust_env=False,
            ) as client,
            streamable_http_client(self._server.url, http_client=client) as streams,
        ):
            yield streams

    def _not_started(self, error: BaseException, said: TextIO) -> ToolError:
        if isinstance(error, TimeoutError):
            message = f"The MCP server `{self._server.name}` did not answer within {self._server.seconds:g} seconds."
            return ToolFailed(message, help="See that it runs; give it more `seconds` in its declaration.")
        said.seek(0)
        last = " ".join(said.read()[-SAID:].split())
        return self._failed(error, "could not be opened", f" It said: {last}" if last else "")

    def _failed(self, error: BaseException, what: str, more: str = "") -> ToolError:
        refused = self._transport.refused if self._transport is not None else None
        if refused is not None:
            message = f"The MCP server `{self._server.name}` {what}: {refused.message}"
            return ToolFailed(self.secrets.scrub(message), help=refused.help)
        why = str(_innermost(error)) or type(_innermost(error)).__name__
        message = f"The MCP server `{self._server.name}` {what}: {why[:SAID]}.{more}"
        return ToolFailed(
            self.secrets.scrub(message), help="See that it runs and is declared rightly in the settings."
        )


async def _listed(client: Client, server: McpServer) -> tuple[ListedTool, ...]:
    found: list[ListedTool] = []
    cursor: str | None = None
    while len(found) < MOST_TOOLS:
        page = await client.list_tools(cursor=cursor)
        found += [
            ListedTool(tool.name, (tool.description or "")[:4_000], tool.input_schema, tool.output_schema or {})
            for tool in page.tools
            if server.offers(tool.name)
        ]
        cursor = page.next_cursor
        if not cursor:
            break
    return tuple(found)


def _is_lost(error: Exception) -> bool:
    """Whether the connection is gone; a refusal of the server leaves it open."""
    from mcp import MCPError
    from mcp_types import CONNECTION_CLOSED

    return not isinstance(error, MCPError) or error.error.code == CONNECTION_CLOSED


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
