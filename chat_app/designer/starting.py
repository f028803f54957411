"""What a designer with a model takes over from the guided one: a pattern to start from, built by typed edits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chat_app.workflow.diagnostics import Diagnostic
from chat_app.workflow.typed_edits import DesignEdit


@dataclass(frozen=True, slots=True)
class StartSlot:
    """What a pattern must know, and what it takes where nothing is said."""

    id: str
    asks: str
    options: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True, slots=True)
class StartCard:
    """A pattern as it is offered."""

    id: str
    does: str
    slots: tuple[StartSlot, ...] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """A pattern with its slots filled, or why it is not."""

    pattern: str = ""
    description: str = ""
    edits: tuple[DesignEdit, ...] = ()
    assumed: tuple[str, ...] = ()
    repaired: tuple[str, ...] = ()
    problems: tuple[Diagnostic, ...] = ()


class Starts(Protocol):
    """The patterns there are."""

    def offers(self, wish: str) -> Sequence[StartCard]:
        """The patterns nearest to a wish, the best first; few, or none where none is near."""
        ...

    def start(self, name: str, answers: Mapping[str, Any], wish: str) -> Started:
        """The edits that build a pattern; what neither the answers nor the wish say takes its default."""
        ...
