"""The tools of MCP servers in the catalog, as `mcp:server/tool`. What they return is a stranger's text."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict

from chat_app.tools.errors import ToolFailed, ToolMissing, UnknownTool
from chat_app.tools.mcp.listing import ListedTool, Listings
from chat_app.tools.mcp.servers import PREFIX, McpServer, split_name
from chat_app.tools.tool import Arguments, Tool, ToolContext
from chat_app.workflow.names import nearest
from chat_app.workflow.surroundings import ToolSignature

if TYPE_CHECKING:
    from mcp_types import CallToolResult

ANYTHING: Mapping[str, Any] = {"type": "object", "additionalProperties": True}


class AnyArguments(Arguments):
    """Judged by the server's own schema when the call is made."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


@dataclass(frozen=True, slots=True)
class McpTools:
    """The declared servers, and what is known of their tools."""

    servers: tuple[McpServer, ...] = ()
    listings: Listings = field(default_factory=Listings)

    def server(self, name: str) -> McpServer:
        """The server of this name; raises UnknownTool."""
        found = next((server for server in self.servers if server.name == name), None)
        if found is None:
            names = [server.name for server in self.servers]
            near = nearest(name, names)
            help = (
                f"Did you mean `{near}`?" if near
                else f"Declared are: {', '.join(names)}." if names
                else "Declare it in WORKFLOW_CHAT_MCP; the manual tells how."
            )  # fmt: skip
            raise UnknownTool(f"No MCP server `{name}` is declared in the settings.", help=help)
        return found

    def get(self, name: str) -> Tool:
        """The tool of a name that begins with `mcp:`; raises UnknownTool."""
        server_name, tool_name = split_name(name) or ("", "")
        server = self.server(server_name)
        if not tool_name:
            raise UnknownTool(f"`{name}` names no tool.", help=f"Write {PREFIX}{server_name}/TOOL.")
        if not server.offers(tool_name):
            raise UnknownTool(
                f"The settings do not offer the tool `{tool_name}` of the MCP server `{server_name}`.",
                help=f"They offer: {', '.join(sorted(server.tools or ()))}.",
            )
        known = self.listings.of(server)
        listed = next((one for one in known or () if one.name == tool_name), None)
        if known is not None and listed is None:
            near = nearest(tool_name, [one.name for one in known])
            ask = f"If it is new, ask the server again: `workflow-chat tools refresh {server_name}`."
            raise UnknownTool(
                f"The MCP server `{server_name}` has no tool `{tool_name}`.",
                help=f"Did you mean `{PREFIX}{server_name}/{near}`? {ask}" if near else ask,
            )
        return _tool(server, listed or ListedTool(tool_name, "", ANYTHING))

    def known(self) -> Iterator[Tool]:
        """The tools that servers told of when they were last asked."""
        for server in self.servers:
            for listed in self.listings.of(server) or ():
                if server.offers(listed.name):
                    yield _tool(server, listed)

    def unknown(self) -> list[McpServer]:
        """The servers that were never asked."""
        return [server for server in self.servers if self.listings.of(server) is None]

    def signature(self, name: str) -> ToolSignature:
        """A tool as a check sees it; raises UnknownTool. One that nobody asked about yet is told of as that."""
        tool = self.get(name)
        server = self.server((split_name(name) or ("", ""))[0])
        missing = server.off
        if missing is None and self.listings.of(server) is None:
            missing = (
                f"What tools the MCP server `{server.name}` has is not known yet; "
                f"`workflow-chat tools refresh {server.name}` asks it."
            )
        return ToolSignature(name, tool.description, tool.parameters, tool.result_schema, missing)


def _tool(server: McpServer, listed: ListedTool) -> Tool:
    async def run(arguments: AnyArguments, context: ToolContext) -> Any:
        if context.mcp is None:
            raise ToolMissing("MCP servers cannot be asked here.", help="Run the workflow.")
        result = await context.mcp.call(server, listed.name, arguments.model_extra or {}, context.seconds)
        return await context.mcp.scrubbed(server, await _value(result, listed.name, context))

    return Tool(
        f"{PREFIX}{server.name}/{listed.name}",
        listed.description,
        AnyArguments,
        Any,
        run,
        networked=True,
        missing=lambda: server.off,
        schema=dict(listed.parameters),
        returns=dict(listed.result),
        hosts=lambda arguments: (server.host,) if server.host else (),
    )


async def _value(result: CallToolResult, tool: str, context: ToolContext) -> Any:
    """Structured data where the server gives some, else its texts as one; other content as files of the run."""
    texts = [block.text for block in result.content if block.type == "text"]
    if result.is_error:
        raise ToolFailed(f"`{tool}` says: {' '.join(texts)[:2_000] or 'it failed'}", help="Change the arguments.")
    if result.structured_content is not None:
        data = result.structured_content
        # What is no object comes wrapped in one.
        return data["result"] if isinstance(data, dict) and set(data) == {"result"} else data
    files = [
        await _file(block, number, context) for number, block in enumerate(result.content, 1) if block.type != "text"
    ]
    found = [one for one in files if one is not None]
    text = "\n\n".join(texts)
    return {"text": text, "files": found} if found else text


async def _file(block: Any, number: int, context: ToolContext) -> dict[str, Any] | None:
    packed, media_type, name = getattr(block, "data", None), getattr(block, "mime_type", None), ""
    if block.type == "resource":
        packed, media_type = getattr(block.resource, "blob", None), getattr(block.resource, "mime_type", None)
        name = str(block.resource.uri).rpartition("/")[2]
        text = getattr(block.resource, "text", None)
        if isinstance(text, str):
            return (await context.files.put(text.encode(), name or f"resource_{number}.txt")).as_value()
    if not isinstance(packed, str):
        return None
    try:
        content = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise ToolFailed("The MCP server sent a file that cannot be read.", help="Tell its author.") from None
    suffix = mimetypes.guess_extension(media_type or "") or ""
    return (await context.files.put(content, name or f"{block.type}_{number}{suffix}")).as_value()
