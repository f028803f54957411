"""Which tools a designer may build with: a context variable, as what needs a tool is looked up in many places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from chat_app.workflow.surroundings import ToolSignature


class Toolbox(Mapping[str, ToolSignature]):
    """Signatures that are worked out once: a wish asks for them often. Those of servers may change."""

    def __init__(self, found: Mapping[str, ToolSignature]) -> None:
        self._found = found
        self._known: dict[str, ToolSignature | None] = {}

    def __getitem__(self, name: str) -> ToolSignature:
        if _SERVED in name:
            return self._found[name]
        if name not in self._known:
            self._known[name] = self._found.get(name)
        signature = self._known[name]
        if signature is None:
            raise KeyError(name)
        return signature

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


_SERVED = ":"
"""In the name of a tool that a server offers."""
_NONE: Mapping[str, ToolSignature] = {}
_TOOLS: ContextVar[Mapping[str, ToolSignature]] = ContextVar("tools", default=_NONE)


def tools() -> Mapping[str, ToolSignature]:
    """The tools by name."""
    return _TOOLS.get()


@contextmanager
def equipped(found: Mapping[str, ToolSignature]) -> Iterator[None]:
    """Builds with these tools for as long as the block lasts."""
    token = _TOOLS.set(found)
    try:
        yield
    finally:
        _TOOLS.reset(token)


def usable(names: Iterable[str]) -> bool:
    """Whether every one of these tools is there and ready."""
    known = tools()
    return all(name in known and known[name].missing is None for name in names)
