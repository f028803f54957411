"""The LangGraph graph of a workflow: one LangGraph node for each node in the flow, and a conductor.

Where several nodes run side by side, each is a task of LangGraph's and hands its outcome to the conductor,
which joins them in file order and applies the join rule. Where one node follows another, they run in one
superstep (`stretch`); then the last says who is next (`Command(goto=…)`). The first of a new run go before all this,
in `drive`. A run goes on from LangGraph's last checkpoint, or from the position since.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, NoReturn, TypedDict

from langgraph.channels import Topic
from langgraph.graph import START
from langgraph.graph.state import StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from chat_app.engine.channels import ARRIVED
from chat_app.engine.context import RunContext
from chat_app.engine.errors import Waiting
from chat_app.engine.level import CompiledNode, Level
from chat_app.engine.position import Outcome, Position, advance, steps_ended
from chat_app.engine.stretch import first, outcome, stretch
from chat_app.events.run import Question
from chat_app.events.value import asdict

CONDUCTOR = "Conductor"
"""No node of a workflow can have this name: theirs begin with a small letter."""


class State(TypedDict, total=False):
    """The channels of the graph."""

    position: Position
    arrived: Annotated[list[Outcome], Topic(object)]
    """The outcomes of the round just run, for the conductor alone."""


def build_graph(level: Level) -> StateGraph[State, RunContext, State, State]:
    """The graph of a workflow's outermost level, not yet compiled with a checkpointer.

    What LangGraph is given is all it need know: of a plain function it would take the bytecode apart to find graphs
    inside, and of a context's type all the types inside, each time that a graph is compiled.
    """
    graph: StateGraph[State, RunContext, State, State] = StateGraph(State)
    graph.add_node(CONDUCTOR, partial(_conduct, level))
    graph.add_edge(START, CONDUCTOR)
    for name in level.flow.steps:
        graph.add_node(name, partial(_act, level, level.nodes[name]))
    return graph


async def _conduct(level: Level, state: State, runtime: Runtime[RunContext]) -> Command[Any]:
    arrived, run = state.get("arrived"), runtime.context
    if arrived:
        return _goto(advance(level, state["position"], arrived))
    position = _latest(state["position"], run)
    if not position["ran"]:
        # Checkpoints of earlier versions stand before the first round.
        position = first(level, position["state"], run)
    # A superstep less, where the run goes on with one node after the other.
    return await _on(level, position, run, begun=False)


async def _act(level: Level, node: CompiledNode, state: State, runtime: Runtime[RunContext]) -> Command[Any]:
    position, run = state["position"], runtime.context
    if len(position["round"]) == 1:
        return await _on(level, _latest(position, run), run, begun=True)
    try:
        arrived = await outcome(level, node, position, run)
    except Waiting as waiting:
        questions = waiting.questions
    else:
        # Checkpoints hold what JSON holds: lists.
        told = {**arrived, "targets": [*arrived["targets"]]}
        return Command(update={ARRIVED: [told]}, goto=CONDUCTOR)
    return _ask(questions)


async def _on(level: Level, position: Position, run: RunContext, *, begun: bool) -> Command[Any]:
    """From here on as far as one node follows another; a person's node begins a superstep of its own."""
    try:
        return _goto(await stretch(level, position, run, before=level.people, begun=begun))
    except Waiting as waiting:
        questions = waiting.questions
    return _ask(questions)


def _latest(position: Position, run: RunContext) -> Position:
    """The position that was saved last: LangGraph's, or one saved in the stretch that began there."""
    saved = run.journal.position() if run.saved else None
    return saved if saved is not None and steps_ended(saved) > steps_ended(position) else position


def _ask(questions: Sequence[Question]) -> NoReturn:
    """Called outside of any handler: LangGraph's own exception must not carry ours as its context."""
    interrupt([asdict(question) for question in questions])
    raise AssertionError("an interrupt without an answer always raises")


def _goto(position: Position) -> Command[Any]:
    return Command(update={"position": position}, goto=position["round"])
