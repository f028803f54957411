"""`parallel`: runs its subtasks at once and goes on when all are done."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

from chat_app.engine.errors import NodeFailed, StepProblem
from chat_app.engine.level import CompiledNode, Level, Runner, Step
from chat_app.engine.position import Outcome
from chat_app.engine.step import Place, execute
from chat_app.engine.together import together
from chat_app.workflow.nodes import ParallelNode
from chat_app.workflow.reduce import reduced


def compile_node(node: ParallelNode, level: Level, subtasks: Sequence[str]) -> Runner:
    """Makes the node ready to run; the level's nodes may still be filled in after this."""

    async def run(step: Step) -> dict[str, Any]:
        at = Place(step.id)

        def subtask(place: int) -> Coroutine[Any, Any, Outcome]:
            name = subtasks[place]
            return execute(level, level.nodes[name], step.run, step.names, f"{step.id}/{name}#1", at)

        try:
            outcomes = await together(len(subtasks), subtask, node.max_concurrency or len(subtasks))
        except NodeFailed as failed:
            raise StepProblem(f"{failed.node} failed: {failed.message}", help=failed.help) from failed
        writes: dict[str, Any] = {}
        for outcome in sorted(outcomes, key=lambda one: _place(level.nodes[one["node"]])):
            writes = reduced(writes, level.fields, outcome["writes"])
        return writes

    return run


def _place(node: CompiledNode) -> int:
    return node.order
