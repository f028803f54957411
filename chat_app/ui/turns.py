"""One turn of the designer as a task of its own: a page watches it, and may come and go."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.simulated import SIMULATED
from chat_app.designer.agent.memory import hand_over, handed_over
from chat_app.designer.conversation import Designer
from chat_app.events.design import Edited, Said, TurnFailed
from chat_app.library import LibraryError
from chat_app.translation import mark, tr, translated
from chat_app.ui.first_contact import acquainted
from chat_app.ui.keeping import keep
from chat_app.ui.review import review_of
from chat_app.ui.revisions import Landed
from chat_app.ui.signal import Signal
from chat_app.ui.turn_view import TurnView, go_on_or_leave
from chat_app.ui.workspace import Line, Notice, Workspace

_SILENCE = mark("Nothing was changed. Say what to change, or “run” to try the workflow.")
log = logging.getLogger(__name__)


class Turn:
    """The answer to one message, as far as it has come."""

    def __init__(self, workspace: Workspace, message: str) -> None:
        self.view = TurnView()
        self.signal = Signal()
        self.settled = False
        self.design_round = workspace.design_round
        self._workspace = workspace
        self._message = message
        self._before = workspace.draft
        self._newest = workspace.history[-1] if workspace.history else None
        # What was said must outlive the process also where the answer does not.
        self._kept = asyncio.create_task(keep(workspace))
        self._talk = asyncio.create_task(self._consume())
        # A task of its own, so that a turn that is stopped before its first step is finished properly too.
        self._task = asyncio.create_task(self._run())

    @property
    def done(self) -> bool:
        """Whether nothing more comes."""
        return self._task.done()

    def stop(self) -> None:
        """Ends the turn; the draft stays as it was."""
        self._talk.cancel()

    async def ended(self) -> None:
        """Returns when nothing more comes."""
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        await asyncio.wait({self._talk})
        if self._talk.cancelled():
            self._tell_stop()
        else:
            self._tell(self._talk.exception())
        await self._finish()

    def _tell_stop(self) -> None:
        if self.view.told.edited:
            told = tr("Stopped. What was changed before that stays; Undo takes it back.")
        else:
            told = tr("Stopped. The design is as it was.")
            self.view.choices = go_on_or_leave()
        self.view.paragraphs.append(f"*{told}*")

    def _tell(self, error: BaseException | None) -> None:
        """Says why the turn failed. A fault of a designer must not take the conversation with it."""
        if isinstance(error, ChatModelError):
            self.view.fold(TurnFailed(error.message, error.help))
        elif error is not None:
            log.error("a design turn failed", exc_info=error)
            help_text = tr("The design is as it was. Say it in other words, or choose another model.")
            self.view.fold(TurnFailed(tr("The designer failed on this message."), help_text))

    async def _consume(self) -> None:
        place = self._workspace
        # Which models there are was looked up when the page was opened, or is now.
        if not (place.model or place.found_models):
            await place.find_models()
        name = place.designs_with
        if not await acquainted(place, name, self.view, self.signal):
            return
        designer = self._designer(name)
        place.designer = designer.name
        async with contextlib.aclosing(designer.turn(place.conversation, self._message)) as events:
            async for event in events:
                self.view.fold(event)
                if isinstance(event, Edited):
                    # The first design answers the whole interview: it is told by the wish, not by the last "skip".
                    asked = self._message if place.history else place.transcript[0].content
                    await self._take(event, asked)
                self.signal.set()

    def _designer(self, name: str) -> Designer:
        """Who designs: where the model can't be reached at all, such as without a key, the guided designer."""
        place, memory = self._workspace, self._workspace.conversation.memory
        try:
            return place.services.designer(name, place.keys)
        except ChatModelError as error:
            if handed_over(memory) != name:
                told = tr("Until then the guided designer takes over; say “use the model” to try it again.")
                why = [translated(error.message), translated(error.help), told]
                self.view.fold(Said(" ".join(filter(None, why)) + "\n\n"))
                hand_over(memory, name)
            return place.services.designer(SIMULATED, {})

    async def _take(self, event: Edited, asked: str) -> None:
        """Makes the new text the draft, and opens its edits for review."""
        place = self._workspace
        before = self._before
        if place.history and place.history[-1] is not self._newest:
            # What was typed during the turn is not the turn's.
            before = place.history[-1].text
        # Before anything is awaited: what was typed into the text as it was may come from now on.
        place.landed = Landed(before, event.text, event.edits)
        await place.set_draft(event.text, asked)
        place.review = await asyncio.to_thread(review_of, before, event.text, event.edits)
        self._before = event.text
        # Not the last one, where that is what was typed in the meantime.
        self._newest = next((one for one in reversed(place.history) if one.text == event.text), None)

    async def _finish(self) -> None:
        place = self._workspace
        self.view.stage = ""
        await asyncio.wait({self._kept})
        place.transcript.append(Line("assistant", self.view.text or tr(_SILENCE)))
        place.choices = list(self.view.choices)
        await place.draw_previews()
        await keep(place)
        try:
            await asyncio.to_thread(place.autosave)
        except LibraryError as error:
            place.notice = Notice(error.message, error.help, bad=True)
        self.signal.set(rests=True)
