"""An answer of the guided designer, put together piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field

from chat_app.events.design import Assumed, DesignEvent, Said, TurnFailed


@dataclass
class Reply:
    """The events of one turn, without the last."""

    events: list[DesignEvent] = field(default_factory=list)

    def add(self, event: DesignEvent) -> Reply:
        """With one more event."""
        self.events.append(event)
        return self

    def say(self, text: str) -> Reply:
        """With a paragraph more."""
        said = any(isinstance(event, Said) for event in self.events)
        return self.add(Said(f"\n\n{text}" if said else text))

    def assume(self, text: str) -> Reply:
        """With something taken for granted."""
        return self.add(Assumed(text))

    def fail(self, message: str, help: str) -> Reply:
        """With a failure; the draft stays as it was."""
        return self.add(TurnFailed(message, help))

    def then(self, other: Reply) -> Reply:
        """Followed by another reply."""
        for event in other.events:
            if isinstance(event, Said):
                self.say(event.text.lstrip("\n"))
            else:
                self.add(event)
        return self
