"""What was said and done in a design turn: one fold, which page, terminal and traces draw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from chat_app.events.design import (
    Asked,
    Assumed,
    DesignEvent,
    Edited,
    ModelUsed,
    Offered,
    RunWanted,
    Said,
    SaveWanted,
    Stage,
    TurnFailed,
    TurnFinished,
    UndoWanted,
)


@dataclass
class Told:
    """A turn as far as it has come."""

    said: str = ""
    stage: Stage | None = None
    """What the designer is doing now."""
    open: Asked | Offered | None = None
    """What waits for an answer."""
    assumed: list[str] = field(default_factory=list)
    edited: list[Edited] = field(default_factory=list)
    used: list[ModelUsed] = field(default_factory=list)
    wants_run: bool = False
    wants_undo: int = 0
    """How many revisions to go back."""
    wants_save: SaveWanted | None = None
    failed: TurnFailed | None = None
    finished: bool = False

    def fold(self, event: DesignEvent) -> None:
        """Takes one event in."""
        match event:
            case Said():
                self.said += event.text
            case Stage():
                self.stage = event
            case Asked() | Offered():
                self.open = event
            case Assumed():
                self.assumed.append(event.text)
            case Edited():
                self.edited.append(event)
            case ModelUsed():
                self.used.append(event)
            case RunWanted():
                self.wants_run = True
            case SaveWanted():
                self.wants_save = event
            case UndoWanted(steps=steps):
                self.wants_undo = steps
            case TurnFailed():
                self.failed = event
            case TurnFinished():
                self.finished, self.stage = True, None
            case _:
                assert_never(event)

    @property
    def draft(self) -> Edited | None:
        """The last change of the workflow."""
        return self.edited[-1] if self.edited else None

    @property
    def wanted(self) -> str:
        """What was asked of the program: `run`, `save` or `undo`; empty for nothing."""
        asked = (("run", self.wants_run), ("save", self.wants_save is not None), ("undo", self.wants_undo > 0))
        return next((name for name, wanted in asked if wanted), "")
