"""LangGraph is loaded when it is first needed: that takes the better part of a second, in which others stream."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LAST = "langgraph.graph.state"
"""The module that has all the others loaded when it is there."""


async def loaded(make: Callable[[], T]) -> T:
    """What `make` makes of LangGraph's parts; the first time beside the event loop."""
    there = sys.modules.get(_LAST)
    ready = there is not None and not getattr(there.__spec__, "_initializing", False)
    return make() if ready else await asyncio.to_thread(make)
