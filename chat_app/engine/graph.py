"""The LangGraph graph of a workflow: one LangGraph node for each node in the flow, and a conductor.

Where one node runs alone it says itself who is next (`Command(goto=…)`). Where several run side by
side, each hands its outcome to the conductor, which joins them in file order and applies the join
rule. So a superstep of LangGraph is a round of the workflow, and a checkpoint holds one position.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import Annotated, Any, TypedDict

from langgraph.channels import Topic
from langgraph.graph import START
from langgraph.graph.state import StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from chat_app.engine.context import RunContext
from chat_app.engine.errors import NodeFailed, StepProblem, Waiting
from chat_app.engine.level import CompiledNode, Level
from chat_app.engine.position import Outcome, Position, advance, begin
from chat_app.engine.step import execute
from chat_app.events.run import RouteTaken
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


Act = Callable[..., Coroutine[Any, Any, Command[Any]]]


def starting(initial: dict[str, Any]) -> State:
    """What a new run hands to the graph: a position before the first round."""
    return State(position=Position(state=initial, round=[], waiting=[], ran={}, taken={}))


def build_graph(level: Level) -> StateGraph[State, RunContext, State, State]:
    """The graph of a workflow's outermost level, not yet compiled with a checkpointer."""
    graph: StateGraph[State, RunContext, State, State] = StateGraph(State, context_schema=RunContext)
    graph.add_node(CONDUCTOR, _conductor(level))
    graph.add_edge(START, CONDUCTOR)
    for name in level.flow.steps:
        graph.add_node(name, _node(level, level.nodes[name]))
    return graph


def _conductor(level: Level) -> Act:
    async def conduct(state: State, runtime: Runtime[RunContext]) -> Command[Any]:
        arrived = state.get("arrived")
        if not arrived:
            return _goto(_first(level, state["position"]["state"], runtime.context))
        return _goto(advance(level, state["position"], arrived))

    return conduct


def _first(level: Level, initial: dict[str, Any], run: RunContext) -> Position:
    try:
        start = begin(level, initial, {"state": initial})
    except StepProblem as problem:
        raise NodeFailed(FLOW_START, problem.message, help=problem.help) from problem
    decision = start.decision
    run.emit(RouteTaken(FLOW_START, decision.targets, decision.route, decision.condition))
    return start.position


def _node(level: Level, first: CompiledNode) -> Act:
    async def act(state: State, runtime: Runtime[RunContext]) -> Command[Any]:
        node, position, run, fused = first, state["position"], runtime.context, 0
        while True:
            outcome = await _outcome(level, node, position, run)
            if len(position["round"]) > 1:
                return Command(update={"arrived": [outcome]}, goto=CONDUCTOR)
            position = advance(level, position, [outcome])
            following = _fused(level, node, position, run)
            if following is None:
                return _goto(position)
            node, fused = following, fused + 1
            if fused % BREATH == 0:
                # Pure nodes never wait for anything: without this a long loop of them could not be stopped.
                await asyncio.sleep(0)

    return act


def _fused(level: Level, node: CompiledNode, position: Position, run: RunContext) -> CompiledNode | None:
    """The next node, when it may run in the same superstep: to run a pure one again harms nobody."""
    if (run.saved and not node.pure) or len(position["round"]) != 1:
        return None
    following = level.nodes[position["round"][0]]
    alone = following.kind == "human" or (run.saved and following.contains)
    return None if alone else following


async def _outcome(level: Level, node: CompiledNode, position: Position, run: RunContext) -> Outcome:
    step_id = f"{node.id}#{position['ran'][node.id]}"
    try:
        return await execute(level, node, run, {"state": position["state"]}, step_id, taken=position["taken"])
    except Waiting as waiting:
        questions = [asdict(question) for question in waiting.questions]
    # Outside the handler: LangGraph's own exception must not carry ours as its context.
    interrupt(questions)
    raise AssertionError("an interrupt without an answer always raises")


def _goto(position: Position) -> Command[Any]:
    return Command(update={"position": position}, goto=position["round"])
