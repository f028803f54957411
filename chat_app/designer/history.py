"""Revisions of a draft with the place where one stands: undo, redo, and going on from there."""

from __future__ import annotations

from dataclasses import dataclass, replace

MOST = 100


@dataclass(frozen=True, slots=True)
class History:
    """Texts that a draft had, oldest first. Plain data, so that it can be stored."""

    texts: tuple[str, ...] = ()
    at: int = -1
    """Where one stands; -1 before the first text."""

    @property
    def text(self) -> str:
        """The text where one stands; empty before the first."""
        return self.texts[self.at] if self.at >= 0 else ""

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier text."""
        return self.at > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a later text that was undone."""
        return self.at < len(self.texts) - 1

    def added(self, text: str) -> History:
        """A new text behind the present one; what was undone is gone."""
        if text == self.text:
            return self
        texts = (*self.texts[: self.at + 1], text)[-MOST:]
        return History(texts, len(texts) - 1)

    def undone(self) -> History:
        """One step back; the same where there is none."""
        return replace(self, at=self.at - 1) if self.can_undo else self

    def redone(self) -> History:
        """One step forth; the same where there is none."""
        return replace(self, at=self.at + 1) if self.can_redo else self
