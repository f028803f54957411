"""A real MCP server, as a program (stdio) or at a port of 127.0.0.1: `mcp_server.py [--port N]`."""

import asyncio
import base64
import os
import sys

from mcp.server import MCPServer
from mcp_types import ImageContent

server = MCPServer("notes")
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
def find(words: str, most: int = 3) -> list[str]:
    """Finds notes."""
    return [f"note about {words}"] * most


@server.tool()
def who() -> dict[str, str]:
    """Tells which process answers, and what it was given."""
    return {"process": str(os.getpid()), "key": os.environ.get("NOTES_KEY", ""), "other": os.environ.get("OTHER", "")}


@server.tool()
def picture() -> ImageContent:
    """Gives a picture."""
    return ImageContent(type="image", data=PIXEL, mime_type="image/png")


@server.tool()
def flood(megabytes: int) -> str:
    """Says a lot."""
    return "x" * megabytes * 1_000_000


@server.tool()
async def wait(seconds: float) -> str:
    """Takes its time."""
    await asyncio.sleep(seconds)
    return "done"


@server.tool()
def fail() -> str:
    """Breaks."""
    raise ValueError(f"no luck with {os.environ.get('NOTES_KEY', 'nothing')}")


@server.tool()
def die() -> str:
    """Ends the server."""
    os._exit(3)


if __name__ == "__main__":
    assert base64.b64decode(PIXEL)
    if "--port" in sys.argv:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[-1]))
    else:
        sys.stderr.write("the server starts\n")
        server.run("stdio")
