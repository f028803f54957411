"""Watching a run: a task folds its events into a view; the run itself belongs to the run manager."""

from __future__ import annotations

import asyncio
import logging
import time

from chat_app.engine.errors import EngineError
from chat_app.engine.manager import RunManager
from chat_app.translation import tr
from chat_app.ui.run_html import RunDrawing
from chat_app.ui.run_view import RunView
from chat_app.ui.signal import PAUSE, Signal

GATHERED = PAUSE / 2
"""Seconds in which events gather: they come faster than a page draws them, and to wake for each costs the run."""

log = logging.getLogger(__name__)


class RunWatch:
    """A run as a page sees it."""

    def __init__(self, runs: RunManager, run_id: str) -> None:
        self.run_id = run_id
        self.view = RunView(run_id=run_id)
        self.drawing = RunDrawing(self.view)
        self.signal = Signal()
        self._runs = runs
        self._task = asyncio.create_task(self._watch())

    @property
    def done(self) -> bool:
        """Whether nothing more comes until somebody acts."""
        return self._task.done()

    async def ended(self) -> None:
        """Returns when nothing more comes until somebody acts."""
        await asyncio.wait({self._task})

    @property
    def seconds(self) -> float | None:
        """How long the run has been going, or was going when it came to rest."""
        if self.view.started_at is None:
            return None
        end = self.view.last_at if self.view.at_rest and self.view.last_at else time.time()
        return max(0.0, end - self.view.started_at)

    def go_on(self) -> None:
        """Watches again, after an answer or a resume."""
        if self.done:
            self.view.status = "running"
            self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        try:
            async for lot in self._runs.watch(self.run_id, self.view.next_offset, GATHERED):
                self.view.fold(lot)
                self.signal.set()
        except Exception:
            # The edge of the page: it says that it lost sight of the run instead of going on silently.
            log.exception("watching a run failed")
        finally:
            self._settle()
            self.signal.set(rests=True)

    def _settle(self) -> None:
        if self.view.at_rest:
            return
        try:
            state = self._runs.status(self.run_id).state
        except EngineError as error:
            state, self.view.message, self.view.help = "failed", error.message, error.help
        else:
            self.view.message, self.view.help = (
                tr("The page lost sight of this run."),
                tr("Open it again in the Runs tab."),
            )
        if state == "interrupted":
            self.view.message = tr("The program was ended while this ran.")
        self.view.rest("stopped" if state == "interrupted" else "failed")
