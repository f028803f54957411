"""Where in a document the cursor is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chat_app.workflow.diagnostics import Path

Role = Literal["key", "value", "either"]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the cursor is."""

    role: Role
    path: Path
    """Of a key: the object it stands in; else the value itself."""
    start: int
    """Where the word or scalar under the cursor begins."""
    before: str
    """What of it stands before the cursor, as written."""
    after: str
    style: str = ""
    """The quote, or `|` for a block of text."""
    colon: bool = False
    """Of a key: whether its colon is there."""
    flow: bool = False
    """Whether it stands inside brackets."""
