"""Graphs that are ready to run, compiled once for each workflow text."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from chat_app.engine.compiler import Compiled, compile_workflow
from chat_app.engine.drive import Graph
from chat_app.engine.errors import NotRunnable
from chat_app.engine.saver import Saved, StoreSaver
from chat_app.engine.store import Store
from chat_app.workflow.check import check
from chat_app.workflow.document import Workflow
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import HumanNode, MapBody, MapNode

KEPT = 64


@dataclass(frozen=True)
class Ready:
    """A compiled workflow with its graph."""

    compiled: Compiled
    graph: Graph
    saver: StoreSaver

    async def has_checkpoint(self, run_id: str) -> bool:
        """Whether a run can go on from where it was."""
        return await self.saver.aget_tuple({"configurable": {"thread_id": run_id}}) is not None

    @cached_property
    def asked_fields(self) -> dict[str, Mapping[str, FieldType]]:
        """What each human node asks for."""
        return _asked_fields(self.compiled.workflow)


class ReadyGraphs:
    """The most recently used ones are kept."""

    def __init__(self, store: Store, saved: Saved) -> None:
        self._saver = StoreSaver(store, saved)
        self._kept: OrderedDict[str, Ready] = OrderedDict()

    def of(self, text: str, workflow: Workflow | None = None) -> Ready:
        """The graph of a text; `workflow` spares the check where it was made already."""
        ready = self._kept.get(text)
        if ready is None:
            workflow = workflow or check(text).workflow
            if workflow is None:
                raise NotRunnable("The run's workflow can no longer be read.", help="Start a new run.")
            compiled = compile_workflow(workflow)
            ready = Ready(compiled, compiled.graph.compile(checkpointer=self._saver), self._saver)
            self._kept[text] = ready
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(text)
        return ready


def _asked_fields(level: Workflow | MapBody) -> dict[str, Mapping[str, FieldType]]:
    asked: dict[str, Mapping[str, FieldType]] = {}
    for node in level.nodes:
        if isinstance(node, HumanNode):
            asked[node.id] = {name: level.state[name] for name in node.writes}
        elif isinstance(node, MapNode):
            asked |= _asked_fields(node.body)
    return asked
