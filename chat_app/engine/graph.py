"""The LangGraph graph of a workflow: one LangGraph node for each node in the flow, and a conductor.

Where several nodes run side by side, each is a task of LangGraph's and hands its outcome to the conductor,
which joins them in file order and applies the join rule. Where one node follows another, they run in one
superstep, one after the other, each position saved, or told by the record, before the next begins; then the last
says who is next (`Command(goto=…)`). The first of them run in the conductor's own. A run goes on from LangGraph's
last checkpoint, or from the position since.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any, TypedDict

from langgraph.channels import Topic
from langgraph.graph import START
from langgraph.graph.state import StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from chat_app.engine.channels import ARRIVED
from chat_app.engine.context import RunContext
from chat_app.engine.errors import NodeFailed, StepProblem, Waiting
from chat_app.engine.level import CompiledNode, Level
from chat_app.engine.position import Outcome, Position, advance, begin, steps_ended
from chat_app.engine.pure import run_pure
from chat_app.engine.step import execute
from chat_app.events.run import RouteTaken
from chat_app.events.value import asdict
from chat_app.workflow.edges import START as FLOW_START

CONDUCTOR = "Conductor"
"""No node of a workflow can have this name: theirs begin with a small letter."""

BREATH = 20
"""After so many nodes in one superstep, others get their turn."""


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
        position = _first(level, position["state"], run)
    # A superstep less, where the run begins with one node after the other.
    return _goto(await _stretch(level, position, run, asks=False))


def _first(level: Level, initial: dict[str, Any], run: RunContext) -> Position:
    try:
        start = begin(level, initial, {"state": initial})
    except StepProblem as problem:
        raise NodeFailed(FLOW_START, problem.message, help=problem.help) from problem
    decision = start.decision
    run.emit(RouteTaken(FLOW_START, decision.targets, decision.route, decision.condition))
    return start.position


async def _act(level: Level, node: CompiledNode, state: State, runtime: Runtime[RunContext]) -> Command[Any]:
    position, run = state["position"], runtime.context
    if len(position["round"]) > 1:
        return Command(update={ARRIVED: [await _outcome(level, node, position, run)]}, goto=CONDUCTOR)
    return _goto(await _stretch(level, _latest(position, run), run, asks=True))


async def _stretch(level: Level, position: Position, run: RunContext, *, asks: bool) -> Position:
    """Runs node after node while one follows another; where they end or part, LangGraph takes over again.

    What costs or acts is saved before the next begins. A person's node begins a superstep of its own; `asks`: it may
    be this one.
    """
    ran, saved = 0, True
    while len(position["round"]) == 1:
        position, pure = run_pure(level, position, run, BREATH)
        if pure:
            ran, saved = ran + pure, False
            # Pure nodes never wait for anything: without this a long loop of them could not be stopped.
            await asyncio.sleep(0)
            continue
        node = level.nodes[position["round"][0]]
        if node.kind == "human" and (ran or not asks):
            break
        if ran and run.saved and node.contains and not saved:
            await run.journal.save(position, whole=True)
        position = advance(level, position, [await _outcome(level, node, position, run)])
        ran += 1
        saved = run.saved and not node.pure and len(position["round"]) < 2
        if saved:
            await run.journal.save(position, whole=node.contains)
        if ran % BREATH == 0:
            await asyncio.sleep(0)
    return position


def _latest(position: Position, run: RunContext) -> Position:
    """The position that was saved last: LangGraph's, or one saved in the stretch that began there."""
    saved = run.journal.position() if run.saved else None
    return saved if saved is not None and steps_ended(saved) > steps_ended(position) else position


async def _outcome(level: Level, node: CompiledNode, position: Position, run: RunContext) -> Outcome:
    step_id = f"{node.id}#{position['ran'][node.id]}"
    try:
        beside = sum(position["ran"].values()) if len(position["round"]) > 1 else None
        return await execute(
            level, node, run, {"state": position["state"]}, step_id, taken=position["taken"], beside=beside
        )
    except Waiting as waiting:
        questions = [asdict(question) for question in waiting.questions]
    # Outside the handler: LangGraph's own exception must not carry ours as its context.
    interrupt(questions)
    raise AssertionError("an interrupt without an answer always raises")


def _goto(position: Position) -> Command[Any]:
    return Command(update={"position": position}, goto=position["round"])
