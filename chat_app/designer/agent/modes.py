"""How each model is asked: learnt from its first answers, and remembered by its name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Literal

Mode = Literal["structured", "tools", "block"]
_ORDER: tuple[Mode, ...] = ("structured", "tools", "block")


@dataclass(frozen=True, slots=True)
class Manner:
    """What is known of one model."""

    mode: Mode = "structured"
    proven: bool = False
    """Whether an answer in this mode could be read."""
    thinks: bool = False
    """Whether it needs room for thinking before it answers."""


class Modes:
    """What was learnt of every model; shared by all conversations of a process."""

    def __init__(self) -> None:
        self._known: defaultdict[str, Manner] = defaultdict(Manner)

    def of(self, model: str) -> Manner:
        """How to ask this model now."""
        return self._known[model]

    def worked(self, model: str) -> None:
        """The present mode gave an answer that could be read."""
        self._known[model] = replace(self._known[model], proven=True)

    def refused(self, model: str) -> bool:
        """The present mode did not work; False when there is no other left."""
        manner = self._known[model]
        place = _ORDER.index(manner.mode) + 1
        if place == len(_ORDER):
            return False
        self._known[model] = replace(manner, mode=_ORDER[place], proven=False)
        return True

    def restore(self, model: str, manner: Manner) -> None:
        """Takes back what was concluded from refusals that had another reason."""
        self._known[model] = manner

    def thinks(self, model: str) -> None:
        """The answer ended before it began: more room is needed."""
        self._known[model] = replace(self._known[model], thinks=True)
