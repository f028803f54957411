"""What people read of data files: kept in one place, as what is extracted is what must be said."""

from __future__ import annotations

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
