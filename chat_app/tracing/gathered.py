"""Collects what is recorded until the event loop's turn ends, so that runs pay for one write and not for each event.

A write lets go of the interpreter, and to get it back from the database's thread costs more than the write. Whoever
is told of a step, and the step after it, run in a later turn than this write.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from chat_app.events.run import ENDINGS, Recorded, RunStarted, StepFailed, StepFinished, StepSkipped
from chat_app.tracing.jobs import Full, Job, Owned, Wake
from chat_app.tracing.journal import Journal
from chat_app.tracing.lines import told

AT_ONCE = frozenset({RunStarted, StepFinished, StepFailed, StepSkipped, *ENDINGS})
"""What must outlive a kill; the rest goes with it."""
MOST = 200
"""Events that wait for one of those."""


class Gathered:
    """Events on their way to the journal and, through `hand`, to the database; any thread adds to it."""

    def __init__(self, journal: Journal | None, hand: Callable[[Job], None]) -> None:
        self._journal = journal
        self._hand = hand
        self._lock = threading.Lock()
        self._runs: dict[str, list[Recorded]] = {}
        self._count = 0
        self._owned: list[Owned] = []
        self._due_in: asyncio.AbstractEventLoop | None = None
        """The loop whose present turn ends with a write."""

    def add(self, entry: Recorded) -> None:
        """Takes an event; it is kept at the end of the turn, or soon where it need not outlive a kill."""
        with self._lock:
            there = self._runs.get(entry.run_id)
            if there is None:
                self._runs[entry.run_id] = [entry]
            else:
                there.append(entry)
            self._count += 1
            if type(entry.event) in AT_ONCE:
                if not self._due():
                    self._pass_on()
            elif self._count >= MOST:
                self._pass_on()
            elif self._count == 1:
                self._hand(Wake())

    def own(self, owned: Owned) -> None:
        """Takes whose run it is; kept with the next events."""
        if self._journal is not None:
            with self._lock:
                self._owned.append(owned)
        self._hand(owned)

    def pass_on(self) -> None:
        """Hands over what is there."""
        with self._lock:
            self._pass_on()

    def _due(self) -> bool:
        """Lets a loop write once for all steps that end in one turn of it; False where no loop runs."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        if self._due_in is not loop:
            self._due_in = loop
            loop.call_soon(self._turn_ends, loop)
        return True

    def _turn_ends(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            if self._due_in is loop:
                self._due_in = None
            self._pass_on()

    def _pass_on(self) -> None:
        if not self._runs:
            return
        gathered = told(self._runs)
        self._runs, self._count = {}, 0
        full = None
        if self._journal is not None:
            owned, self._owned = self._owned, []
            full = self._journal.write(gathered, owned)
        self._hand(gathered)
        if full is not None:
            self._hand(Full(full))
