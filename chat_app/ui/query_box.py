"""What the Query box holds: a question in SQL, and how it was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_app.tracing.query_refused import QueryRefused

if TYPE_CHECKING:
    from chat_app.tracing.query import Answer

QUERY = "query"
"""The name of the form in which one asks."""


@dataclass
class QueryBox:
    """The box of one visitor."""

    open: bool = False
    sql: str = ""
    round: int = 0
    """Counts how often the program filled the box."""
    asking: bool = False
    wanted: bool = False
    """Whether the question is still to be asked."""
    answered: asyncio.Event | None = None
    """Set when the question that is being asked is answered."""
    answer: Answer | None = None
    seconds: float = 0.0
    refused: QueryRefused | None = None
    plotted: str | None = None
    """The column that was chosen to be drawn."""
    columns: Mapping[str, Sequence[tuple[str, str]]] | None = None
    """What can be asked for, while it is shown."""
