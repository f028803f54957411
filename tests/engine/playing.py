"""A drawn workflow on the engine: interrupted, killed and resumed as often as that is asked for."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver

from chat_app.chat_models.errors import RequestRefused, ServerFailed
from chat_app.chat_models.protocol import ChatRequest, Finished, ModelUsage, Piece
from chat_app.engine.channels import Start, starting
from chat_app.engine.compiler import compile_workflow
from chat_app.engine.context import MemoryJournal, RunContext
from chat_app.engine.drive import Rest, drive
from chat_app.engine.inputs import first_state
from chat_app.engine.live import steps_around
from chat_app.engine.meter import Meter, merged
from chat_app.engine.position import Position
from chat_app.engine.ready import Ready, Standing
from chat_app.engine.rerun import TakenOver, taken_over
from chat_app.engine.saver import holds_nothing_new
from chat_app.engine.told import outcomes
from chat_app.events.run import ModelAsked, Recorded, RunEvent, RunStarted, RunWaiting, StepStarted
from chat_app.tracing.gathered import AT_ONCE
from tests.engine.drawing import Drawn


class Tries:
    """At which try the step is that asks; heard from the events, as a request does not tell its step."""

    def __init__(self, emit: Callable[[RunEvent], None] = lambda event: None) -> None:
        self._emit = emit
        self._made: Counter[str] = Counter()
        self.now = 0

    def emit(self, event: RunEvent) -> None:
        if isinstance(event, StepStarted):
            self._made[event.step] = 0
        elif isinstance(event, ModelAsked):
            self._made[event.step] += 1
            self.now = self._made[event.step]
        self._emit(event)


class KeptResults:
    """A cache in memory, for as many runs as are given it."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    async def get(self, key: str) -> Any:
        await asyncio.sleep(0)
        return json.loads(self._kept[key]) if key in self._kept else None

    async def put(self, key: str, writes: dict[str, Any]) -> None:
        self._kept[key] = json.dumps(writes)


@dataclass
class Told:
    """A chat model that says what the drawn workflow tells it to."""

    drawn: Drawn
    tries: Tries
    asked: list[str] = field(default_factory=list)
    name: str = "told"
    simulated: bool = True
    price: None = None

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        node = request.purpose.removeprefix("node:").rpartition("/")[2]
        self.asked.append(node)
        assert request.schema is not None
        writes = list(request.schema["properties"])
        answer = self.drawn.says(node, request.messages[-1].content, writes, self.tries.now)
        await asyncio.sleep(0)
        if isinstance(answer, str):
            raise (ServerFailed if answer == "server_error" else RequestRefused)("told to fail", help="")
        yield Finished(json.dumps(answer), (), ModelUsage(1, 1, 0.0))


Note = Callable[[Position, bool], None]
"""Hears of a position that is reached, and whether it is saved itself."""


class Life:
    """Of one process: what it does after its death leaves no trace.

    Where it loses its last turn, what it told since the last turn in which something was kept dies with it; not what
    lives before it told.
    """

    def __init__(self, events: list[RunEvent], lasts: int | None, *, loses_turn: bool = False) -> None:
        self._events = events
        self._left = lasts
        self._kept = len(events) if loses_turn else None
        self._due = False
        self.task: asyncio.Task[Any] | None = None

    @property
    def over(self) -> bool:
        return self._left == 0

    def emit(self, event: RunEvent) -> None:
        if self.over:
            return
        self._events.append(event)
        if self._kept is not None and not self._due and type(event) in AT_ONCE:
            self._due = True
            asyncio.get_running_loop().call_soon(self._turn_ends)
        if self._left is not None:
            self._left -= 1
            if self.over:
                self._die()

    def _die(self) -> None:
        if self._kept is not None:
            del self._events[self._kept :]
        if self.task is not None:
            self.task.cancel()

    def _turn_ends(self) -> None:
        self._due = False
        if not self.over:
            self._kept = len(self._events)


class Checkpoints(InMemorySaver):
    """One process's hand on the checkpoints, which outlive it; what is still written after its death is lost."""

    def __init__(self, life: Life, before: Checkpoints | None, note: Note) -> None:
        super().__init__()
        self._life = life
        self._note = note
        self.run: Steps | None = None
        if before is not None:
            self.storage, self.writes, self.blobs = before.storage, before.writes, before.blobs

    async def aput(self, *given: Any) -> Any:
        if self._life.over:
            return given[0]
        position = given[1]["channel_values"].get("position")
        if holds_nothing_new(given[2], position, self.run):
            return {"configurable": {**given[0]["configurable"], "checkpoint_id": given[1]["id"]}}
        if position is not None:
            self._note(position, True)
        return await super().aput(*given)

    async def aput_writes(self, *given: Any) -> None:
        if not self._life.over:
            await super().aput_writes(*given)


