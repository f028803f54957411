"""One stretch of a run, by LangGraph where that is needed, from a start or a resume to how it came to rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.protocol import ChatModel, ModelSource
from chat_app.chat_models.simulated import SIMULATED
from chat_app.engine.channels import Start
from chat_app.engine.compiler import Compiled
from chat_app.engine.context import ChooseModel, RunContext
from chat_app.engine.errors import LimitHit, NodeFailed
from chat_app.engine.level import Level
from chat_app.engine.loading import loaded
from chat_app.engine.stretch import first, stretch
from chat_app.events.run import (
    LimitReached,
    Question,
    RunEvent,
    RunFailed,
    RunFinished,
    RunWaiting,
    StepSkipped,
)
from chat_app.workflow.document import Workflow
from chat_app.workflow.nodes import ParallelNode


class Graph(Protocol):
    """What is used of LangGraph's compiled graph."""

    async def ainvoke(
        self, input: Start | None, config: dict[str, Any], *, context: RunContext, durability: str | None
    ) -> Mapping[str, Any]: ...


STEPS_OF_LANGGRAPH = 1_000_000_000
"""LangGraph's own bound is out of the way: the limits of the workflow count, and say so in words."""


@dataclass(frozen=True, slots=True)
class Rest:
    """How a run came to rest."""

    event: RunEvent
    state: Mapping[str, Any] = field(default_factory=dict)
    """The state where it could still be told: not after a failure."""


async def drive(
    graph: Callable[[], Graph], compiled: Compiled, context: RunContext, start: Start | None, run_id: str
) -> Rest:
    """Runs until the workflow is at rest; without `start`, from the last checkpoint. Lets a cancellation through.

    `graph` is asked for only where the workflow needs it.
    """
    meter, workflow = context.meter, compiled.workflow
    try:
        async with asyncio.timeout(meter.seconds_left()) as deadline:
            result = await _result(graph, compiled.level, context, start, run_id)
    except NodeFailed as failed:
        return Rest(RunFailed(failed.message, failed.help, failed.node))
    except LimitHit as hit:
        return Rest(LimitReached(hit.limit, float(hit.allowed), hit.message))
    except TimeoutError:
        if not deadline.expired():
            raise
        allowed = meter.limits.seconds or 0.0
        return Rest(LimitReached("seconds", allowed, f"The run has taken all its {allowed:g} seconds."))
    finally:
        meter.rest()
    rest = _rest(workflow, result, meter.spent.seconds)
    if isinstance(rest.event, RunFinished):
        for node in _not_reached(workflow, result["position"]["ran"]):
            context.emit(StepSkipped(f"{node}#0", node, "No way that was taken led here."))
    return rest


async def _result(
    graph: Callable[[], Graph], level: Level, context: RunContext, start: Start | None, run_id: str
) -> Mapping[str, Any]:
    """What LangGraph gives at the end, or what came of the nodes that run before it is called, if they are all."""
    if start is not None:
        position = start["position"]
        if not position["ran"]:
            position = first(level, position["state"], context)
        start = Start(position=await stretch(level, position, context, before=level.asking))
        if not start["position"]["round"] and not start["position"]["waiting"]:
            return start
    return await (await loaded(graph)).ainvoke(
        start,
        {"configurable": {"thread_id": run_id}, "recursion_limit": STEPS_OF_LANGGRAPH},
        context=context,
        durability="sync" if context.saved else None,
    )


def _not_reached(workflow: Workflow, ran: Mapping[str, int]) -> list[str]:
    if len(ran) == len(workflow.nodes):
        return []
    subtasks = {name for node in workflow.nodes if isinstance(node, ParallelNode) for name in node.subtasks}
    return [node.id for node in workflow.nodes if node.id not in ran and node.id not in subtasks]


def _rest(workflow: Workflow, result: Mapping[str, Any], seconds: float) -> Rest:
    position = result["position"]
    state = position["state"]
    interrupts = result.get("__interrupt__")
    if interrupts:
        questions = [Question(**asked) for interrupt in interrupts for asked in interrupt.value]
        return Rest(RunWaiting(tuple(questions)), state)
    if position["round"] or position["waiting"]:
        # LangGraph may call a run done that is not, after a fault of its database.
        left = ", ".join([*position["round"], *position["waiting"]])
        return Rest(RunFailed(f"The run ended before {left} had run.", "Resume the run."), state)
    outputs = {name: state[name] for name in workflow.outputs if name in state}
    return Rest(RunFinished(outputs, seconds), state)


def model_chooser(
    source: ModelSource, workflow: Workflow, chosen: str | None, keys: Mapping[str, str]
) -> ChooseModel:
    """Which model a node asks: its own, the one chosen for the run, that of its file, the workflow's, the default.

    `simulated` chosen for the run stands above them all: then nothing real is asked.
    """
    made: dict[str | None, ChatModel] = {}

    def model(name: str | None, /, default: str | None = None) -> ChatModel:
        wanted = chosen if chosen == SIMULATED else name or chosen or default or workflow.model
        if wanted not in made:
            made[wanted] = source.get(wanted, keys)
        return made[wanted]

    return model


def default_model(model: ChooseModel) -> tuple[str, bool]:
    """The name of a run's model and whether it is simulated; no name where there is none to be had."""
    try:
        found = model(None)
    except ChatModelError:
        return "", False
    return found.name, found.simulated
