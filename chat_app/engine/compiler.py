"""Workflow document -> levels that are ready to run, and the LangGraph graph of the outermost one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from chat_app.engine.context import RunContext
from chat_app.engine.errors import NotRunnable
from chat_app.engine.fingerprint import Fingerprint
from chat_app.engine.kinds import classify, code, http, human, llm, template, tool
from chat_app.engine.kinds import map as map_kind
from chat_app.engine.kinds import parallel as parallel_kind
from chat_app.engine.kinds import workflow as workflow_kind
from chat_app.engine.level import CompiledNode, CompiledWay, Inner, Level, Runner
from chat_app.engine.time_limit import in_time
from chat_app.workflow.document import Workflow
from chat_app.workflow.edges import START
from chat_app.workflow.expressions import Condition, compile_condition
from chat_app.workflow.fields import FieldType
from chat_app.workflow.graph import Flow, flow_of
from chat_app.workflow.nodes import (
    ClassifyNode,
    CodeNode,
    HttpNode,
    HumanNode,
    LlmNode,
    MapBody,
    MapNode,
    NodeBase,
    ParallelNode,
    Retry,
    TemplateNode,
    ToolNode,
    WorkflowNode,
)
from chat_app.workflow.reduce import reducer_of
from chat_app.workflow.result import CheckResult
from chat_app.workflow.templates import compile_template
from chat_app.workflow.typed import Known, object_of, simple
from chat_app.workflow.values import takes_any_text

if TYPE_CHECKING:
    from langgraph.graph.state import StateGraph

    from chat_app.engine.graph import State

ONCE = Retry(attempts=1)
ASKING = Retry(attempts=4, backoff_seconds=1.0)
"""What nodes that ask a model do when the file says nothing of retries."""


@dataclass(frozen=True)
class Compiled:
    """A workflow made ready to run; made once and shared by all its runs."""

    workflow: Workflow
    level: Level

    @cached_property
    def graph(self) -> StateGraph[State, RunContext, State, State]:
        """The LangGraph graph, to be compiled with a checkpointer. The first in the process loads LangGraph."""
        from chat_app.engine.graph import build_graph

        return build_graph(self.level)

    @property
    def asks_models(self) -> bool:
        """Whether any node asks a chat model."""
        return any(node.kind in ("llm", "classify") for node in _compiled_nodes(self.level))


Used = Mapping[str, CheckResult]
"""The files that a workflow runs, by what `uses` says."""
NOTHING_USED: Used = {}


def compile_workflow(workflow: Workflow, used: Used = NOTHING_USED) -> Compiled:
    """Makes a checked workflow ready to run, with the files that it uses."""
    inputs: dict[str, FieldType] = dict(workflow.inputs)
    return Compiled(workflow, _level(workflow, inputs, {}, _inners(used, {})))


def all_nodes(level: Workflow | MapBody, used: Used = NOTHING_USED) -> list[NodeBase]:
    """Every node, those in the bodies of maps included, and those of the files used: once for each use."""
    found: list[NodeBase] = []
    for node in level.nodes:
        found.append(node)
        if isinstance(node, MapNode):
            found.extend(all_nodes(node.body, used))
        elif isinstance(node, WorkflowNode) and node.uses in used:
            inner = used[node.uses]
            if inner.workflow is not None:
                found.extend(all_nodes(inner.workflow, inner.used))
    return found


def _inners(used: Used, made: dict[int, Inner]) -> dict[str, Inner]:
    """The used workflows, each made ready once, however often it is used."""
    found: dict[str, Inner] = {}
    for uses, result in used.items():
        workflow = result.workflow
        if workflow is not None and id(result) not in made:
            level = _level(workflow, dict(workflow.inputs), {}, _inners(result.used, made))
            made[id(result)] = Inner(workflow, result.text, level)
        if id(result) in made:
            found[uses] = made[id(result)]
    return found


def _compiled_nodes(level: Level) -> Iterator[CompiledNode]:
    for node in level.nodes.values():
        yield node
        inner = node.body if node.used is None else node.used.level
        if inner is not None:
            yield from _compiled_nodes(inner)


def _level(
    document: Workflow | MapBody,
    around: Mapping[str, FieldType],
    items: Mapping[str, Known],
    used: Mapping[str, Inner],
) -> Level:
    """A level with its nodes; `around` are the fields that it can read besides its own, `items` the map's names."""
    visible = {**around, **document.state}
    flow = flow_of(document)
    level = Level(flow, {}, _ways(flow, visible, items), document.state)
    for order, node in enumerate(flow.nodes):
        level.nodes[node.id] = _node(node, order, level, visible, items, used)
    return level