class Steps:
    """One process's hand on the journal, which outlives it.

    Where the record is relied on, a position that it tells is saved when the run comes to rest.
    """

    def __init__(self, life: Life, journal: MemoryJournal, note: Note, *, told: bool = False) -> None:
        self._life = life
        self._note = note
        self._journal = journal
        self._told = told
        self._last: Any = None
        self._done: dict[str, Mapping[str, Any]] = {}

    def position(self) -> Any:
        return self._last or self._journal.position()

    def has(self, position: Position) -> bool:
        return not position["round"] and self.position() is position

    def get(self, step: str) -> Mapping[str, Any] | None:
        return self._done.get(step) or self._journal.get(step)

    def put(self, step: str, outcome: Mapping[str, Any]) -> Awaitable[None]:
        """Known at once, as by the engine's own journal; written even where nobody waits for that any more."""
        self._done[step] = outcome
        return asyncio.shield(asyncio.ensure_future(self._write(step, outcome)))

    async def _write(self, step: str, outcome: Mapping[str, Any]) -> None:
        await asyncio.sleep(0)
        if not self._life.over:
            self._journal.put(step, outcome)

    async def save(self, position: Any, *, whole: bool = False) -> None:
        self._last = position
        self._note(position, whole)
        await asyncio.sleep(0)
        if whole or not self._told:
            await self.rest()

    async def rest(self) -> None:
        if not self._life.over and self._last is not None:
            await self._journal.save(self._last)
            self._note(self._last, True)


@dataclass
class Ran:
    """A run on the engine; its process dies after each of these numbers of events."""

    drawn: Drawn
    before: TakenOver | None = None
    kills: list[int] = field(default_factory=list)
    relies: bool = False
    """Whether positions that the record tells are not saved beside it; then each death costs the last turn, too."""
    events: list[RunEvent] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    reached: list[tuple[Position, bool, int]] = field(default_factory=list)
    """The positions as they were noted, whether they must be saved themselves, and how many events came before."""
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    cache: KeptResults = field(default_factory=KeptResults)

    async def whole(self) -> Rest:
        """Runs to its end."""
        compiled = compile_workflow(self.drawn.workflow, self.drawn.results)
        kills, disk = [*self.kills], None
        while True:
            life = Life(self.events, kills.pop(0) if kills else None, loses_turn=self.relies)
            disk = Checkpoints(life, disk, self._note)
            ready = Ready(compiled, lambda disk=disk: disk)  # type: ignore[misc]
            rest = await self._stretch(ready, life, disk)
            if rest is None:
                continue
            self.events.append(rest.event)
            if not isinstance(rest.event, RunWaiting):
                return rest
            for question in rest.event.questions:
                node = question.node.rpartition("/")[2]
                self.answers[question.step] = self.drawn.says(node, question.text, list(question.fields), 1)

    def _note(self, position: Position, saved: bool) -> None:
        self.reached.append((position, saved, len(self.events)))

    async def _stretch(self, ready: Ready, life: Life, disk: Checkpoints) -> Rest | None:
        """From the start or the last position; None: the process died."""
        workflow, told = self.drawn.workflow, [*self.events]
        begins = starting(first_state(workflow, {}))
        standing = await self._standing(ready, begins, told) if told else None
        life.emit(started(self.drawn, resumed=bool(told), place=standing and standing.place))
        finished = taken_over(recorded(told), None, simulated=True) if told else None
        sources = [one for one in (finished, self.before) if one is not None]
        tries = Tries(life.emit)
        context = RunContext(
            emit=tries.emit,
            meter=Meter(merged(workflow.limits)),
            model=lambda name, /, default=None: Told(self.drawn, tries, self.asked),
            journal=(steps := Steps(life, self.journal, self._note, told=self.relies)),
            pause=lambda seconds: asyncio.sleep(0),
            answer=lambda step, node: self.answers.get(step),
            asked=steps_around(self.answers),
            cache=self.cache,
            reuse=lambda *step: next((done for one in sources if (done := one(*step)) is not None), None),
        )
        disk.run = steps
        start = begins if standing is None else standing.start
        life.task = asyncio.create_task(drive(lambda: ready.graph, ready.compiled, context, start, "run"))
        if life.over:
            life.task.cancel()
        try:
            rest = await life.task
        except asyncio.CancelledError:
            assert life.over
            return None
        if life.over:
            return None
        await steps.rest()
        return rest

    async def _standing(self, ready: Ready, begins: Start, told: list[RunEvent]) -> Standing:
        said = outcomes(recorded(told)) if self.relies else {}
        found = await ready.standing("run", begins, self.journal.position(), said)
        if not found.saved:
            await self.journal.save(found.position)
        return found


def started(drawn: Drawn, *, resumed: bool = False, place: Any = None) -> RunStarted:
    text = drawn.workflow.model_dump_json(by_alias=True, exclude_none=True)
    return RunStarted("drawn", "", "told", True, {}, resumed=resumed, text=text, place=place)


def recorded(events: list[RunEvent]) -> list[Recorded]:
    """The events as a manager would have recorded them."""
    return [Recorded(offset, 0.0, one, "run") for offset, one in enumerate(events)]


def as_failed(value: Any) -> Any:
    """A state without the words of items' errors: they are no matter of right and wrong."""
    if isinstance(value, Mapping):
        return {name: "" if name == "error" else as_failed(part) for name, part in value.items()}
    return [as_failed(one) for one in value] if isinstance(value, list) else value
