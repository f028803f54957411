"""One visitor's place: their conversation, draft, revisions, model and keys. No drawing, no Gradio."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from chat_app.chat_models.models import Availability
from chat_app.chat_models.simulated import SIMULATED
from chat_app.designer.conversation import Conversation
from chat_app.engine.runs import RunStatus
from chat_app.engine.testing import TestOutcome
from chat_app.files.reference import FileRef
from chat_app.library import LOCAL, LibraryError, SavedConversation, SavedDesign, clean_name
from chat_app.tracing.own_record import Overview
from chat_app.translation import tr
from chat_app.ui.form import as_typed, first_values, input_fields
from chat_app.ui.graph_drawing import draw
from chat_app.ui.query_box import QueryBox
from chat_app.ui.review import Review
from chat_app.ui.revisions import BY_HAND, Landed, Revision
from chat_app.ui.rewind import Mark
from chat_app.ui.run_view import RunView
from chat_app.ui.runs import RunWatch
from chat_app.ui.services import Services
from chat_app.ui.signal import Signal
from chat_app.ui.turn_view import Choice, TurnView
from chat_app.ui.typing_span import TYPED, changed_span
from chat_app.workflow.check import CheckResult
from chat_app.workflow.diff import diff
from chat_app.workflow.document import Workflow

MOST_REVISIONS = 100
LONGEST_DRAFT = 5_000_000
"""Characters of a draft; the checker refuses more as well."""


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
    design_round: int
    """The workspace's, when the turn began."""

    @property
    def done(self) -> bool: ...

    def stop(self) -> None: ...

    async def ended(self) -> None:
        """Returns when nothing more comes."""


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
    undone: list[Revision] = field(default_factory=list)
    """What was undone, the last first to come back."""
    marks: list[Mark] = field(default_factory=list)
    """How things stood before each of the last messages."""
    review: Review | None = None
    """The edits of the last turn, while nothing else has changed the draft since."""
    landed: Landed | None = None
    """The last change of a turn, until something is typed into what it made."""
    typing: bool = False
    """Whether something was typed into the text since the last message: then its tab stays open."""
    retype: bool = False
    """Whether the editor must show another text than what was typed last."""
    compared: tuple[int, int] | None = None
    """The two revisions that the Changes tab compares; None: the last change."""
    attached: list[FileRef] = field(default_factory=list)
    arrivals: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a file is taken in: files that come together keep their order."""
    """Files that go with the next message."""
    upload_bytes: int = 0
    """What was uploaded, since this process began."""
    samples: list[FileRef] = field(default_factory=list)
    """Files that were given in the conversation: the run form offers them."""
    composer: str | None = None
    """What to put into the message box next."""
    model_moved: bool = False
    """Whether the model was chosen elsewhere than in the list of models, which must show it."""
    changed_nodes: frozenset[str] = frozenset()
    design_round: int = 0
    """Counts the changes of the draft that no hand typed."""
    model: str | None = None
    default_model: str = "simulated"
    found_models: list[Availability] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict, repr=False)
    """API keys by variable name. In memory only: never stored, shown or logged."""
    trusted: set[str] = field(default_factory=set)
    """Models that the visitor designs with although they can't."""
    signed_in: bool = False
    """Whether the hosting service's account is among the keys."""
    turn: Answering | None = None
    run: RunWatch | None = None
    starting: bool = False
    """Whether a run is about to start: a second click must not start another."""
    run_pair: tuple[RunView, RunView] | None = None
    """The two runs that are compared."""
    query: QueryBox = field(default_factory=QueryBox)
    """What is asked of the record of runs."""
    listed: Sequence[RunStatus] = ()
    """The visitor's runs when they were looked up last, the newest first."""
    overview: Overview = field(default_factory=Overview)
    """What the record told of them then."""
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One look after another: a later one never gives way to an earlier one that took longer."""
    outcomes: tuple[str, list[TestOutcome]] | None = None
    """How the tests went, and of which text."""
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
    tab_opened: bool = False
    """Whether the visitor has opened one since they said something."""
    called: str = ""
    """What the visitor calls this conversation; empty: it is known by its first wish."""
    designer: str = ""
    """Who designed in the last turn."""
    earlier: list[SavedConversation] | None = None
    """The visitor's conversations while their list is open."""
    designs: list[SavedDesign] = field(default_factory=list)
    """Their saved designs, as that list shows them."""
    saved_as: str | None = None
    """The name in the library that the draft was last saved under, or opened from."""
    collapsed: frozenset[str] = frozenset()
    """Maps whose inside is not drawn."""
    language: str | None = None
    """The language of the page; None until the browser told which it wants."""
    said_in: tuple[str | None, str | None] | None = None
    """In which language the still parts of which open page were said last."""
    used_at: float = field(default_factory=time.monotonic)

    async def find_models(self) -> None:
        """Looks which models there are, for this visitor's keys too."""
        self.found_models = await self.services.models.available(self.keys)
        self.default_model = await self.services.models.default(self.keys)

    def model_choices(self) -> list[tuple[str, str]]:
        """What the model list offers: nothing chosen first."""
        ready = [(one.name, one.name) for one in self.found_models if one.ready]
        return [(tr("Automatic ({model})", model=self.default_model), ""), *ready]

    def filled(self, workflow: Workflow) -> dict[str, Any]:
        """What the run form holds: what was typed, else the files given in the conversation, else examples."""
        files = list(reversed(self.samples))
        held = first_values(workflow)
        for given in input_fields(workflow):
            if given.kind == "file" and files:
                held[given.name] = as_typed(given, files.pop(0).as_value())
        return held | self.form_typed

    def take_composer(self) -> str | None:
        """What to put into the message box now; only once."""
        text, self.composer = self.composer, None
        return text

    def take_model_moved(self) -> bool:
        """Whether the list of models must show another choice now; only once."""
        moved, self.model_moved = self.model_moved, False
        return moved

    def take_retyped(self) -> str | None:
        """What the editor must show in the place of what was typed; only once."""
        wanted, self.retype = self.retype, False
        return self.draft if wanted else None

    def take_tab(self) -> str | None:
        """The tab to open now; only once."""
        tab, self.tab = self.tab, None
        return tab

    @property
    def draft(self) -> str:
        """The text as it stands."""
        return self.conversation.draft

    @property
    def empty(self) -> bool:
        """Whether nothing was said or designed yet."""
        return not self.transcript and not self.draft.strip() and not self.busy

    @property
    def model_in_use(self) -> str:
        """The model that the next run asks, nodes with their own model apart."""
        workflow = self.good.workflow if self.good else None
        return self.model or (workflow.model if workflow and workflow.model else None) or self.default_model

    @property
    def designs_with(self) -> str:
        """The model that designs; for the simulated one it is the guided designer."""
        return self.model or self.default_model

    @property
    def design_warning(self) -> str:
        """Why the model may design badly; empty where nothing speaks against it."""
        if self.services.verdict is None or self.designs_with == SIMULATED:
            return ""
        verdict = self.services.verdict(self.designs_with)
        return f"{verdict.why} {verdict.how}".strip() if verdict.warns else ""

    @property
    def busy(self) -> bool:
        """Whether the designer is answering."""
        return self.turn is not None and not self.turn.done

    async def set_draft(self, text: str, asked: str) -> None:
        """Makes a text the draft and checks it; a valid one becomes a revision. Nothing is lost."""
        self.conversation.draft = text
        self.design_round += 1
        self.review = self.compared = None
        if not text.strip():
            self.good = None
        if await self.recheck():
            self._keep(text, asked)

    async def recheck(self) -> bool:
        """Checks the draft as it stands; whether it is valid."""
        text = self.draft
        checked = await asyncio.to_thread(self.services.check, text) if text.strip() else None
        if text == self.draft:  # nothing newer was typed while this was checked
            self.checked = checked
            if checked is not None and checked.workflow is not None:
                self.good = checked
        return checked is not None and checked.valid

    def _keep(self, text: str, asked: str) -> None:
        if self.history and self.history[-1].text == text:
            return
        if text != self.draft and self.history and self.history[-1].text == self.draft:
            # What was typed while this was checked came after it.
            self.history.insert(-1, Revision(text, asked, time.time()))
            return
        self.undone.clear()
        before = self.history[-1].text if self.history else ""
        changes = diff(before, text).changes if before else ()
        self.changed_nodes = frozenset(one.name for one in changes if one.area == "node" and one.what != "removed")
        by_hand = self.history and asked == BY_HAND and self.history[-1].asked == BY_HAND
        if by_hand and changed_span(before, text) <= TYPED:
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
        self.undone.append(self.history.pop())
        await self._show(self.history[-1].text)
        return True

    async def redo(self) -> bool:
        """Takes up again what was undone last."""
        if not self.undone:
            return False
        self.history.append(self.undone.pop())
        await self._show(self.history[-1].text)
        return True

    async def go_back(self, mark: Mark) -> None:
        """Takes a message and all since back: what was said, the design, and what was offered to click."""
        del self.transcript[mark.line :]
        self.marks = [one for one in self.marks if one.line < mark.line]
        mark.rewind(self.conversation)
        self.choices = [Choice(**one) for one in mark.choices]
        while len(self.history) > mark.revisions:
            self.undone.append(self.history.pop())
        await self._show(mark.draft)

    async def restore(self, place: int) -> bool:
        """Takes an earlier revision up again, as a new one."""
        if not 0 <= place < len(self.history):
            return False
        await self.set_draft(self.history[place].text, tr("Restored: {what}", what=self.history[place].asked))
        return True

    async def _show(self, text: str) -> None:
        self.conversation.draft = text
        self.design_round += 1
        self.changed_nodes = frozenset()
        self.review = self.compared = None
        if not text.strip():
            self.good = None
        await self.recheck()

    def save(self, name: str | None = None) -> str:
        """Saves the draft in the library and returns its name; raises LibraryError."""
        workflow = self.checked.workflow if self.checked else None
        chosen = name or (workflow.name if workflow else "draft")
        self._make_sure_of_room(chosen)
        asked = self.history[-1].asked if self.history else ""
        saved = self.services.library.save(self.draft, name=chosen, owner=self.owner, asked=asked)
        if not self.services.hosted:
            # On one's own machine a saved design is also a plain file in the designs folder.
            self.services.library.save(self.draft, name=chosen, owner=LOCAL, asked=asked)
        return saved.name

    def _make_sure_of_room(self, name: str) -> None:
        """Raises LibraryError where a visitor of a shared page has kept as much as one may."""
        allowed, library = self.services.allowance, self.services.library
        help_text = tr("Download it instead: the YAML tab has a button for it.")
        if allowed.designs is not None:
            names = {one.name for one in library.designs(self.owner)}
            if clean_name(name) not in names and len(names) >= allowed.designs:
                told = tr("You have {count} designs here, and no more can be kept.", count=len(names))
                raise LibraryError(told, help=help_text)
        if allowed.disk_bytes is not None and library.bytes_used(self.owner) > allowed.disk_bytes:
            raise LibraryError(tr("Your designs take all the room there is for one visitor."), help=help_text)

    def autosave(self) -> None:
        """Keeps a valid design among the visitor's own."""
        if self.checked is not None and self.checked.valid and self.checked.workflow is not None:
            self._make_sure_of_room(self.checked.workflow.name)
            self.services.library.save(
                self.draft,
                name=self.checked.workflow.name,
                owner=self.owner,
                asked=self.history[-1].asked if self.history else "",
            )

    def begin_afresh(self) -> None:
        """An empty conversation and draft; model and keys stay."""
        self.conversation = Conversation(id=secrets.token_hex(8))
        self.transcript, self.choices, self.history, self.undone, self.marks = [], [], [], [], []
        self.review = self.compared = self.composer = self.landed = None
        self.attached, self.samples = [], []
        self.checked = self.good = self.turn = self.run = self.notice = self.rehearsal = None
        self.run_pair = self.outcomes = self.saved_as = None
        self.called = self.designer = ""
        self.collapsed = frozenset()
        self.changed_nodes = frozenset()
        self.form_typed, self.form_problems, self.node = {}, {}, None
        self.answer_typed, self.answer_problems = {}, {}
        self.form_round += 1


def _previews(services: Services, texts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        workflow = services.check(text).workflow
        if workflow is not None:
            found[text] = draw(workflow)
    return found
