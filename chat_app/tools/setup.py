"""What the operator sets up for tools; `settings` reads it from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_app.tools.mcp.listing import Listings
from chat_app.tools.mcp.servers import McpServer
from chat_app.tools.media import MediaSetup
from chat_app.tools.search.engines import SearchSetup


@dataclass(frozen=True)
class ToolSetup:
    """Without it: the tools that need nothing set up, and no MCP server."""

    search: SearchSetup = field(default_factory=SearchSetup)
    media: MediaSetup = field(default_factory=MediaSetup)
    servers: tuple[McpServer, ...] = ()
    """The MCP servers that workflows may use: WORKFLOW_CHAT_MCP."""
    listings: Listings = field(default_factory=Listings)
    """What tools they have."""


NOTHING_SET_UP = ToolSetup()
