"""What people read of data files: kept in one place, as what is extracted is what must be said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

EDIT_KEYS = frozenset({"description", "ask"})
"""Within a typed edit, the keys whose values are texts; and the name of a test that it adds."""
OPAQUE_KEYS = frozenset({"test", "prompt", "given"})
"""The keys below which no text is for people."""
LISTED = frozenset({"labels", "names", "fields"})
"""Kinds of slots whose options are lists: what they name is told to people."""
SAMPLES = frozenset({"sample", "items"})
"""Kinds of slots whose default is an example that people read."""


def example_words(name: str, description: str) -> tuple[str, str]:
    """What an example workflow is called and says of itself: its name as it reads, and its first sentence."""
    first, dot, _ = description.partition(". ")
    return name.replace("_", " ").capitalize(), first + dot.strip()


def workflow_words(data: Mapping[str, Any]) -> Iterator[str]:
    """What a workflow says to who uses it: of its inputs, its nodes, what it asks a person, its tests."""
    yield from _descriptions(data.get("inputs", {}).values())
    yield from _level_words(data)
    yield from (test["name"] for test in data.get("tests", ()))


def _level_words(level: Mapping[str, Any]) -> Iterator[str]:
    fields = level.get("state", {})
    for node in level["nodes"]:
        yield from _descriptions([node])
        if "ask" in node:
            yield node["ask"]
            # The form of the answer tells what its fields are for.
            yield from _descriptions(fields[name] for name in node["writes"])
        if "body" in node:
            yield from _level_words(node["body"])


def _descriptions(parts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield from (part["description"] for part in parts if "description" in part)
