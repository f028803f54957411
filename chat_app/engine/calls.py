"""How many model calls a run makes at least and at most, from the document alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat_app.engine.compiler import NOTHING_USED, Used
from chat_app.engine.kinds.tool_loop import MAX_TURNS
from chat_app.engine.meter import merged
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import END, START
from chat_app.workflow.graph import Flow, flow_of
from chat_app.workflow.nodes import ClassifyNode, LlmNode, MapBody, MapNode, NodeBase, ParallelNode, WorkflowNode


@dataclass(frozen=True, slots=True)
class Calls:
    """Bounds on model calls."""

    least: int
    most: int
    depends_on_items: bool = False
    """Whether the length of a list decides."""


def count_calls(workflow: Workflow, used: Used = NOTHING_USED) -> Calls:
    """The bounds for a whole run."""
    items = merged(workflow.limits).map_items or 0
    return _level(workflow, items, used)


def _level(level: Workflow | MapBody, items: int, used: Used) -> Calls:
    flow = flow_of(level)
    each = {node.id: _node(node, flow, items, used) for node in flow.nodes}
    runs = runs_at_most(flow)
    most = sum(each[name].most * runs[name] for name in flow.steps)
    return Calls(_least(flow, each), most, any(each[name].depends_on_items for name in flow.steps))


def _node(node: NodeBase, flow: Flow, items: int, used: Used) -> Calls:
    match node:
        case LlmNode() if node.tools:
            return Calls(1, (node.max_turns or MAX_TURNS) + 1)
        case LlmNode() | ClassifyNode():
            return Calls(1, 1)
        case ParallelNode():
            parts = [_node(flow.by_id[name], flow, items, used) for name in flow.subtasks(node.id)]
            return Calls(
                sum(part.least for part in parts),
                sum(part.most for part in parts),
                any(part.depends_on_items for part in parts),
            )
        case MapNode():
            body = _level(node.body, items, used)
            return Calls(0, body.most * items, body.most > 0)
        case WorkflowNode() if node.uses in used and (inner := used[node.uses].workflow) is not None:
            return _level(inner, items, used[node.uses].used)
        case _:
            return Calls(0, 0)


def runs_at_most(flow: Flow) -> dict[str, int]:
    """How often each node can run: once for each wave that comes to it.

    One wave starts at START, and one more each time a bounded way that stands in a loop is taken;
    without those ways no loop is left, and what meets runs once.
    """
    unbounded = {source: [flow.error_target(source) or END] for source in flow.steps}
    waves: list[tuple[int, tuple[str, ...]]] = [(1, (START,))]
    for source in (START, *flow.steps):
        after = unbounded.setdefault(source, [])
        for way in flow.ways(source):
            if way.max_times is not None and source in _reached(way.targets, flow.successors):
                waves.append((way.max_times, way.targets))
            else:
                after.extend(way.targets)
    runs = dict.fromkeys(flow.steps, 0)
    for times, roots in waves:
        for name in _reached(roots, unbounded):
            if name in runs:
                runs[name] += times
    return runs


def _reached(roots: Sequence[str], successors: Mapping[str, Sequence[str]]) -> set[str]:
    """The roots and all that follows from them."""
    found, todo = set(), list(roots)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo.extend(successors.get(name, ()))
    return found


def _least(flow: Flow, each: dict[str, Calls]) -> int:
    """The cheapest way to END; of nodes that run side by side, the dearest alone is counted, as they may meet."""
    best: dict[str, float] = dict.fromkeys((START, *flow.steps), math.inf)
    best[END] = 0
    changed = True
    while changed:
        changed = False
        for name in reversed((START, *flow.steps)):
            ways = [max((best.get(target, 0) for target in way.targets), default=0) for way in flow.ways(name)]
            failed = flow.error_target(name)
            own = 0 if failed or name == START else each[name].least
            onward = min([*ways, best[failed]] if failed else ways, default=0)
            if own + onward < best[name]:
                best[name] = own + onward
                changed = True
    return 0 if math.isinf(best[START]) else int(best[START])
