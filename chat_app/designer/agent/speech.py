"""Lets the user read what the model says while it is still writing its JSON."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

_SPOKEN = frozenset({"plan", "answer"})
"""Actions whose words are the turn itself; a question speaks for itself, an edit is told from the diff."""


class Speech:
    """Takes the pieces of an answer and gives back what is new in its `say`."""

    def __init__(self, aloud: bool = True) -> None:
        self._spoken = _SPOKEN if aloud else frozenset()
        self._text = ""
        self._said = ""
        self._edits = 0

    @property
    def said(self) -> str:
        """All that was given out so far."""
        return self._said

    def take(self, piece: str) -> str:
        """The new part of what may be said, often empty."""
        self._text += piece
        decision = self._partial()
        say, action = decision.get("say"), decision.get("action")
        self._edits = len(edits) if isinstance(edits := decision.get("edits"), list) else 0
        if action not in self._spoken or not isinstance(say, str) or "edits" in decision:
            return ""
        if not self._action_is_whole(str(action)) or not say.startswith(self._said):
            return ""
        new = say[len(self._said) :]
        self._said = say
        return new

    @property
    def edits_seen(self) -> int:
        """How many edits have begun to arrive."""
        return self._edits

    def _partial(self) -> dict[str, Any]:
        start = self._text.find("{")
        if start < 0:
            return {}
        try:
            value = from_json(self._text[start:], allow_partial="trailing-strings")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def _action_is_whole(self, action: str) -> bool:
        """A trailing string may still grow; the action counts once its quote is closed."""
        return f'"{action}"' in self._text
