"""What the server knows besides the text: how to check it, and which models may be named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chat_app.workflow.surroundings import Surroundings


@dataclass(frozen=True)
class World:
    """The server's collaborators."""

    surroundings: Callable[[Path | None], Surroundings]
    """What a check of a file in a folder may know."""
    models: tuple[str, ...] = ()
    """Names of models to offer; any other may be written."""
    version: str = "0"
