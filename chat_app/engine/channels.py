"""What a run hands to LangGraph and finds in its checkpoints, told without loading LangGraph.

LangGraph loads with the first graph that is compiled: the page is up and idle without it.
"""

from __future__ import annotations

from typing import Any, TypedDict

from chat_app.engine.position import Position

ARRIVED = "arrived"
"""The channel of the outcomes of a round."""


class Start(TypedDict):
    """What a new run begins with."""

    position: Position


def starting(initial: dict[str, Any]) -> Start:
    """What a new run hands to the graph: a position before the first round."""
    return Start(position=Position(state=initial, round=[], waiting=[], ran={}, taken={}))
