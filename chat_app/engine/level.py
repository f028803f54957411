"""A level made ready to run: the workflow itself, or the body of a map."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol

import msgspec

from chat_app.chat_models.protocol import ChatModel
from chat_app.engine.context import RunContext
from chat_app.engine.errors import StepProblem
from chat_app.engine.frontier import Frontier
from chat_app.events.run import StepId
from chat_app.events.value import Value
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import END, START
from chat_app.workflow.expressions import Condition, ConditionFailed
from chat_app.workflow.fields import FieldType
from chat_app.workflow.graph import Flow
from chat_app.workflow.nodes import NodeBase, Retry
from chat_app.workflow.reduce import reduced, reducer_of
from chat_app.workflow.values import initial_state

Names = Mapping[str, Any]
"""What templates and conditions may read: `state`, and inside maps the item and `index`."""

Runner = Callable[["Step"], Awaitable[dict[str, Any]]]
"""Does a node's work once and returns its writes."""

AtOnce = Callable[[Names, str], dict[str, Any]]
"""The same for work that never waits, from what it may read and the node's name in the run."""


class Step(msgspec.Struct):
    """What a node's runner sees while it works."""

    id: StepId
    name: str
    """The node's name in the whole run: `draft`, or `call/draft` in a workflow that the node `call` runs."""
    node: CompiledNode
    run: RunContext
    names: Names
    simulated: bool = False
    """Whether something was made up for it; the one who does that says so."""
    instead: str | None = None
    """The model that is asked in place of the node's own, which could not be reached."""

    def model(self, named: str | None) -> ChatModel:
        """The chat model for this step; `named` is what the node itself says."""
        return self.run.model(self.instead or named)

    @property
    def idempotency_key(self) -> str:
        """The same each time this step of this run acts outside, so that who is acted on can tell a repetition."""
        return sha256(f"{self.run.run_id}/{self.id}".encode()).hexdigest()[:32]


class Keyed(Protocol):
    """Gives the hash of what a step's result follows from."""

    def of(self, step: Step) -> str: ...


@dataclass(frozen=True)
class CompiledNode:
    """A node with all that can be made ready before a run."""

    id: str
    spec: NodeBase
    kind: str
    order: int
    """Its place in the file."""
    run: Runner
    fields: Mapping[str, FieldType]
    """What it may write."""
    retry: Retry
    fingerprint: Keyed
    cached: bool = False
    """Whether its results are kept across runs."""
    contains: bool = False
    """Whether it runs other nodes: then it takes no slot of its own."""
    pure: bool = False
    """Whether running it again harms and costs nothing."""
    takes_slot: bool = True
    """Whether it takes one of the run's slots while it works."""
    body: Level | None = None
    """What a map runs for each item."""
    used: Inner | None = None
    """What a `workflow` node runs."""
    loose: bool = False
    """Whether its writes may hold error objects among the items (`on_item_error: collect`)."""
    at_once: AtOnce | None = None
    """What `run` does, where that never waits for anything and is never tried twice."""
    texts: frozenset[str] = frozenset()
    """The fields that take any text, which needs no further check."""


@dataclass(frozen=True)
class Inner:
    """Another file's workflow, made ready to run."""

    workflow: Workflow
    text: str
    level: Level


@dataclass(frozen=True)
class CompiledWay:
    """One way out of a node."""

    targets: tuple[str, ...]
    condition: Condition | None
    text: str | None
    max_times: int | None
    key: str
    """Names the way in the counts of how often it was taken."""


class Decision(Value, frozen=True):
    """Where a run goes after a node."""

    targets: tuple[str, ...] = ()
    route: int | None = None
    condition: str | None = None
    key: str | None = None
    """The counted way that was taken."""


