"""How a text is named in the store: by its hash."""

from __future__ import annotations

import hashlib


def digest(text: str) -> str:
    """The text's name, as events name a workflow's text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
