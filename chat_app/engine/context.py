"""What the steps of a run share: where events go, where models come from, what was done before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from chat_app.chat_models.protocol import ChatModel
from chat_app.engine.log import Emit
from chat_app.engine.meter import Meter
from chat_app.engine.reach import Outside
from chat_app.events.run import StepId
from chat_app.workflow.edges import END

Data = dict[str, Any]


class ChooseModel(Protocol):
    """The chat model for a node that names this one (None: it names none)."""

    def __call__(self, name: str | None, /, default: str | None = None) -> ChatModel:
        """`default` is what the file that the node stands in names."""


Answer = Callable[[StepId, str], Data | None]
Reuse = Callable[[StepId, str, str], Data | None]
"""What an earlier run came to in this step of this node, where its key is the same."""


class Journal(Protocol):
    """What a resumed run does not do again: steps done inside maps and parallel groups, and how far it came."""

    def get(self, step: StepId) -> Mapping[str, Any] | None: ...

    def put(self, step: StepId, outcome: Mapping[str, Any]) -> Awaitable[None] | None:
        """What is returned is to be awaited; None: it is kept already."""

    def position(self) -> Any:
        """The position saved last, before this stretch of the run or in it."""

    async def save(self, position: Any, *, whole: bool = False) -> None:
        """The run has come this far; with `whole`, the position is saved even where the record tells it."""


class MemoryJournal:
    """A journal for runs that need not outlive their process."""

    def __init__(self) -> None:
        done: dict[StepId, Mapping[str, Any]] = {}
        # Called with every step of a map, so without another call in between.
        self.get = done.get
        """What a step came to, if it is done."""
        self.put = done.__setitem__
        """A step is done."""
        self._position: Any = None

    def position(self) -> Any:
        """The position saved last."""
        return self._position

    async def save(self, position: Any, *, whole: bool = False) -> None:
        """The run has come this far."""
        self._position = position


class Cache(Protocol):
    """Results that nodes with equal inputs, model and prompt share across runs."""

    async def get(self, key: str) -> Data | None: ...

    async def put(self, key: str, writes: Data) -> None: ...


@dataclass
class RunContext:
    """The collaborators of one stretch of a run."""

    emit: Emit
    meter: Meter
    model: ChooseModel
    journal: Journal
    pause: Callable[[float], Awaitable[None]]
    """Waits before another try."""
    run_id: str = ""
    answer: Answer = lambda step, node: None
    """What a person answered to this step of this node, if anything."""
    given: Mapping[str, Data] = field(default_factory=dict)
    """The results that are given for nodes instead of being worked out."""
    outside: Outside = field(default_factory=Outside)
    """Tools, network and secrets."""
    cache: Cache | None = None
    """Results of earlier runs, for nodes that say `cache: true`."""
    reuse: Reuse | None = None
    """Results of the run that this one repeats in part."""
    fallbacks: tuple[str, ...] = ()
    """Models to ask, in this order, where a node's own cannot be reached."""
    inside: str = ""
    """The node whose workflow runs, as `call/`; empty for the outermost one. It begins the names of nodes."""
    saved: bool = True
    """Whether each round is saved before the next begins; if not, rounds need not be LangGraph's supersteps."""
    keyed: bool = True
    """Whether results get keys, by which a rerun takes them over; of a rehearsal there can be none."""
    told_whole: bool = False
    """Whether what comes from outside is told whole, for a replay; where nobody keeps it, that is spared."""
    asked: frozenset[StepId] = frozenset()
    """Steps that a person has answered, and the steps around them: they have begun before."""
    fresh: bool = field(init=False)
    """Whether nothing is given, taken over or answered: then no step need look for that."""

    def __post_init__(self) -> None:
        self.fresh = not self.given and self.reuse is None and not self.asked

    def named(self, nodes: tuple[str, ...]) -> tuple[str, ...]:
        """Nodes by their names in the whole run."""
        return nodes if not self.inside else tuple(node if node == END else f"{self.inside}{node}" for node in nodes)
