"""Workflows that are ready to run, compiled once for each text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from chat_app.engine.asked import asked_fields
from chat_app.engine.channels import ARRIVED, Start
from chat_app.engine.compiler import Compiled, compile_workflow
from chat_app.engine.drive import Graph
from chat_app.engine.errors import NotRunnable
from chat_app.engine.loading import loaded
from chat_app.engine.position import Outcome, Position, steps_ended
from chat_app.engine.store import Store
from chat_app.engine.told import NOTHING_TOLD, Outcomes, followed
from chat_app.events.run import Place
from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.fields import FieldType
from chat_app.workflow.surroundings import Surroundings

if TYPE_CHECKING:
    from chat_app.engine.saver import RunOf, StoreSaver

KEPT = 64


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run goes on from."""

    position: Position
    arrived: tuple[Outcome, ...]
    """What those came to that are done already, of several that run side by side now."""
    saved: bool
    """Whether the position is on disk by itself; if not, the record tells it."""
    checkpointed: bool
    """Whether LangGraph has a checkpoint to go on from."""

    @property
    def start(self) -> Start | None:
        """What LangGraph is to begin with, where it has nothing to go on from."""
        return None if self.checkpointed else Start(position=self.position)

    @property
    def place(self) -> Place:
        """The same as events tell it."""
        ran = self.position["ran"]
        done = {f"{one['node']}#{ran[one['node']]}": one["writes"] for one in self.arrived if one["node"] in ran}
        return Place(self.position["state"], ran, done)


@dataclass(frozen=True)
class Ready:
    """A compiled workflow with its graph, which is made when it is first needed: most runs do without."""

    compiled: Compiled
    make_saver: Callable[[], StoreSaver]

    @cached_property
    def saver(self) -> StoreSaver:
        """Of LangGraph's checkpoints; loads LangGraph."""
        return self.make_saver()

    @cached_property
    def graph(self) -> Graph:
        """LangGraph's; loads it."""
        graph: Graph = self.compiled.graph.compile(checkpointer=self.saver)
        return graph

    async def standing(
        self, run_id: str, first: Start, saved_since: Position | None, told: Outcomes = NOTHING_TOLD
    ) -> Standing:
        """Where a run can go on from: `first` where nothing is saved. Raises DamagedCheckpoint."""
        saver = await loaded(lambda: self.saver)
        found = await saver.aget_tuple({"configurable": {"thread_id": run_id}})
        there: Position | None = None if found is None else found.checkpoint["channel_values"].get("position")
        position, arrived = there or first["position"], []
        if found is not None and there is not None:
            arrived = [value for _, channel, value in found.pending_writes or () if channel == ARRIVED]
        if saved_since is not None and steps_ended(saved_since) > steps_ended(position):
            position, arrived = saved_since, []
        last = followed(self.compiled.level, position, told)
        if last is not position:
            return Standing(last, (), saved=False, checkpointed=there is not None)
        outcomes = [one for value in arrived for one in (value if isinstance(value, list) else [value])]
        return Standing(position, tuple(outcomes), saved=True, checkpointed=there is not None)

    @cached_property
    def asked_fields(self) -> dict[str, Mapping[str, FieldType]]:
        """What each human node asks for, by its name in the whole run."""
        return asked_fields(self.compiled.level)


class ReadyGraphs:
    """The most recently used ones are kept."""

    def __init__(self, store: Store, run_of: RunOf) -> None:
        self._store = store
        self._run_of = run_of
        self._kept: OrderedDict[Hashable, Ready] = OrderedDict()

    @cached_property
    def _saver(self) -> StoreSaver:
        # Only when the first graph is made: this loads LangGraph.
        from chat_app.engine.saver import StoreSaver

        return StoreSaver(self._store, self._run_of)

    def of(self, text: str, files: Mapping[str, str], checked: CheckResult | None = None) -> Ready:
        """The graph of a text and of the files that it uses; `checked` spares the check where it was made already."""
        key = (text, *files.items())
        ready = self._kept.get(key)
        if ready is None:
            checked = checked or check(text, Surroundings(files=files))
            if checked.workflow is None:
                raise NotRunnable("The run's workflow can no longer be read.", help="Start a new run.")
            compiled = compile_workflow(checked.workflow, checked.used)
            ready = Ready(compiled, lambda: self._saver)
            self._kept[key] = ready
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return ready