def _ways(
    flow: Flow, visible: Mapping[str, FieldType], items: Mapping[str, Known]
) -> dict[str, tuple[CompiledWay, ...]]:
    return {
        source: tuple(
            CompiledWay(
                way.targets,
                None if way.condition is None else _condition(way.condition, visible, items),
                way.condition,
                way.max_times,
                f"{source}:{way.index}",
            )
            for way in flow.ways(source)
        )
        for source in (START, *flow.steps)
    }


def _condition(text: str, visible: Mapping[str, FieldType], items: Mapping[str, Known]) -> Condition:
    condition = compile_condition(text, visible, items)
    if isinstance(condition, list):
        raise NotRunnable(f"The condition `{text}` is wrong: {condition[0].message}", help="Check the workflow.")
    return condition


def _node(
    node: NodeBase,
    order: int,
    level: Level,
    visible: Mapping[str, FieldType],
    items: Mapping[str, Known],
    used: Mapping[str, Inner],
) -> CompiledNode:
    contains = isinstance(node, MapNode | ParallelNode | WorkflowNode)
    called = used.get(node.uses) if isinstance(node, WorkflowNode) else None
    asks = isinstance(node, LlmNode | ClassifyNode)
    fields = {name: level.fields[name] for name in written(node, level.flow)}
    retry = node.retry or (ASKING if asks else ONCE)
    at_once = template.at_once(node) if isinstance(node, TemplateNode) else None
    body = None
    if isinstance(node, MapNode):
        inner = {**items, node.item: _item_type(node, visible, items), "index": simple("integer")}
        body = _level(node.body, visible, inner, used)
    run, pure = _runner(node, level, fields, body or called), isinstance(node, TemplateNode)
    return CompiledNode(
        id=node.id,
        spec=node,
        kind=getattr(node, "kind", ""),
        order=order,
        run=run if node.timeout_seconds is None else in_time(run, node.timeout_seconds),
        fields=fields,
        retry=retry,
        fingerprint=Fingerprint(node, fields),
        cached=node.cache,
        contains=contains,
        pure=pure,
        takes_slot=not (contains or pure),
        body=body,
        used=called,
        loose=isinstance(node, MapNode) and node.on_item_error == "collect",
        at_once=None if node.cache or retry.attempts > 1 else at_once,
        texts=frozenset(
            name for name, field in fields.items() if takes_any_text(field) and reducer_of(field) is None
        ),
    )


def written(node: NodeBase, flow: Flow) -> list[str]:
    """The fields that a node writes; a parallel node writes what its subtasks write."""
    names = list(node.writes)
    if isinstance(node, ParallelNode):
        for subtask in flow.subtasks(node.id):
            names += written(flow.by_id[subtask], flow)
    return list(dict.fromkeys(names))


def _runner(node: NodeBase, level: Level, fields: Mapping[str, FieldType], inner: Level | Inner | None) -> Runner:
    match node:
        case LlmNode():
            return llm.compile_node(node, fields)
        case ClassifyNode():
            return classify.compile_node(node, fields)
        case TemplateNode():
            return template.compile_node(node)
        case CodeNode():
            return code.compile_node(node, fields)
        case HttpNode():
            return http.compile_node(node, fields)
        case ToolNode():
            return tool.compile_node(node, fields)
        case HumanNode():
            return human.compile_node(node, fields)
        case ParallelNode():
            return parallel_kind.compile_node(node, level, level.flow.subtasks(node.id))
        case MapNode() if isinstance(inner, Level):
            return map_kind.compile_node(node, inner)
        case WorkflowNode() if isinstance(inner, Inner):
            return workflow_kind.compile_node(node, inner)
        case _:
            raise NotRunnable(f"{node.id} is of a kind that does not run here.", help="Check the workflow.")


def _item_type(node: MapNode, visible: Mapping[str, FieldType], items: Mapping[str, Known]) -> Known:
    whole, _ = compile_template(node.over).type_problems({**items, "state": object_of(visible)})
    return whole.items if whole is not None and whole.type == "array" else None
