"""What a check needs to know of the tools, worked out when it is first looked at: most workflows use no tool."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from chat_app.tools.errors import UnknownTool
from chat_app.workflow.surroundings import ToolSignature

if TYPE_CHECKING:
    from chat_app.tools.catalog import Catalog


class Signatures(Mapping[str, ToolSignature]):
    """The signatures of a catalog that is loaded late."""

    def __init__(self, load: Callable[[], Catalog]) -> None:
        self._load = load

    def __bool__(self) -> bool:
        # An installation always has tools; to say so must not load them.
        return True

    def __getitem__(self, name: str) -> ToolSignature:
        try:
            return self._catalog.signature(name)
        except UnknownTool:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return (tool.name for tool in self._catalog)

    def __len__(self) -> int:
        return sum(1 for _ in self._catalog)

    def why_not(self, name: str) -> str | None:
        """What to do about a tool that is not there, where more can be said than which ones are."""
        try:
            self._catalog.signature(name)
        except UnknownTool as error:
            return f"{error.message} {error.help}" if name.startswith("mcp:") else None
        return None

    @cached_property
    def _catalog(self) -> Catalog:
        return self._load()