@dataclass
class Level:
    """Nodes, the ways between them, and the fields they share."""

    flow: Flow
    nodes: dict[str, CompiledNode]
    """All nodes by id, subtasks included."""
    ways: dict[str, tuple[CompiledWay, ...]]
    fields: Mapping[str, FieldType]
    """What its nodes may write."""

    certain: dict[str, Decision] = field(init=False)
    """Where the nodes lead that have no choice."""
    _reducing: frozenset[str] = field(init=False)
    """The fields whose writes are joined with what is there."""

    def __post_init__(self) -> None:
        self.certain = {
            source: Decision(ways[0].targets)
            for source, ways in self.ways.items()
            if len(ways) == 1 and ways[0].condition is None and ways[0].max_times is None
        }
        self._reducing = frozenset(name for name, field in self.fields.items() if reducer_of(field) is not None)

    @cached_property
    def frontier(self) -> Frontier:
        """The join rule of this level; only levels that fork ever ask for it."""
        return Frontier(self.flow)

    def release(self, waiting: set[str]) -> tuple[list[str], list[str]]:
        """Which of the waiting nodes run now, and which are held back."""
        if len(waiting) < 2:
            return list(waiting), []
        return self.frontier.release(waiting)

    def after(self, state: Mapping[str, Any], writes: Mapping[str, Any]) -> dict[str, Any]:
        """The state after a node's writes; nothing of the old state is changed in place."""
        return {**state, **writes} if self._reducing.isdisjoint(writes) else reduced(state, self.fields, writes)

    @cached_property
    def pure(self) -> dict[str, AtOnce]:
        """The nodes that one run of pure nodes may go through, by id: each adds to the state and keeps none of it."""
        return {
            name: node.at_once
            for name, node in self.nodes.items()
            if node.at_once is not None and node.pure and self._reducing.isdisjoint(node.fields)
        }

    @cached_property
    def people(self) -> frozenset[str]:
        """The nodes that ask a person."""
        return frozenset(name for name, node in self.nodes.items() if node.kind == "human")

    @cached_property
    def asking(self) -> frozenset[str]:
        """The nodes in which a person may be asked: by themselves, or by a node that they run."""
        return frozenset(name for name in self.nodes if self._may_ask(name))

    def _may_ask(self, name: str) -> bool:
        node = self.nodes[name]
        inner = node.body if node.used is None else node.used.level
        return (
            name in self.people
            or bool(inner and inner.asking)
            or any(self._may_ask(subtask) for subtask in self.flow.subtasks(name))
        )

    @cached_property
    def initial(self) -> dict[str, Any]:
        """What its own fields hold at first; never changed in place."""
        return initial_state(self.fields)

    @cached_property
    def empty(self) -> bool:
        """Whether its own fields hold nothing at first and join nothing: after one node, they hold what it wrote."""
        return not self.initial and not self._reducing

    @cached_property
    def alone(self) -> CompiledNode | None:
        """The only node of a level that has no other, no choice and no fork: it needs no rounds."""
        steps = self.flow.steps
        if len(steps) != 1 or set(self.certain) != {START, steps[0]}:
            return None
        (name,) = steps
        leads = self.certain[START].targets, self.certain[name].targets
        return self.nodes[name] if leads == ((name,), (END,)) else None

    def decide(self, source: str, names: Names, taken: Mapping[str, int]) -> Decision:
        """The first way out that holds; a condition that fails is a problem, never a no."""
        ways = self.ways.get(source, ())
        choice = len(ways) > 1
        for index, way in enumerate(ways):
            if way.max_times is not None and taken.get(way.key, 0) >= way.max_times:
                continue
            if way.condition is not None and not _holds(way.condition, way.text, names):
                continue
            return Decision(
                way.targets,
                index if choice else None,
                way.text,
                None if way.max_times is None else way.key,
            )
        return Decision((END,))


def _holds(condition: Condition, text: str | None, names: Names) -> bool:
    try:
        return condition.evaluate(names["state"], names)
    except ConditionFailed as failed:
        raise StepProblem(
            f"The condition `{text}` could not be judged: {failed}",
            help="Make sure that every field it reads has been written, or guard it with has().",
        ) from failed
