"""What is seen of a design turn: a fold over its events into one chat message and the choices under it."""

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
from chat_app.events.told import Told
from chat_app.translation import tr, tr_count, translated
from chat_app.ui.markup import one_line

SKIP = "skip"
"""The message by which a question is skipped."""
GO_ON = "continue"
"""The message by which a turn that was cut off is gone on with."""
LEAVE = "leave it"
"""The message by which it is left as it is."""
MOST_LINES = 8
"""Lines of one change that the chat tells; a first design has dozens."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer to click: a chip, or a card when it has a text."""

    label: str
    value: str
    text: str = ""
    quiet: bool = False
    said: str = ""
    """What the chat shows as said; empty: the label."""
    draft: str = ""
    """A workflow to draw as a preview."""
    act: str = "say"
    """What a click does with the value."""


def run_it() -> Choice:
    """The offer to run what was designed."""
    return Choice(tr("Run it"), "run")


def go_on_or_leave() -> list[Choice]:
    """What to do with a turn that was cut off."""
    return [Choice(tr("Continue"), GO_ON), Choice(tr("Leave it"), LEAVE, quiet=True)]


@dataclass
class TurnView:
    """All that the page shows of one turn."""

    paragraphs: list[str] = field(default_factory=list)
    stage: str = ""
    choices: list[Choice] = field(default_factory=list)
    told: Told = field(default_factory=Told)
    _said: bool = False

    def fold(self, event: DesignEvent) -> None:
        """Takes one event in and draws it."""
        self.told.fold(event)
        match event:
            case Said():
                self._say(_told(event.text))
                return
            case Stage():
                self.stage = event.name + (f": {event.detail}" if event.detail else "")
                return
            case Asked():
                self._ask(event)
            case Offered():
                self._add(translated(event.text))
                self.choices = [
                    Choice(translated(card.title), card.value, translated(card.text), draft=card.draft or "")
                    for card in event.cards
                ]
            case Assumed():
                self._add(f"*{tr('Taken for granted:')}* {translated(event.text)}")
            case Edited():
                self._edited(event)
            case RunWanted():
                self._do(tr("The run starts: the Run tab shows it."))
            case SaveWanted():
                self._do(tr("The design is being saved."))
            case UndoWanted(steps=steps):
                one = steps == 1
                self._do(tr("Going back one revision.") if one else tr("Going back {count} revisions.", count=steps))
            case ModelUsed():
                pass
            case TurnFailed():
                self._add(f"**{translated(event.message)}**\n\n{translated(event.help)}")
            case TurnFinished():
                self.stage = ""
                self._offer_run()
            case _:
                assert_never(event)
        self._said = False

    @property
    def text(self) -> str:
        """The message as Markdown."""
        return "\n\n".join(part for part in self.paragraphs if part.strip())

    @property
    def shown(self) -> str:
        """The message with what the designer is doing now."""
        if not self.stage:
            return self.text
        return f"{self.text}\n\n*{self.stage} …*" if self.text else f"*{self.stage} …*"

    def _add(self, text: str) -> None:
        self.paragraphs.append(text)

    def _do(self, text: str) -> None:
        """Says what the panel does, where the designer leaves it at that."""
        if not self.paragraphs:
            self._add(text)

    def _say(self, text: str) -> None:
        if self._said:
            self.paragraphs[-1] += text
        else:
            self._add(text)
        self._said = True

    def _ask(self, event: Asked) -> None:
        self._add(f"**{translated(event.text)}**")
        if event.why:
            self._add(f"*{translated(event.why)}*")
        self.choices = [Choice(translated(option.label), option.value) for option in event.options]
        if event.skip:
            default = next((o.label for o in event.options if o.value == event.default), event.default)
            label = tr("Skip: take “{default}”", default=one_line(default)) if default else tr("Skip")
            self.choices.append(Choice(label, SKIP, quiet=True))

    def _offer_run(self) -> None:
        """After a change that can run, running is one click away, unless something is asked."""
        draft = self.told.draft
        if draft is not None and draft.valid and not isinstance(self.told.open, Asked):
            self.choices = self.choices or [run_it()]

    def _edited(self, event: Edited) -> None:
        if event.summary:
            shown = event.summary if len(event.summary) <= MOST_LINES else event.summary[: MOST_LINES - 1]
            more = len(event.summary) - len(shown)
            told = tr_count(
                "{count} more; the Changes tab shows all", "{count} more; the Changes tab shows all", more
            )
            lines = [*(translated(line) for line in shown), *([f"*{told}*"] if more else ())]
            self._add("\n".join(f"- {line}" for line in lines))
        if event.repaired:
            self._add("\n".join(f"- *{tr('Repaired:')}* {translated(line)}" for line in event.repaired))
        if not event.valid:
            self._add(tr("The draft is not valid yet: the YAML tab lists what is wrong."))


def _told(said: str) -> str:
    """What the designer says of itself, in the visitor's language; a model's words come in pieces and stay."""
    return translated(said) if " " in said.strip() else said
