"""One design conversation in a terminal: a fold over the designer's events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, Protocol, assert_never

from chat_app.designer.conversation import Conversation, Designer
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
from chat_app.events.told import Told
from chat_app.translation import tr, translated
from chat_app.workflow.check import CheckResult

MOST_DEFAULTS = 20
"""A designer that still asks after so many defaults is not going to end."""


class Writer(Protocol):
    """Writes text for a person."""

    def __call__(self, text: str, end: str = ...) -> None: ...


class DesignSession:
    """Holds the conversation, prints what the designer says, remembers what it asked and assumed."""

    def __init__(
        self,
        designer: Designer,
        check: Callable[[str], CheckResult],
        *,
        conversation_id: str,
        draft: str,
        out: Writer,
    ) -> None:
        self.conversation = Conversation(conversation_id, draft=draft)
        self.questions: list[dict[str, Any]] = []
        self.assumptions: list[str] = []
        self.transcript: list[dict[str, str]] = []
        self.failures: list[str] = []
        self.wants_save = False
        self.wants_save_as: str | None = None
        self._designer = designer
        self._check = check
        self._out = out
        self._told = Told()
        self._said = ""
        # What was given to go on with can be gone back to as well.
        self._drafts = [draft] if draft.strip() else []

    async def scripted(self, messages: Sequence[str]) -> None:
        """Sends the messages in order; questions still open then take their defaults, as assumptions."""
        for message in messages:
            self._out(f"> {message}", end="\n")
            await self.say(message)
        for _ in range(MOST_DEFAULTS):
            if not self.has_default:
                return
            match self._told.open:
                case Offered(cards=cards):
                    self._assume(tr("Chosen from what was offered: {title}", title=cards[0].title))
                    await self.say(cards[0].value)
                case Asked(text=text, default=default):
                    known = len(self.assumptions)
                    await self.say("skip")
                    if len(self.assumptions) == known:
                        self._assume(f"{text} {default if default is not None else tr('(left open)')}")

    @property
    def has_default(self) -> bool:
        """Whether a question is open that takes a default.

        Cards take the first one only where they say so or there is no draft yet: choosing one may replace it.
        """
        match self._told.open:
            case Offered(cards=cards, takes_first=first):
                return bool(cards) and (first or not self.conversation.draft)
            case _:
                return self._told.open is not None

    async def say(self, message: str) -> None:
        """One turn."""
        await self._hold(message, self._designer.turn(self.conversation, message))

    async def apply(self, name: str, turn: AsyncGenerator[DesignEvent, None]) -> None:
        """A turn that no message began: saved answers, by the name of their file."""
        await self._hold(f"Answers: {name}", turn)

    async def _hold(self, message: str, turn: AsyncGenerator[DesignEvent, None]) -> None:
        self.transcript.append({"role": "user", "text": message})
        self._told, self._said = Told(), ""
        async with aclosing(turn) as events:
            async for event in events:
                self._told.fold(event)
                self._draw(event)
        self._keep()
        self._out("", end="\n")
        self.transcript.append({"role": "designer", "text": self._said.strip()})

    def as_json(self, checked: CheckResult | None) -> dict[str, Any]:
        """The whole conversation as plain data."""
        waits = self._told.open
        return {
            "designer": self._designer.name,
            "transcript": self.transcript,
            "questions": self.questions,
            "assumptions": self.assumptions,
            "yaml": self.conversation.draft,
            "valid": checked is not None and checked.valid,
            "diagnostics": [found.as_json() for found in checked.diagnostics] if checked else [],
            "failures": self.failures,
            "offered": [asdict(card) for card in waits.cards] if isinstance(waits, Offered) else [],
        }

    def _assume(self, text: str) -> None:
        if text not in self.assumptions:
            self.assumptions.append(text)

    def _print(self, text: str, end: str = "\n") -> None:
        self._said += text + end
        self._out(text, end=end)

    def _keep(self) -> None:
        """What of a turn is told at the end of the session."""
        told = self._told
        for text in told.assumed:
            self._assume(text)
        if told.failed is not None:
            self.failures.append(f"{told.failed.message} {told.failed.help}")
        if told.wants_save is not None:
            self.wants_save, self.wants_save_as = True, told.wants_save.name

    def _draw(self, event: DesignEvent) -> None:
        match event:
            case Said(text=text):
                self._print(text, end="")
            case Asked() | Offered():
                self._show_open(event)
            case Edited(text=text, summary=summary, repaired=repaired):
                self._drafts.append(text)
                mended = (tr("repaired: {what}", what=translated(line)) for line in repaired)
                for line in (*map(translated, summary), *mended):
                    self._print(f"  - {line}")
            case TurnFailed(message=message, help=help_text):
                self._print(f"{translated(message)} {translated(help_text)}")
            case UndoWanted(steps=steps):
                self._undo(steps)
            case RunWanted():
                self._print(tr("Save it, then run it with: workflow-chat run FILE"))
            case Assumed() | SaveWanted() | Stage() | ModelUsed() | TurnFinished():
                pass
            case _:
                assert_never(event)

    def _show_open(self, event: Asked | Offered) -> None:
        if isinstance(event, Asked):
            self.questions.append(asdict(event))
            self._print(f"\n{event.text} ({event.why})")
            for option in event.options:
                default = tr("(default)") if option.value == event.default else ""
                self._print(f"  - {option.label} {default}".rstrip())
            return
        self._print(f"\n{event.text}")
        for card in event.cards:
            said = tr("[say: {words}]", words=card.value)
            self._print(f"  - {card.title}: {card.text} {said}")

    def _undo(self, steps: int) -> None:
        if len(self._drafts) < 2:
            self._print(tr("There is nothing to undo."))
            return
        del self._drafts[max(1, len(self._drafts) - steps) :]
        self.conversation.draft = self._drafts[-1]
        self._print(tr("Undone."))
