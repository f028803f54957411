"""Collects what is recorded until the event loop's turn ends, so that runs pay for one write and not for each event.

A write lets go of the interpreter, and to get it back from the database's thread costs more than the write. Whoever
is told of a step, and the step after it, run in a later turn than this write.
"""

from __future__ import annotations

import asyncio
import threading
import types
from collections.abc import Callable, Generator

from chat_app.events.record import Hears, Take
from chat_app.events.run import ENDINGS, Recorded, RunStarted, StepFailed, StepFinished, StepSkipped
from chat_app.tracing.behind import Behind
from chat_app.tracing.jobs import Full, Job, Owned, Told
from chat_app.tracing.journal import Journal
from chat_app.tracing.lines import told

AT_ONCE = frozenset({RunStarted, StepFinished, StepFailed, StepSkipped, *ENDINGS})
"""What must outlive a kill, with all before it; the rest goes with it."""
MOST = 1_000
"""Events that are encoded at once: no other thread goes on meanwhile."""


@types.coroutine
def _next_turn() -> Generator[None]:
    """As `asyncio.sleep(0)`, without what that does for other delays: each step of a run waits so."""
    yield


class Gathered:
    """Events on their way to the journal and, through `hand`, to the database; any thread adds to it.

    What must outlive a kill is kept at the end of the turn; what comes after it, with the next, or when asked for.
    """

    def __init__(self, journal: Journal | None, hand: Callable[[Job], None], behind: Behind) -> None:
        self._journal = journal
        self._behind = behind
        self._hand = hand
        self._lock = threading.Lock()
        self._came: list[Recorded] = []
        """Added to without the lock, as appending is one act; only what was there is taken out."""
        self.takes: Take = self._came.append
        """Called with every event of every run, so without another call in between."""
        self.hears: Hears = {
            **dict.fromkeys(AT_ONCE, self._soon),
            **dict.fromkeys(ENDINGS, self._rests),
            RunStarted: self._begins,
        }
        self._under_way: set[str] = set()
        """Runs that have not come to rest."""
        self._owned: list[Owned] = []
        self._lost = 0
        self._due_in: asyncio.AbstractEventLoop | None = None
        """The loop whose present turn ends with a write; only that loop takes its name away."""

    @property
    def goes_on(self) -> bool:
        """Whether more may come at any time."""
        return bool(self._under_way)

    def _begins(self, entry: Recorded) -> None:
        self._under_way.add(entry.run_id)
        self._soon()

    def _rests(self, entry: Recorded) -> None:
        self._under_way.discard(entry.run_id)
        self._soon()

    def own(self, owned: Owned) -> None:
        """Takes whose run it is; kept with the next events."""
        if self._journal is not None:
            with self._lock:
                self._owned.append(owned)
        self._hand(owned)

    def lost(self) -> int | None:
        """How often something was not kept against a kill; None where nothing is."""
        return None if self._journal is None else self._journal.lost + self._lost

    def lose(self) -> None:
        """Says that something kept may be read no more."""
        self._lost += 1

    async def kept(self) -> int | None:
        """The same, once all that this loop has recorded so far is kept, and not too much waits for the database."""
        if self._journal is not None:
            # What a loop was asked to do first is done first: the write comes before this goes on.
            self._soon()
            await _next_turn()
        if self._behind.too_far:
            await self._behind.caught_up()
        return self.lost()

    def pass_on(self) -> None:
        """Hands over what is there."""
        while self._pass_some_on() == MOST:
            pass

    def _pass_some_on(self) -> int:
        """Hands over so many events."""
        with self._lock:
            entries = self._came[:MOST]
            del self._came[: len(entries)]
            try:
                if entries:
                    self._pass(told(entries))
            except BaseException:
                self.lose()
                raise
        return len(entries)

    def _pass(self, gathered: Told) -> None:
        full = None
        if self._journal is not None:
            owned, self._owned = self._owned, []
            full = self._journal.write(gathered, owned)
        self._hand(gathered)
        self._behind.came(gathered)
        if full is not None:
            self._hand(Full(full))

    def _soon(self, entry: Recorded | None = None) -> None:
        """Lets a loop write once for all steps that end in one turn of it; writes now where no loop runs."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.pass_on()
            return
        if self._due_in is not loop:
            self._due_in = loop
            loop.call_soon(self._turn_ends, loop)

    def _turn_ends(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._due_in is loop:
            self._due_in = None
        self.pass_on()
