"""One visitor's place: their conversation, draft, revisions, model and keys. No drawing, no Gradio."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from chat_app.chat_models.models import Availability
from chat_app.designer.conversation import Conversation, Message
from chat_app.library import LOCAL
from chat_app.ui.graph_drawing import draw
from chat_app.ui.runs import RunWatch
from chat_app.ui.services import Services
from chat_app.ui.signal import Signal
from chat_app.ui.turn_view import Choice, TurnView
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diff import diff

MOST_REVISIONS = 100
_TYPED = 200
"""Characters that may change between two checks of a text that is being typed."""
LONGEST_DRAFT = 5_000_000
"""Characters of a draft; the checker refuses more as well."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A text that the draft once had, and what was asked for."""

    text: str
    asked: str
    at: float


@dataclass(frozen=True, slots=True)
class Line:
    """A message as the chat shows it."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence at the head of the panel: what was done, or why not and what to do."""

    text: str
    help: str = ""
    bad: bool = False


class Answering(Protocol):
    """A turn of the designer that goes on by itself (`turns.Turn`)."""

    view: TurnView
    signal: Signal
    settled: bool
    """Whether what the turn asked of the panel was done."""

    @property
    def done(self) -> bool: ...

    def stop(self) -> None: ...


@dataclass
class Workspace:
    """Everything the page shows to one visitor."""

    owner: str
    services: Services
    conversation: Conversation = field(default_factory=lambda: Conversation(id=secrets.token_hex(8)))
    transcript: list[Line] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    previews: dict[str, str] = field(default_factory=dict)
    """Drawings of the workflows that are offered, by their text."""
    checked: CheckResult | None = None
    """The draft as it stands, broken or not; None when there is none."""
    good: CheckResult | None = None
    """The last text that was a whole workflow: what is drawn and kept while the draft is broken."""
    history: list[Revision] = field(default_factory=list)
    changed_nodes: frozenset[str] = frozenset()
    design_round: int = 0
    """Counts the changes of the draft that no hand typed."""
    model: str | None = None
    default_model: str = "simulated"
    found_models: list[Availability] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    """API keys by variable name. In memory only: never stored, shown or logged."""
    turn: Answering | None = None
    run: RunWatch | None = None
    notice: Notice | None = None
    form_typed: dict[str, Any] = field(default_factory=dict)
    form_problems: dict[str, str] = field(default_factory=dict)
    form_round: int = 0
    """Counts how often the form was filled by the program: then what was typed before is forgotten."""
    answer_typed: dict[str, dict[str, Any]] = field(default_factory=dict)
    answer_problems: dict[str, dict[str, str]] = field(default_factory=dict)
    rehearsal: tuple[str, ...] | None = None
    """What the last dry run told."""
    node: str | None = None
    """The node whose details are shown."""
    tab: str | None = None
    """The tab to open next."""
    used_at: float = field(default_factory=time.monotonic)

    async def find_models(self) -> None:
        """Looks which models there are, for this visitor's keys too."""
        self.found_models = await self.services.models.available(self.keys)
        self.default_model = await self.services.models.default(self.keys)

    def model_choices(self) -> list[tuple[str, str]]:
        """What the model list offers: nothing chosen first."""
        ready = [(one.name, one.name) for one in self.found_models if one.ready]
        return [(f"Automatic ({self.default_model})", ""), *ready]

    def take_tab(self) -> str | None:
        """The tab to open now; only once."""
        tab, self.tab = self.tab, None
        return tab

    @property
    def draft(self) -> str:
        """The text as it stands."""
        return self.conversation.draft

    @property
    def model_in_use(self) -> str:
        """The model that the next run asks, nodes with their own model apart."""
        workflow = self.good.workflow if self.good else None
        return self.model or (workflow.model if workflow and workflow.model else None) or self.default_model

    @property
    def busy(self) -> bool:
        """Whether the designer is answering."""
        return self.turn is not None and not self.turn.done

    async def set_draft(self, text: str, asked: str) -> None:
        """Makes a text the draft and checks it; a valid one becomes a revision. Nothing is lost."""
        self.conversation.draft = text
        self.design_round += 1
        await self.recheck()
        if self.checked is not None and self.checked.valid:
            self._keep(text, asked)

    async def recheck(self) -> None:
        """Checks the draft as it stands."""
        text = self.draft
        if not text.strip():
            self.checked = None
            return
        checked = await asyncio.to_thread(self.services.check, text)
        if text != self.draft:
            return  # something newer was typed while this was checked
        self.checked = checked
        if checked.workflow is not None:
            self.good = checked

    def _keep(self, text: str, asked: str) -> None:
        if self.history and self.history[-1].text == text:
            return
        before = self.history[-1].text if self.history else ""
        changes = diff(before, text).changes if before else ()
        self.changed_nodes = frozenset(one.name for one in changes if one.area == "node" and one.what != "removed")
        by_hand = self.history and asked == BY_HAND and self.history[-1].asked == BY_HAND
        if by_hand and _nearly_same(before, text):
            # Typing makes one revision, not one for each key.
            self.history.pop()
        self.history.append(Revision(text, asked, time.time()))
        del self.history[:-MOST_REVISIONS]

    async def draw_previews(self) -> None:
        """Draws the workflows that the open choices offer."""
        texts = [choice.draft for choice in self.choices if choice.draft]
        self.previews = await asyncio.to_thread(_previews, self.services, texts)

    async def undo(self) -> bool:
        """Goes back one revision; a broken draft goes back to the last valid one."""
        if self.history and self.history[-1].text != self.draft:
            await self._show(self.history[-1].text)
            return True
        if len(self.history) < 2:
            return False
        self.history.pop()
        await self._show(self.history[-1].text)
        return True

    async def restore(self, place: int) -> bool:
        """Takes an earlier revision up again, as a new one."""
        if not 0 <= place < len(self.history):
            return False
        await self.set_draft(self.history[place].text, f"Restored: {self.history[place].asked}")
        return True

    async def _show(self, text: str) -> None:
        self.conversation.draft = text
        self.changed_nodes = frozenset()
        await self.recheck()

    def save(self, name: str | None = None) -> str:
        """Saves the draft in the library and returns its name; raises LibraryError."""
        workflow = self.checked.workflow if self.checked else None
        chosen = name or (workflow.name if workflow else "draft")
        asked = self.history[-1].asked if self.history else ""
        saved = self.services.library.save(self.draft, name=chosen, owner=self.owner, asked=asked)
        if not self.services.hosted:
            # On one's own machine a saved design is also a plain file in the designs folder.
            self.services.library.save(self.draft, name=chosen, owner=LOCAL, asked=asked)
        return saved.name

    def autosave(self) -> None:
        """Keeps a valid design among the visitor's own."""
        if self.checked is not None and self.checked.valid and self.checked.workflow is not None:
            self.services.library.save(
                self.draft,
                name=self.checked.workflow.name,
                owner=self.owner,
                asked=self.history[-1].asked if self.history else "",
            )

    def stored(self) -> dict[str, Any]:
        """What outlives the process: all but keys."""
        return {
            **asdict(self.conversation),
            "transcript": [asdict(line) for line in self.transcript],
            "choices": [asdict(choice) for choice in self.choices],
            "history": [asdict(revision) for revision in self.history],
            "model": self.model,
            "form": self.form_typed,
            "run_id": self.run.run_id if self.run else None,
        }

    async def take_up(self, data: Mapping[str, Any]) -> None:
        """Makes what was stored the present again."""
        self.conversation = Conversation(
            id=data["id"],
            messages=[Message(**message) for message in data["messages"]],
            draft=data["draft"],
            assumptions=list(data["assumptions"]),
            memory=dict(data["memory"]),
        )
        self.transcript = [Line(**line) for line in data["transcript"]]
        self.choices = [Choice(**choice) for choice in data["choices"]]
        self.history = [Revision(**revision) for revision in data["history"]]
        self.model = data["model"]
        self.form_typed = dict(data["form"])
        await self.draw_previews()
        if self.history:
            # First the last valid text, so that a broken draft does not hide the design.
            self.good = await asyncio.to_thread(self.services.check, self.history[-1].text)
        await self.recheck()

    def persist(self) -> None:
        """Stores the conversation; raises LibraryError."""
        self.services.library.save_conversation(self.owner, self.conversation.id, self.stored())

    def begin_afresh(self) -> None:
        """An empty conversation and draft; model and keys stay."""
        self.conversation = Conversation(id=secrets.token_hex(8))
        self.transcript, self.choices, self.history = [], [], []
        self.checked = self.good = self.turn = self.run = self.notice = self.rehearsal = None
        self.changed_nodes = frozenset()
        self.form_typed, self.form_problems, self.node = {}, {}, None
        self.answer_typed, self.answer_problems = {}, {}
        self.form_round += 1


def _nearly_same(one: str, other: str) -> bool:
    """Whether the texts differ at one place only, and little, as they do while somebody types."""
    start = _alike(one, other)
    end = _alike(one[start:][::-1], other[start:][::-1])
    return max(len(one), len(other)) - start - end <= _TYPED


def _alike(one: str, other: str) -> int:
    """How many characters from the start are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


def _previews(services: Services, texts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        workflow = services.check(text).workflow
        if workflow is not None:
            found[text] = draw(workflow)
    return found


BY_HAND = "Edited by hand"
