"""What tools each MCP server has, kept from the last time it was asked: a check never starts a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chat_app.files.whole import write_whole
from chat_app.tools.mcp.servers import McpServer


@dataclass(frozen=True, slots=True)
class ListedTool:
    """A tool as its server describes it; none of it is to be trusted."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listings:
    """A folder with a file for each server."""

    folder: Path | None = None
    """None: nothing is kept."""

    def of(self, server: McpServer) -> tuple[ListedTool, ...] | None:
        """Its tools; None where it was never asked, or was declared otherwise when it was."""
        if self.folder is None:
            return None
        try:
            kept = json.loads(self._place(server).read_text(encoding="utf-8"))
            if kept["fingerprint"] != server.fingerprint:
                return None
            return tuple(ListedTool(**tool) for tool in kept["tools"])
        except (OSError, ValueError, KeyError, TypeError):
            # A listing can be asked for again at any time: one that is damaged counts as none.
            return None

    def keep(self, server: McpServer, tools: tuple[ListedTool, ...]) -> None:
        """Writes what a server said, whole or not at all."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        told = {"fingerprint": server.fingerprint, "tools": [asdict(tool) for tool in tools]}
        write_whole(self._place(server), json.dumps(told, ensure_ascii=False).encode())

    def _place(self, server: McpServer) -> Path:
        assert self.folder is not None
        return self.folder / f"{server.name}.json"
