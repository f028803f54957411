"""What this engine can run; light to import, as the checker asks it before any run."""

from __future__ import annotations

RUNNABLE_KINDS = frozenset(
    {"llm", "classify", "template", "code", "http", "tool", "parallel", "human", "map", "workflow"}
)
"""Kinds left out are refused by `check`, never at run time."""
