"""What a check needs to know of the tools, worked out when it is first looked at: most workflows use no tool."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from chat_app.workflow.surroundings import ToolSignature


class Signatures(Mapping[str, ToolSignature]):
    """The signatures of a catalog that is loaded late."""

    def __init__(self, load: Callable[[], Mapping[str, ToolSignature]]) -> None:
        self._load = load

    def __bool__(self) -> bool:
        # An installation always has tools; to say so must not load them.
        return True

    def __getitem__(self, name: str) -> ToolSignature:
        return self._all[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @cached_property
    def _all(self) -> Mapping[str, ToolSignature]:
        return self._load()
